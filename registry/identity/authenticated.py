"""Somebody who has proved who they are, and until when that holds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from registry.permission.principal import Principal


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who asks. ``credential`` names the token (never its text), ``expires_at`` is in seconds since 1970, or None.

    ``source`` is that by which the token is revoked, and with it the sessions that it began: the id of a service's token,
    the key of an issuer's, the digest of the administrator's. It is for the database, not for logs.
    """

    principal: Principal
    credential: str
    expires_at: float | None = None
    source: str | None = field(default=None, repr=False)

    def has_expired(self, now: float | None = None) -> bool:
        """Whether the credential has run out."""
        return self.expires_at is not None and self.expires_at <= (time.time() if now is None else now)
