"""A database that keeps its connections open and says nothing: found out once, for everybody who asks it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import anyio
from anyio import CapacityLimiter, Lock, to_thread

from registry.errors import DatabaseUnavailableError

_PAUSE_SECONDS = 2.0
"""How long nothing is tried after the database kept silent, so that silence does not eat every thread."""
_PROBE_SECONDS = 2.0


class Silence:
    """Whether one database is silent. All who ask it share one of these, in one event loop.

    Only when ``probe``, a cheap question, gets no answer it is taken for silent, and everybody is refused for a moment.
    The first answer that anybody tells of (:meth:`heard`) ends that.
    """

    def __init__(self, probe: Callable[[], object]) -> None:
        self._probe = probe
        self._probing = Lock()
        self._unbounded = CapacityLimiter(math.inf)  # a probe that hangs must not keep the next one waiting
        self._silent = False
        self._silent_until = 0.0
        self._answered = 0.0

    @property
    def suspected(self) -> bool:
        """Whether it was silent when it was asked last: who comes next has to :meth:`check` before anything else."""
        return self._silent

    def refuse(self) -> None:
        """Raise DatabaseUnavailableError while nothing is to be tried."""
        if time.monotonic() < self._silent_until:
            raise _silence()

    def heard(self) -> None:
        """The database has just answered: whoever comes is let through at once."""
        self._silent, self._silent_until, self._answered = False, 0.0, time.monotonic()

    async def check(self) -> None:
        """Return if the database answers anything at all. Raises DatabaseUnavailableError."""
        since = time.monotonic()
        async with self._probing:
            if self._answered > since:
                return
            self.refuse()
            try:
                with anyio.fail_after(_PROBE_SECONDS):
                    await to_thread.run_sync(self._probe, abandon_on_cancel=True, limiter=self._unbounded)
            except TimeoutError:
                if self._answered > since:  # others were answered meanwhile
                    return
                self._silent, self._silent_until = True, time.monotonic() + _PAUSE_SECONDS
                raise _silence() from None
            self.heard()


def _silence() -> DatabaseUnavailableError:
    return DatabaseUnavailableError("Neo4j keeps the connection open but does not answer.")
