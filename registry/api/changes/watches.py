"""All that is watched, and by whom: who asks the same and may see the same shares one reading.

Nobody is remembered for long.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable
from contextlib import suppress
from contextvars import Context

import structlog

from registry.api.changes.reading import Reading
from registry.api.changes.watch import EndedError, Watch
from registry.api.metrics import WATCHERS
from registry.errors import OverloadedError, RegistryError, TooManyWatchersError
from registry.lineage.impact_set import ImpactChange, Point, Summary, Watched
from registry.lineage.moment import moment
from registry.permission.view import View

_TIME_MICROS = 60_000_000
"""How often sets are read again without a write: what was planned begins, and what has an end ends."""
_RETRY_SECONDS = 2.0
_SHARE, _LEAST_SHARE = 4, 2
"""One of so many parts of all places is the most that one principal gets, but this many at least."""
_log = structlog.get_logger("lineage.watch")


class Watches:
    """The watches of one process. Made and used in one event loop, but for :meth:`wake`."""

    def __init__(self, reading: Reading, *, most: int, poll_seconds: float) -> None:
        self._reading, self._most, self._poll_seconds = reading, most, poll_seconds
        self._loop = asyncio.get_running_loop()
        self._watches: dict[tuple[Watched, View | None], Watch] = {}
        self._watchers: set[Watcher] = set()
        self._most_of_one = max(most // _SHARE, _LEAST_SHARE)
        self._held: Counter[Hashable] = Counter()
        self._polling: asyncio.Task[None] | None = None

    async def subscribe(
        self, watched: Watched, since: Point | None = None, *, view: View | None = None, who: Hashable = None
    ) -> Watcher:
        """A new watcher, who gets what changed since a point where one is given; leave it when done.

        ``view`` is what they may see, None for everything; ``who`` is who they are: nobody gets all places.

        Raises TooManyWatchersError, NotFoundError (with near misses), InvalidUrnError, InvalidRequestError, and
        what reading raises.
        """
        if len(self._watchers) >= self._most:
            raise TooManyWatchersError(f"{self._most} connections watch for changes already.", maximum=self._most)
        if self._held[who] >= self._most_of_one:
            raise TooManyWatchersError(
                f"You watch for changes on {self._most_of_one} connections already, the most that one gets.",
                maximum=self._most_of_one,
            )
        reading = self._reading.seen_by(view)
        watcher = Watcher(self, reading, self._watch(watched, reading, view), since, who)
        self._watchers.add(watcher)
        self._held[who] += 1
        WATCHERS.set(len(self._watchers))
        try:
            await watcher.begin()
        except BaseException:
            watcher.leave()
            raise
        return watcher

    def wake(self) -> None:
        """Something was written. Safe to call from any thread, and when the loop is closed already."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._written)

    def close(self) -> None:
        """End every watch and tell every watcher so; safe to call again."""
        for watch in self._watches.values():
            watch.stop()
        if self._polling is not None:
            self._polling.cancel()

    def forget(self, watcher: Watcher) -> None:
        """A watcher left; the last one of a set ends its watch."""
        if watcher not in self._watchers:
            return
        self._watchers.discard(watcher)
        self._held[watcher.who] -= 1
        if not self._held[watcher.who]:
            del self._held[watcher.who]
        WATCHERS.set(len(self._watchers))
        watch = watcher.watch
        watch.watchers -= 1
        if not watch.watchers:
            watch.stop()
            if self._watches.get((watch.watched, watch.view)) is watch:
                del self._watches[watch.watched, watch.view]

    def _watch(self, watched: Watched, reading: Reading, view: View | None) -> Watch:
        watch = self._watches.get((watched, view))
        if watch is None or watch.ended:
            watch = self._watches[watched, view] = Watch(watched, reading, view)
            watch.start()
        watch.watchers += 1
        if self._polling is None or self._polling.done():
            self._polling = self._loop.create_task(self._poll(), context=Context())
        return watch

    def _written(self) -> None:
        for watch in self._watches.values():
            watch.written()

    async def _poll(self) -> None:
        """Notice what other processes write, and that time goes on."""
        while self._watches:
            await asyncio.sleep(self._poll_seconds)
            try:
                now = await self._reading.latest_point()
            except RegistryError as error:
                _log.debug("clock not read", code=error.code)
                continue
            for watch in self._watches.values():
                if watch.is_behind(now, _TIME_MICROS):
                    watch.written()


class Watcher:
    """One client that watches. Nothing waits for it in memory: what it hasn't heard of yet is found when it asks."""

    def __init__(
        self, watches: Watches, reading: Reading, watch: Watch, since: Point | None, who: Hashable = None
    ) -> None:
        self.watch = watch
        self.who = who
        self._watches, self._reading = watches, reading
        self._at = since
        self._heard = False

    @property
    def watched(self) -> Watched:
        """What is watched."""
        return self.watch.watched

    @property
    def at(self) -> Point | None:
        """Up to where it has heard everything."""
        return self._at

    async def begin(self) -> None:
        """Wait until there is something to tell. Raises as :meth:`Watches.subscribe` says."""
        try:
            await self.watch.ready()
        except EndedError:
            raise OverloadedError("The server stops.") from None
        latest = self.watch.latest
        if self._at is not None:
            moment(self._at.as_of, self._at.known_at)
            # What is still to be written may be recorded by then: nothing of it must be missed.
            self._at = Point(min(self._at.known_at, latest.point.known_at), min(self._at.as_of, latest.point.as_of))
        if latest.exists:
            return
        if self._at is None or not (await self._reading.at(self.watched, self._at)).summary.exists:
            raise await self._reading.unknown(self.watched)

    async def next(self) -> Summary | ImpactChange | None:
        """What to tell next: the set first, or what became of it since; then each change; None when it is over."""
        while True:
            try:
                told = await (self._advance() if self._heard else self._first())
            except EndedError:
                return None
            except RegistryError as error:
                _log.warning("change not told", urn=self.watched.urn, code=error.code, exc_info=error)
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                if told:
                    return told

    async def _first(self) -> Summary | ImpactChange:
        latest = self.watch.latest
        change = None if self._at in (None, latest.point) else await self._change()
        self._heard = True
        if change is None:
            self._at = latest.point
        return change or latest

    async def _advance(self) -> ImpactChange:
        if self._at == self.watch.latest.point:
            await self.watch.news()
        return await self._change()

    async def _change(self) -> ImpactChange:
        assert self._at is not None  # noqa: S101 - only asked for then
        change = await self.watch.change_since(self._at)
        self._at = change.summary.point
        return change

    def leave(self) -> None:
        """Watch no longer; safe to call again."""
        self._watches.forget(self)
