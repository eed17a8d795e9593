"""Feast registries, read from their file: Feast itself is not needed."""
