"""Capture from a running Marquez, over its REST API."""
