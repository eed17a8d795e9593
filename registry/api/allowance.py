"""How much of something one server takes in a minute."""

from __future__ import annotations

import time

from registry.errors import OverloadedError


class Allowance:
    """So many things a minute, and as many at once; for one event loop. What is not used does not add up further."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._left = float(a_minute)
        self._since = time.monotonic()

    def take(self, things: int, what: str) -> None:
        """Use up some of it. Raises OverloadedError where there is not so much left, and uses nothing then."""
        now = time.monotonic()
        self._left = min(self._a_minute, self._left + (now - self._since) * self._a_minute / 60)
        self._since = now
        if things > self._left:
            seconds = (things - self._left) * 60 / self._a_minute
            raise OverloadedError(
                f"More than {self._a_minute:,} {what} a minute.",
                hint=f"Send the same request again in {max(1, round(seconds))} seconds.",
            )
        self._left -= things
