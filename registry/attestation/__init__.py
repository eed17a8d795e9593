"""Attestations: signed in-toto statements about what is registered, made and verified without database or network."""
