"""Subgraphs in the formats that others read: one module a format, each a function from a subgraph to bytes."""
