"""The blocking reads of watching, in threads, few at a time, so that they don't stand in the way of questions."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from functools import partial
from typing import Self, TypeVar

from registry.api.threads import Threads
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.lineage.impact_set import (
    ImpactChange,
    ImpactSet,
    Point,
    Watched,
    compare,
    latest_point,
    read_impact_set,
)
from registry.lineage.near_misses import not_found
from registry.lineage.question import read_urn
from registry.permission.view import View

T = TypeVar("T")

_AT_ONCE = 2


class Reading:
    """Reads impact sets of one database. Every method raises what the reads and :class:`Threads` raise."""

    def __init__(self, database: Database, threads: Threads, *, limit: int) -> None:
        self._database, self._threads, self._limit = database, threads, limit
        self._turns = asyncio.Semaphore(_AT_ONCE)

    def seen_by(self, view: View | None) -> Self:
        """The same reading as somebody may see the database; it takes its turns with this one."""
        narrowed = copy.copy(self)
        narrowed._database = self._database.seen_by(view)  # noqa: SLF001 - its own
        return narrowed

    async def latest_point(self) -> Point:
        """The latest state that is settled."""
        return await self._threads.run(latest_point, self._database)

    async def latest(self, watched: Watched) -> ImpactSet:
        """The impact at the latest settled state."""
        return await self._in_turn(lambda: self._read(watched, latest_point(self._database)))

    async def at(self, watched: Watched, point: Point) -> ImpactSet:
        """The impact at a point."""
        return await self._in_turn(partial(self._read, watched, point))

    async def unknown(self, watched: Watched) -> NotFoundError:
        """The error for an entity that was never recorded."""
        urn = read_urn(watched.urn)
        return await self._threads.run(partial(not_found, self._database, urn))

    async def between(self, watched: Watched, since: Point, after: Point | ImpactSet) -> ImpactChange:
        """What became of the impact from one point to another, whose set may be known."""

        def read() -> ImpactChange:
            new = after if isinstance(after, ImpactSet) else self._read(watched, after)
            return compare(self._read(watched, since), new)

        return await self._in_turn(read)

    def _read(self, watched: Watched, point: Point) -> ImpactSet:
        return read_impact_set(self._database, watched, point, limit=self._limit)

    async def _in_turn(self, read: Callable[[], T]) -> T:
        async with self._turns:
            return await self._threads.run(read)
