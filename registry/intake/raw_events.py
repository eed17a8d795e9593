"""OpenLineage events as they came, whole and with their digest, and what the events of each run add up to.

Kept in the same database as the graph, beside it: what comes in must be there for every server process.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
from neo4j import ManagedTransaction

from graph_schema.times import format_time, now_micros
from queries.query import Query
from registry.capture.openlineage.event import Event, read_event
from registry.capture.openlineage.fold import NOTHING_TOUCHED, Fold, Touched
from registry.errors import NotFoundError
from registry.graph.database import Database

_LEVEL = 1

_KEEP = """
UNWIND $rows AS row
MERGE (e:CapturedEvent {id: row.id})
ON CREATE SET e += row, e.received_at = $now, e.taken_by = $token
RETURN e.id, e.taken_by = $token
"""
# Setting a property takes the lock of the node: the events of one run are added up one after another.
_LOCK = """
UNWIND $ids AS id
MERGE (f:CapturedFold {id: id}) SET f.taken_by = $token
RETURN f.id, f.count, f.state
"""
_STORE = """
UNWIND $rows AS row
MATCH (f:CapturedFold {id: row.id}) SET f.count = row.count, f.state = row.state
"""
_FORGET = "UNWIND $ids AS id MATCH (e:CapturedEvent {id: id}) DETACH DELETE e"
_CONTENTS = "MATCH (e:CapturedEvent {key: $key}) RETURN e.content"
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
class Total:
    """What the events of one key add up to, the parts that the new ones touched, and by how many events it stands."""

    fold: Fold
    touched: Touched
    count: int
    """Grows with each event, and with each that is forgotten."""
    digest: str
    of: tuple[str, ...]
    """Digests of the events that touched it."""
    fresh: tuple[str, ...]
    """Those of them that had not come before."""
    before: bytes | None
    """The state of the fold without them, as it is stored; None for none."""


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

    def keep(self, events: Sequence[tuple[Event, bytes]]) -> list[Total]:
        """Keep events with their content, and add each to the others of its key; the new totals.

        Durable when this returns. The same event again is kept once, and gives the total as it now stands.
        """
        token = _token(events)
        by_key: dict[str, list[Event]] = {}
        for event, _ in events:
            by_key.setdefault(key_text(event.key), []).append(event)
        rows = {event.digest: _row(event, content) for event, content in events}

        def work(tx: ManagedTransaction) -> list[Total]:
            kept = tx.run(_KEEP, rows=[rows[key] for key in sorted(rows)], now=now_micros(), token=token)
            fresh = {digest for digest, is_new in kept if is_new}
            held = {name: (count or 0, state) for name, count, state in tx.run(_LOCK, ids=sorted(by_key), token=token)}
            totals = {name: _total(*held[name], said, fresh) for name, said in by_key.items()}
            stored = [
                {"id": name, "count": total.count, "state": _packed(orjson.dumps(total.fold.state))}
                for name, total in totals.items()
            ]
            tx.run(_STORE, rows=stored).consume()
            return list(totals.values())

        return self._database.write(work)[0]

    def forget(self, totals: Sequence[Total]) -> None:
        """Let go of the events that were new with these totals: they cannot be written, and count for nothing to come.

        What came before them, or meanwhile, stays.
        """
        mine = {key_text(total.fold.key): total for total in totals if total.fresh}
        gone, token = sorted({digest for total in mine.values() for digest in total.fresh}), _token(totals)

        def work(tx: ManagedTransaction) -> None:
            tx.run(_FORGET, ids=gone).consume()
            held = [tuple(row) for row in tx.run(_LOCK, ids=sorted(mine), token=token)]
            rows = [
                {
                    "id": name,
                    "count": (count or 0) + 1,
                    "state": mine[name].before if count == mine[name].count else _added_up(tx, name),
                }
                for name, count, _ in held
            ]
            tx.run(_STORE, rows=rows).consume()

        if gone:
            self._database.write(work)

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


def _total(count: int, state: bytes | None, events: list[Event], fresh: set[str]) -> Total:
    fold = Fold(orjson.loads(zlib.decompress(state)) if state is not None else None)
    touched, digests = NOTHING_TOUCHED, sorted({event.digest for event in events})
    for event in events:
        touched |= fold.add(event)
    digest = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    new = tuple(sorted(fresh.intersection(digests)))
    return Total(fold, touched, count + len(new), digest, tuple(digests), new, state)


def _added_up(tx: ManagedTransaction, key: str) -> bytes | None:
    """The state of the fold of all events of a key, as it is stored; None where there are none."""
    fold, contents = Fold(), [row[0] for row in tx.run(_CONTENTS, key=key)]
    for content in contents:
        fold.add(read_event(orjson.loads(zlib.decompress(content))))
    return _packed(orjson.dumps(fold.state)) if contents else None


def _token(work: object) -> str:
    """Tells apart what this call made from what was there."""
    return hashlib.sha256(repr((now_micros(), id(work))).encode()).hexdigest()[:16]


def _row(event: Event, content: bytes) -> dict[str, Any]:
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
