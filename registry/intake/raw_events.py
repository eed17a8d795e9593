"""OpenLineage events as they came, whole and with their digest, and what the events of each run add up to.

Kept in the same database as the graph, beside it: what comes in must be there for every server process.
"""

from __future__ import annotations

import copy
import threading
import time
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Self

import orjson
from neo4j import ManagedTransaction

from graph_schema.times import format_time, now_micros
from queries.captured import EVENT, FOLDS, NEWEST_FIRST, OLDEST_FIRST, TOTAL
from queries.captured.rows import ChosenParams, EventParams, EventRow, FoldsParams, PageParams
from registry.audit.append import note
from registry.capture.openlineage.event import Event
from registry.capture.openlineage.fold import Fold
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.intake import statements
from registry.intake.sums import key_text, packed, stored_fold
from registry.secrecy.vault import Kept, Vault
from registry.validation.parsing import DAY

_EARLIEST, _LATEST = -(2**62), 2**62
_TIDY_SECONDS = 3_600.0
_AT_ONCE = 5_000

MOST_BYTES = 32 << 20
"""Content of the events that are found at once, as it came; one event alone may have more."""


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


class RawEvents:
    """The raw events of one database. Those received more than ``days`` ago are shown no more, and deleted in time."""

    def __init__(self, database: Database, days: int | None = None, vault: Vault | None = None) -> None:
        """``vault`` opens what was sealed; without one, only events that were not can be read."""
        self._database = database
        self._vault = vault
        self._days = days
        self._tidied: float | None = None
        self._turn = threading.Lock()

    def seen_in(self, database: Database) -> Self:
        """The events as somebody may see the database; who may not see all of it is refused with PermissionDeniedError."""
        seen = copy.copy(self)
        seen._database = database  # noqa: SLF001 - its own
        return seen

    def read(self, digest: str) -> RawEvent:
        """The event with that digest (hex). Raises NotFoundError."""
        rows = self._database.run(EVENT, EventParams(digest.removeprefix("sha256:"), self._since()))
        if not rows:
            raise NotFoundError("No event with that digest came in, or it was let go of since.")
        return self._unpacked(rows[0])

    def find(
        self,
        *,
        key: tuple[str, str, str] | None = None,
        after: int | None = None,
        before: int | None = None,
        newest_first: bool = True,
        limit: int = 100,
        offset: int = 0,
        bookmarks: Sequence[str] | None = None,
    ) -> Found:
        """Events by their time, of one run, job or data set or of all: at most ``limit``, and MOST_BYTES of them.

        With ``bookmarks``, those are seen that came with the writes that they stand for.
        """
        chosen = (
            None if key is None else key_text(key),
            _EARLIEST if after is None else after,
            _LATEST if before is None else before,
            self._since(),
        )
        (found,) = self._database.run(TOTAL, ChosenParams(*chosen), bookmarks=bookmarks)
        page, total = PageParams(*chosen, limit, offset), found.total
        events: list[RawEvent] = []
        size = 0
        query = NEWEST_FIRST if newest_first else OLDEST_FIRST
        with closing(self._database.stream(query, page, bookmarks=bookmarks)) as rows:
            for row in rows:
                event = self._unpacked(row)
                size += len(event.content)
                if events and size > MOST_BYTES:
                    return Found(events, total, complete=False)
                events.append(event)
        return Found(events, total, complete=True)

    def folds(self, keys: Iterable[tuple[str, str, str]]) -> list[Fold]:
        """What the events of these keys add up to; those without events are left out."""
        rows = self._database.run(FOLDS, FoldsParams([key_text(key) for key in keys]))
        return [stored_fold(state) for state in self._opened([Kept("CapturedFold", row.id, row.state) for row in rows])]

    def tidy(self) -> None:
        """Delete some of what is too old; all of it where this is called often enough. What it said stays in the graph.

        It is looked for once an hour.
        """
        if self._days is None or not self._turn.acquire(blocking=False):
            return
        try:
            now = time.monotonic()
            if self._tidied is None or now - self._tidied > _TIDY_SECONDS:
                deleted = [self._delete(text) for text in (statements.EXPIRE_EVENTS, statements.EXPIRE_FOLDS)]
                self._tidied = now if max(deleted) < _AT_ONCE else None
        finally:
            self._turn.release()

    def _delete(self, statement: str) -> int:
        since = self._since()

        def work(tx: ManagedTransaction) -> int:
            deleted = int(tx.run(statement, since=since, most=_AT_ONCE).single(strict=True)[0])
            if deleted:
                note(tx, "events.expire", "openlineage", f"{deleted} older than {self._days} days")
            return deleted

        return self._database.write(work)[0]

    def _unpacked(self, row: EventRow) -> RawEvent:
        about, (packed_content,) = (
            tuple(orjson.loads(row.about)),
            self._opened([Kept("CapturedEvent", row.id, row.content)]),
        )
        content = zlib.decompress(packed_content)
        return RawEvent(row.id, about, row.state, row.time, row.received_at, row.producer, content)

    def _opened(self, contents: Sequence[Kept]) -> list[bytes]:
        return (
            [item.content for item in contents]
            if self._vault is None
            else self._vault.open_at_rest(self._database, contents)
        )

    def _since(self) -> int:
        return _EARLIEST if self._days is None else now_micros() - self._days * DAY


def event_row(event: Event, content: bytes) -> dict[str, Any]:
    """An event as it is stored."""
    return {
        "id": event.digest,
        "key": key_text(event.key),
        "about": orjson.dumps(event.key).decode(),
        "state": event.state,
        "time": event.time,
        "producer": event.producer,
        "content": packed(content),
    }
