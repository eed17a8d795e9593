"""Blocking work in threads: bounded in number, bounded in queue, bounded in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from registry.errors import DatabaseUnavailableError, OverloadedError

P = ParamSpec("P")
T = TypeVar("T")

_PAUSE_SECONDS = 2.0
"""How long nothing is tried after the database kept silent, so that silence does not eat every thread."""


class Threads:
    """Runs blocking functions for one event loop.

    At most ``running`` at once; when ``waiting`` more queue for a thread, the next is refused at once instead
    of growing the queue. ``deadline`` (seconds) is for a database that keeps the connection and says nothing:
    its own time limit cannot help then.
    """

    def __init__(self, *, running: int = 40, waiting: int = 400, deadline: float = 60.0) -> None:
        self._limiter = CapacityLimiter(running)
        self._waiting = waiting
        self._deadline = deadline
        self._silent_until = 0.0

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result. Raises what it raises, OverloadedError, or DatabaseUnavailableError past the deadline."""
        if time.monotonic() < self._silent_until:
            raise _silent()
        if self._limiter.statistics().tasks_waiting >= self._waiting:
            raise OverloadedError("Too many requests wait for the database.")
        with anyio.move_on_after(self._deadline):
            return await to_thread.run_sync(
                partial(function, *args, **kwargs), abandon_on_cancel=True, limiter=self._limiter
            )
        self._silent_until = time.monotonic() + _PAUSE_SECONDS
        raise _silent()


def _silent() -> DatabaseUnavailableError:
    return DatabaseUnavailableError("Neo4j keeps the connection open but does not answer.")
