"""Thin wrappers around what libraries read and write with, for what they open in native code."""
