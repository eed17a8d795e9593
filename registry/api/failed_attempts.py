"""How often somebody may fail to prove who they are, before they are not even looked up any more.

Tokens cannot be guessed, but each guess costs a question to the database. So each address has a number of failures a
minute. Whoever has been let in before with the same credential is looked up all the same, so that nobody is kept out by
what others behind their proxy do.
"""

from __future__ import annotations

import time
from collections import OrderedDict

from registry.errors import TooManyAttemptsError

MOST_A_MINUTE = 600
_MOST_ADDRESSES = 10_000
_TOO_MANY = "Too many credentials from this address did not hold."


class FailedAttempts:
    """Counts failures by address, for one event loop. What is not used up does not add up further."""

    def __init__(self, most_a_minute: int = MOST_A_MINUTE, says: str = _TOO_MANY) -> None:
        """``says`` is what the error says: other attempts than failed ones can be counted, by other names."""
        self._most, self._says = most_a_minute, says
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raise TooManyAttemptsError where the address has failed too often."""
        if self._remaining(address) < 1:
            raise TooManyAttemptsError(self._says)

    def note(self, address: str) -> None:
        """Count a failure."""
        self._left[address] = (max(0.0, self._remaining(address) - 1), time.monotonic())
        self._left.move_to_end(address)
        while len(self._left) > _MOST_ADDRESSES:
            self._left.popitem(last=False)

    def _remaining(self, address: str) -> float:
        left, since = self._left.get(address, (float(self._most), 0.0))
        return min(self._most, left + (time.monotonic() - since) * self._most / 60)
