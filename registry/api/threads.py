"""Blocking work in threads: bounded in number, bounded in queue, bounded in time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from registry.errors import DatabaseUnavailableError, OverloadedError

P = ParamSpec("P")
T = TypeVar("T")


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

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result. Raises what it raises, OverloadedError, or DatabaseUnavailableError past the deadline."""
        if self._limiter.statistics().tasks_waiting >= self._waiting:
            raise OverloadedError("Too many requests wait for the database.")
        try:
            with anyio.fail_after(self._deadline):
                return await to_thread.run_sync(
                    partial(function, *args, **kwargs), abandon_on_cancel=True, limiter=self._limiter
                )
        except TimeoutError:
            raise DatabaseUnavailableError("Neo4j keeps the connection open but does not answer.") from None
