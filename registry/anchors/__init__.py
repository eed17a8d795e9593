"""Anchors: what others vouch for, outside of this registry and its keys."""
