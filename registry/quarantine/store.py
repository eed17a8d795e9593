"""The quarantine: parts of any source that could not come in, as they came, until somebody deals with them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from neo4j import ManagedTransaction

from graph_schema.times import format_time, now_micros
from registry.errors import NotFoundError
from registry.graph.database import Database

MOST_ENTRIES = 10_000
"""Entries that are kept; for more, those go first that came last longest ago."""
MOST_BYTES = 1 << 20
"""What is kept of one body, from its beginning; the entry says where that is not all."""
MOST_CHARACTERS = 300
"""The longest message, and name of a field."""

_FIELDS = (
    "q.id, q.source, q.reason, q.message, q.errors, q.received_at, q.last_received_at, q.times, q.bytes,"
    " coalesce(q.kept, q.bytes)"
)
_KEEP = """
UNWIND $rows AS row
MERGE (q:Quarantined {id: row.id})
ON CREATE SET q.received_at = $now, q.times = 0
SET q += row, q.times = q.times + 1, q.last_received_at = $now
RETURN q.id
"""
_LOCK = "MERGE (c:RegistryClock {id: 'quarantine'}) SET c.recorded_at = $now"
_SURPLUS = "MATCH (q:Quarantined) RETURN count(q) - $most"
_TRIM = "MATCH (q:Quarantined) WITH q ORDER BY q.last_received_at, q.id LIMIT $surplus DELETE q"
_LIST = f"""
MATCH (q:Quarantined) WHERE ($source IS NULL OR q.source = $source) AND ($reason IS NULL OR q.reason = $reason)
WITH q ORDER BY q.received_at DESC, q.id SKIP $offset LIMIT $limit
RETURN {_FIELDS}
"""
_COUNT = """
MATCH (q:Quarantined) WHERE ($source IS NULL OR q.source = $source) AND ($reason IS NULL OR q.reason = $reason)
RETURN count(q)
"""
_READ = f"MATCH (q:Quarantined {{id: $id}}) RETURN {_FIELDS}, q.content"
_DROP = "UNWIND $ids AS id MATCH (q:Quarantined {id: id}) DELETE q RETURN count(*)"
_DIGITS = 32
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something that could not be taken.

    ``source`` says which way it came, ``reason`` is a stable code, ``errors`` name the fields, times are
    microseconds, ``times`` counts how often it came, ``size`` is how many bytes came and ``kept`` how many of them
    are here. ``content`` is as it came, None in a list.
    """

    id: str
    source: str
    reason: str
    message: str
    errors: list[dict[str, Any]]
    received_at: int
    last_received_at: int
    times: int
    size: int
    kept: int
    content: bytes | None = None

    @property
    def cut(self) -> bool:
        """Whether only the beginning of what came is here."""
        return self.kept < self.size

    def as_json(self) -> dict[str, Any]:
        """The entry; with its content as text where that was read."""
        entry = {
            "id": self.id,
            "source": self.source,
            "reason": self.reason,
            "message": self.message,
            "errors": self.errors,
            "received_at": format_time(self.received_at),
            "last_received_at": format_time(self.last_received_at),
            "times": self.times,
            "bytes": self.size,
            "kept_bytes": self.kept,
            "cut": self.cut,
        }
        if self.content is not None:
            entry["content"] = self.content.decode("utf-8", "backslashreplace")
        return entry


@dataclass(frozen=True, slots=True)
class Refused:
    """What is to be put away: which way it came, why (a stable code), in words, the fields, and the part as it came."""

    source: str
    reason: str
    message: str
    errors: list[dict[str, Any]]
    content: bytes

    @property
    def id(self) -> str:
        """The same content of the same source has one entry."""
        return hashlib.sha256(self.source.encode() + b"\n" + self.content).hexdigest()[:_DIGITS]


class Quarantine:
    """The quarantine of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, refused: Sequence[Refused]) -> list[str]:
        """Put away what could not be taken; the ids, in order. The same again is counted, with the newer reason.

        Texts are cut to MOST_CHARACTERS and bodies to MOST_BYTES; beyond MOST_ENTRIES the oldest entries go.
        """
        rows = {item.id: _row(item) for item in refused}

        def work(tx: ManagedTransaction) -> None:
            tx.run(_KEEP, rows=[rows[key] for key in sorted(rows)], now=now_micros()).consume()

        if rows:
            self._database.write(work)
            self._trim()
        return [item.id for item in refused]

    def find(
        self, *, source: str | None = None, reason: str | None = None, limit: int = 100, offset: int = 0
    ) -> tuple[list[Quarantined], int]:
        """The newest first, without content, and how many there are in all."""
        chosen = {"source": source, "reason": reason}
        rows = self._database.read_text(_LIST, chosen | {"limit": limit, "offset": offset})
        return [_entry(row) for row in rows], self._database.read_text(_COUNT, chosen)[0][0]

    def read(self, entry_id: str) -> Quarantined:
        """One entry with its content. Raises NotFoundError."""
        rows = self._database.read_text(_READ, {"id": entry_id}, from_leader=True)
        if not rows:
            raise NotFoundError("Nothing of that id is in the quarantine.", hint="`lineage quarantine list` shows it.")
        return _entry(rows[0])

    def drop(self, entry_ids: Sequence[str]) -> int:
        """Forget entries; how many there were."""

        def work(tx: ManagedTransaction) -> int:
            _lock(tx)
            return int(tx.run(_DROP, ids=list(entry_ids)).single(strict=True)[0])

        return self._database.write(work)[0]

    def _trim(self) -> None:
        """Delete the surplus and never more, however many do so at once.

        It is counted after the commit, so that the last one who adds sees all; only a surplus is worth the lock, and
        under the lock it is counted again, since another may have deleted it.
        """
        if self._database.read_text(_SURPLUS, {"most": MOST_ENTRIES}, from_leader=True)[0][0] <= 0:
            return

        def work(tx: ManagedTransaction) -> None:
            _lock(tx)
            surplus = tx.run(_SURPLUS, most=MOST_ENTRIES).single(strict=True)[0]
            if surplus > 0:
                tx.run(_TRIM, surplus=surplus).consume()

        self._database.write(work)


def _lock(tx: ManagedTransaction) -> None:
    """Have the entries deleted by one transaction at a time, of whichever process; adding waits for nobody."""
    tx.run(_LOCK, now=now_micros()).consume()


def shortened(errors: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first errors, each text in them cut to MOST_CHARACTERS: names of fields come from whoever sent them."""
    return [
        {key: value[:MOST_CHARACTERS] if isinstance(value, str) else value for key, value in item.items()}
        for item in errors[:_SHOWN]
    ]


def _row(item: Refused) -> dict[str, Any]:
    kept = item.content[:MOST_BYTES]
    return {
        "id": item.id,
        "source": item.source,
        "reason": item.reason,
        "message": item.message[:MOST_CHARACTERS],
        "errors": orjson.dumps(shortened(item.errors)).decode(),
        "content": zlib.compress(kept, 1),
        "bytes": len(item.content),
        "kept": len(kept),
    }


def _entry(row: tuple[Any, ...]) -> Quarantined:
    errors = orjson.loads(row[4]) if row[4] else []
    content = zlib.decompress(row[10]) if len(row) > 10 else None
    return Quarantined(row[0], row[1], row[2], row[3], errors, row[5], row[6], row[7], row[8], row[9], content)
