"""Capture from Python, measured: what it sees of the files that a script truly opens, and what it costs."""
