"""A capture: reads a catalog of foundation models and writes records for ``lineage import``."""
