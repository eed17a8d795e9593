"""Blocking work in threads: bounded in number, bounded in queue, bounded in time."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
from anyio import CapacityLimiter, Lock, to_thread

from registry.errors import DatabaseUnavailableError, OverloadedError, QueryTimeoutError

P = ParamSpec("P")
T = TypeVar("T")

_PAUSE_SECONDS = 2.0
"""How long nothing is tried after the database kept silent, so that silence does not eat every thread."""
_PROBE_SECONDS = 2.0
_DEADLINES = 4
"""For how many deadlines a function is waited for while the database answers others."""


class Threads:
    """Runs blocking functions for one event loop, the one that it is made in.

    At most ``running`` at once; when ``waiting`` more queue for a thread, the next is refused at once instead
    of growing the queue. ``deadline`` (seconds, from when a function has its thread) is for a database that keeps
    the connection and says nothing: its own time limit cannot help then. Only when ``probe``, a cheap question to
    the same database, gets no answer either, it is taken for silent and everybody is refused for a moment.
    """

    def __init__(
        self, probe: Callable[[], object], *, running: int = 40, waiting: int = 400, deadline: float = 60.0
    ) -> None:
        self._probe = probe
        self._probing = Lock()
        self._places = CapacityLimiter(running)
        self._unbounded = CapacityLimiter(math.inf)  # whoever has a place gets a thread
        self._waiting = waiting
        self._deadline = deadline
        self._silent = False
        self._silent_until = 0.0
        self._answered = 0.0

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result.

        Raises what it raises; OverloadedError; DatabaseUnavailableError where the database is silent;
        QueryTimeoutError where it is not, and this takes several deadlines all the same.
        """
        self._refuse_while_silent()
        if self._places.statistics().tasks_waiting >= self._waiting:
            raise OverloadedError("Too many requests wait for the database.")
        async with self._places:
            if self._silent:
                await self._check()
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
                await self._check()
        finally:
            working.cancel()
        raise QueryTimeoutError(
            "The request took longer than it may and is not waited for.",
            hint="Ask for less at once. A write may still be committed: sending it again under its event id is safe.",
        )

    async def _check(self) -> None:
        """Return if the database answers anything at all. Raises DatabaseUnavailableError."""
        since = time.monotonic()
        async with self._probing:
            self._refuse_while_silent()
            if self._answered > since:
                return
            try:
                with anyio.fail_after(_PROBE_SECONDS):
                    await to_thread.run_sync(self._probe, abandon_on_cancel=True, limiter=self._unbounded)
            except TimeoutError:
                self._silent, self._silent_until = True, time.monotonic() + _PAUSE_SECONDS
                raise _silence() from None
            self._silent, self._answered = False, time.monotonic()

    def _refuse_while_silent(self) -> None:
        if time.monotonic() < self._silent_until:
            raise _silence()


def _silence() -> DatabaseUnavailableError:
    return DatabaseUnavailableError("Neo4j keeps the connection open but does not answer.")
