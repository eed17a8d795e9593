"""What questions are answered with: frozen dataclasses that convert, draw and explain themselves."""
