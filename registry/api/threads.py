"""Blocking work in threads: bounded in number, bounded in queue, bounded in time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

from registry.api.silence import Silence
from registry.errors import OverloadedError, QueryTimeoutError

P = ParamSpec("P")
T = TypeVar("T")

_DEADLINES = 4
"""For how many deadlines a function is waited for while the database answers others."""


class Threads:
    """Runs blocking functions for one event loop, the one that it is made in.

    At most ``running`` at once; when ``waiting`` more queue for a thread, the next is refused at once instead
    of growing the queue. ``deadline`` (seconds, from when a function has its thread) is for a database that keeps
    the connection and says nothing: its own time limit cannot help then. ``silence`` finds that out, for all threads
    that ask the same database: everybody is refused for a moment.
    """

    def __init__(self, silence: Silence, *, running: int = 40, waiting: int = 400, deadline: float = 60.0) -> None:
        self._silence = silence
        self._places = CapacityLimiter(running)
        self._unbounded = CapacityLimiter(math.inf)  # whoever has a place gets a thread
        self._waiting = waiting
        self._deadline = deadline

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result.

        Raises what it raises; OverloadedError; DatabaseUnavailableError where the database is silent;
        QueryTimeoutError where it is not, and this takes several deadlines all the same.
        """
        self._silence.refuse()
        if self._places.statistics().tasks_waiting >= self._waiting:
            raise OverloadedError("Too many requests wait for the database.")
        async with self._places:
            if self._silence.suspected:
                await self._silence.check()
            return await self._watched(partial(function, *args, **kwargs))

    async def _watched(self, call: Callable[[], T]) -> T:
        working = asyncio.ensure_future(
            to_thread.run_sync(call, abandon_on_cancel=True, limiter=self._unbounded),
        )
        try:
            for _ in range(_DEADLINES):
                await asyncio.wait({working}, timeout=self._deadline)
                if working.done():
                    return working.result()
                await self._silence.check()
        finally:
            working.cancel()
        raise QueryTimeoutError(
            "The request took longer than it may and is not waited for.",
            hint="Ask for less at once. A write may still be committed: sending it again under its event id is safe.",
        )
