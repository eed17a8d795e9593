"""Tokens of an OpenID Connect issuer: where its keys are, which of them signed, and whether its claims hold here."""
