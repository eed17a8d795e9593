"""A small OpenID Connect provider for tests and trials: real HTTP on loopback, users without passwords. Never for more."""

from __future__ import annotations

from registry.identity.local_provider.provider import Client, Provider, User
from registry.identity.local_provider.serving import serve_provider

__all__ = ["Client", "Provider", "User", "serve_provider"]
