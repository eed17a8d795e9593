"""SPDX 3 documents with models and data sets: JSON-LD read as JSON, so that nothing in it is dropped."""
