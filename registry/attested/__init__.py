"""Attestations in the registry: verified when they come, kept as they came, joined to what they are about."""
