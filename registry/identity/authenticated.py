"""Somebody who has proved who they are, and until when that holds."""

from __future__ import annotations

import time
from dataclasses import dataclass

from registry.permission.principal import Principal


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who asks. ``credential`` names the token (never its text), ``expires_at`` is in seconds since 1970, or None."""

    principal: Principal
    credential: str
    expires_at: float | None = None

    def has_expired(self, now: float | None = None) -> bool:
        """Whether the credential has run out."""
        return self.expires_at is not None and self.expires_at <= (time.time() if now is None else now)
