"""How fast an MLflow store comes in, and how much memory that takes."""
