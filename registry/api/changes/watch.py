"""One impact set that somebody watches: read again after writes, compared, and told to all its watchers."""

from __future__ import annotations

import asyncio
import time
from contextvars import Context

import structlog

from registry.api.changes.reading import Reading
from registry.api.disconnects import insist
from registry.errors import RegistryError
from registry.graph.cancellation import Cancellation, cancelled_by
from registry.lineage.impact_set import ImpactChange, ImpactSet, Point, Summary, Watched, compare
from registry.permission.view import View

_GATHER_SECONDS = 0.1
"""What is written within this time is told as one change."""
_REST = 3.0
"""How many times as long as a reading took the next one waits, so that a wide set costs a part of a processor."""
_RETRY_SECONDS = 2.0
_KEPT_MEMBERS = 2_000
"""Larger sets are not kept for the next comparison but read again: the past is still there."""
_log = structlog.get_logger("lineage.watch")


class EndedError(Exception):
    """There will be no more news."""


class Watch:
    """One impact set, kept up to date from :meth:`start` to :meth:`stop`, in one event loop.

    ``view`` is what its watchers may see, and what ``reading`` shows.
    """

    def __init__(self, watched: Watched, reading: Reading, view: View | None = None) -> None:
        self.watched, self.view = watched, view
        self.watchers = 0
        self._reading = reading
        self._cancellation = Cancellation()
        self._due = asyncio.Event()
        self._news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._latest: Summary | None = None
        self._kept: ImpactSet | None = None
        self._change: ImpactChange | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def latest(self) -> Summary:
        """The set as it was read last. Only after :meth:`ready`."""
        assert self._latest is not None  # noqa: S101 - see above
        return self._latest

    @property
    def ended(self) -> bool:
        """Whether there will be no more news."""
        return self._task is not None and self._task.done()

    def start(self) -> None:
        """Begin to read."""
        # In a context of its own: work for many must not be stopped, or logged, with the request that began it.
        self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    def stop(self) -> None:
        """Stop reading, in the database too, and tell the watchers that this is the end."""
        self._end(EndedError())
        if self._task is not None:
            self._task.cancel()

    def written(self) -> None:
        """Something was written, or time went on: read again soon."""
        self._due.set()

    def is_behind(self, now: Point, most: int) -> bool:
        """Whether something was written since the last reading, or more time went by than ``most`` microseconds."""
        if self._latest is None:
            return False
        then = self._latest.point
        return now.known_at != then.known_at or now.as_of - then.as_of >= most

    async def ready(self) -> None:
        """Wait for the first reading. Raises as :meth:`news` does."""
        while self._latest is None:
            await self.news()

    async def news(self) -> None:
        """Wait until the set was read again. Raises what kept it from being read ever, and EndedError after the end."""
        await asyncio.shield(self._news)

    async def change_since(self, point: Point) -> ImpactChange:
        """What became of the set from a point to :attr:`latest`. Raises as reading does."""
        if self._change is not None and self._change.since == point:
            return self._change
        return await self._reading.between(self.watched, point, self._kept or self.latest.point)

    async def _run(self) -> None:
        try:
            with cancelled_by(self._cancellation):
                self._tell(await self._reading.latest(self.watched), None)
                while True:
                    await self._due.wait()
                    await asyncio.sleep(_GATHER_SECONDS)
                    self._due.clear()
                    await asyncio.sleep(await self._again())
        except Exception as error:  # noqa: BLE001 - who waits for news raises it
            self._end(error)
        finally:
            await insist(self._cancellation)

    def _end(self, error: Exception) -> None:
        if not self._news.done():
            self._news.set_exception(error)
            self._news.exception()  # nobody may be left to raise it

    async def _again(self) -> float:
        """Read again; how long to rest then."""
        started = time.monotonic()
        try:
            await self._read()
        except RegistryError as error:
            _log.warning("impact not read", urn=self.watched.urn, code=error.code, exc_info=error)
            self._due.set()
            return max(_RETRY_SECONDS, _REST * (time.monotonic() - started))
        return _REST * (time.monotonic() - started)

    async def _read(self) -> None:
        new = await self._reading.latest(self.watched)
        before = self.latest
        if new.summary.point == before.point:
            return
        if new.summary.digest == before.digest:
            self._tell(new, ImpactChange(before.point, new.summary, (), (), ()))
        elif self._kept is not None:
            self._tell(new, compare(self._kept, new))
        else:
            self._tell(new, await self._reading.between(self.watched, before.point, new))

    def _tell(self, new: ImpactSet, change: ImpactChange | None) -> None:
        self._latest, self._change = new.summary, change
        self._kept = new if len(new.members) <= _KEPT_MEMBERS else None
        news, self._news = self._news, asyncio.get_running_loop().create_future()
        news.set_result(None)
