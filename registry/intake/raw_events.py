"""OpenLineage events as they came, whole and with their digest, and what the events of each run add up to.

Kept in the same database as the graph, beside it: what comes in must be there for every server process.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Self

import orjson

from graph_schema.times import format_time
from queries.query import Query
from registry.capture.openlineage.event import Event
from registry.capture.openlineage.fold import NOTHING_TOUCHED, Fold, Touched
from registry.errors import NotFoundError
from registry.graph.database import Database

_LEVEL = 1

_READ = "MATCH (e:CapturedEvent {id: $id}) RETURN e.id, e.about, e.state, e.time, e.received_at, e.producer, e.content"
_LIST = """
MATCH (e:CapturedEvent) WHERE e.time >= $after AND e.time < $before AND ($key IS NULL OR e.key = $key)
WITH e ORDER BY e.time {order}, e.id {order} SKIP $offset LIMIT $limit
RETURN e.id, e.about, e.state, e.time, e.received_at, e.producer, e.content
"""
_COUNT = """
MATCH (e:CapturedEvent) WHERE e.time >= $after AND e.time < $before AND ($key IS NULL OR e.key = $key)
RETURN count(e)
"""
_FOLDS = "UNWIND $ids AS id MATCH (f:CapturedFold {id: id}) RETURN f.state"
_EARLIEST, _LATEST = -(2**62), 2**62

MOST_BYTES = 32 << 20
"""Content of the events that are found at once, as it came; one event alone may have more."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What the events of one key add up to, the parts that the new ones touched, and by how many events it stands."""

    key: str
    """As it is stored."""
    fold: Fold
    touched: Touched
    count: int
    of: tuple[str, ...]
    """Digests of the events that touched it."""

    @classmethod
    def of_events(cls, key: str, events: Sequence[Event], count: int, state: bytes | None) -> Self:
        """Add events of a key to what was stored of it; ``state`` is None where nothing was."""
        fold = Fold(orjson.loads(zlib.decompress(state)) if state is not None else None)
        touched = NOTHING_TOUCHED
        for event in events:
            touched |= fold.add(event)
        return cls(key, fold, touched, count + len(events), tuple(sorted(event.digest for event in events)))

    @property
    def digest(self) -> str:
        """Stands for the events that touched it."""
        return self.of[0] if len(self.of) == 1 else hashlib.sha256("".join(self.of).encode()).hexdigest()

    def row(self) -> dict[str, Any]:
        """What is stored of it. Raises TypeError for what is nested too deep."""
        return {"id": self.key, "count": self.count, "state": _packed(orjson.dumps(self.fold.state))}


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as it came; times in microseconds. ``key`` is what it is about: sort, namespace and name."""

    id: str
    key: tuple[str, str, str]
    state: str | None
    time: int
    received_at: int
    producer: str | None
    content: bytes

    def as_json(self) -> dict[str, Any]:
        """What is known of the event, without its content."""
        sort, namespace, name = self.key
        return {
            "digest": f"sha256:{self.id}",
            "about": {"sort": sort, "namespace": namespace, "name": name},
            "state": self.state,
            "event_time": format_time(self.time),
            "received_at": format_time(self.received_at),
            "producer": self.producer,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """Some events, and how many there are in all; ``complete`` is false where they are fewer for their size."""

    events: list[RawEvent]
    total: int
    complete: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    key: str | None
    after: int
    before: int
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Stored:
    id: str
    about: str
    state: str | None
    time: int
    received_at: int
    producer: str | None
    content: bytes

    def unpacked(self) -> RawEvent:
        about, content = tuple(orjson.loads(self.about)), zlib.decompress(self.content)
        return RawEvent(self.id, about, self.state, self.time, self.received_at, self.producer, content)


_OLDEST_FIRST = Query("captured events, oldest first", _LIST.format(order="ASC"), _Asked, _Stored)
_NEWEST_FIRST = Query("captured events, newest first", _LIST.format(order="DESC"), _Asked, _Stored)


class RawEvents:
    """The raw events of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, digest: str) -> RawEvent:
        """The event with that digest (hex). Raises NotFoundError."""
        rows = self._database.read_text(_READ, {"id": digest.removeprefix("sha256:")})
        if not rows:
            raise NotFoundError("No event with that digest came in.")
        return _Stored(*rows[0]).unpacked()

    def find(
        self,
        *,
        key: tuple[str, str, str] | None = None,
        after: int | None = None,
        before: int | None = None,
        newest_first: bool = True,
        limit: int = 100,
        offset: int = 0,
    ) -> Found:
        """Events by their time, of one run, job or data set or of all: at most ``limit``, and MOST_BYTES of them."""
        asked = _Asked(
            None if key is None else key_text(key),
            _EARLIEST if after is None else after,
            _LATEST if before is None else before,
            limit,
            offset,
        )
        chosen = {"key": asked.key, "after": asked.after, "before": asked.before}
        total = self._database.read_text(_COUNT, chosen)[0][0]
        events: list[RawEvent] = []
        size = 0
        with closing(self._database.stream(_NEWEST_FIRST if newest_first else _OLDEST_FIRST, asked)) as rows:
            for row in rows:
                event = row.unpacked()
                size += len(event.content)
                if events and size > MOST_BYTES:
                    return Found(events, total, complete=False)
                events.append(event)
        return Found(events, total, complete=True)

    def folds(self, keys: Iterable[tuple[str, str, str]]) -> list[Fold]:
        """What the events of these keys add up to; those without events are left out."""
        rows = self._database.read_text(_FOLDS, {"ids": [key_text(key) for key in keys]})
        return [Fold(orjson.loads(zlib.decompress(state))) for (state,) in rows if state is not None]


def key_text(key: tuple[str, str, str]) -> str:
    """A key as it is stored."""
    return hashlib.sha256(orjson.dumps(key)).hexdigest()


def event_row(event: Event, content: bytes) -> dict[str, Any]:
    """An event as it is stored."""
    return {
        "id": event.digest,
        "key": key_text(event.key),
        "about": orjson.dumps(event.key).decode(),
        "state": event.state,
        "time": event.time,
        "producer": event.producer,
        "content": _packed(content),
    }


def _packed(content: bytes) -> bytes:
    return zlib.compress(content, _LEVEL)
