"""Telling who asked for it when the impact of something changes: one reading for all who ask the same."""
