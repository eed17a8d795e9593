"""What the log says of every entity, in a file of its own while it is verified: memory stays the same for any log."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from registry.audit.access_records import is_access
from registry.audit.event_facts import event_of
from registry.ledger.act import EntityDigests

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -65536;
CREATE TABLE known (target TEXT PRIMARY KEY, state TEXT, edges TEXT, sequence INTEGER, seen INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE payload (sequence INTEGER PRIMARY KEY, digest TEXT, recorded_at INTEGER, seen INTEGER DEFAULT 0);
CREATE TABLE access (target TEXT PRIMARY KEY, state TEXT, edges TEXT, sequence INTEGER, seen INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE rest (sequence INTEGER, digest TEXT, told INTEGER, PRIMARY KEY (sequence, digest)) WITHOUT ROWID;
CREATE TABLE event (id TEXT PRIMARY KEY, sequence INTEGER, facts TEXT, seen INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE erased (target TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_PUT: Final = "INSERT OR REPLACE INTO known (target, state, edges, sequence, seen) VALUES (?, ?, ?, ?, 0)"
_PUT_ACCESS: Final = "INSERT OR REPLACE INTO access (target, state, edges, sequence) VALUES (?, ?, ?, ?)"
_EXPECT_EVENT: Final = """
INSERT INTO event (id, sequence, facts) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
  sequence = CASE WHEN excluded.facts IS NULL THEN sequence ELSE excluded.sequence END, facts = coalesce(excluded.facts, facts)
"""
_LISTED_EVENT: Final = """
INSERT INTO event (id, sequence, facts) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET facts = excluded.facts
"""


@dataclass(frozen=True, slots=True)
class Payload:
    """The records of a transaction by the log: their digest, and when they were recorded (microseconds)."""

    digest: str
    recorded_at: int | None


@dataclass(frozen=True, slots=True)
class Last:
    """What the log said of something last, and where; no digests where it said that it is gone."""

    digests: EntityDigests | None
    sequence: int


class Known:
    """Digests by target, payloads by sequence, events. A context: the file goes with it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lineage-verify-")
        self._db = sqlite3.connect(
            str(Path(self._folder.name) / "known"), isolation_level=None, check_same_thread=False
        )
        self._db.executescript(_SCHEMA)
        self._recent: dict[str, list[EntityDigests]] | None = None
        self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def last(self, target: str) -> Last | None:
        """What the log said of it last; None where it never spoke of it."""
        row = self._db.execute("SELECT state, edges, sequence FROM known WHERE target = ?", (target,)).fetchone()
        return None if row is None else _last(row)

    def last_of(self, targets: Sequence[str]) -> dict[str, Last]:
        """What the log said last of each that it speaks of."""
        marks = ",".join("?" * len(targets))
        rows = self._db.execute(
            f"SELECT target, state, edges, sequence FROM known WHERE target IN ({marks})",  # noqa: S608 - marks alone
            tuple(targets),
        )
        return {row[0]: _last(row[1:]) for row in rows}

    def put(self, target: str, digests: EntityDigests | None, sequence: int) -> None:
        """Note what an entry says."""
        if self._recent is not None and digests is not None:
            self._recent.setdefault(target, []).append(digests)
        state, edges = (None, None) if digests is None else (digests.state, digests.edges)
        self._db.execute(_PUT, (target, state, edges, sequence))

    def remember_from_now_on(self) -> None:
        """Keep everything that entries say from now on, not only what they say last: see :meth:`said_lately`."""
        self._recent = {}

    def said_lately(self, target: str, digests: EntityDigests) -> bool:
        """Whether an entry said this since :meth:`remember_from_now_on`, though a later one may say otherwise."""
        return self._recent is not None and digests in self._recent.get(target, ())

    def put_all(self, items: Iterable[tuple[str, EntityDigests]], sequence: int, *, anew: bool) -> None:
        """Note what an inventory says, in the stead of everything before.

        Grants, tokens and sandboxes may be older than the beginning, and the log tells of them then: only where it goes on
        ``anew`` is what the inventory says of them more than that.
        """
        self._db.execute("DELETE FROM known")
        if anew:
            self._db.execute("DELETE FROM access")
        for target, one in items:
            event = event_of(target)
            if event is not None:
                self._db.execute(_LISTED_EVENT, (event, sequence, one.state))
                continue
            text = _PUT_ACCESS.replace("REPLACE", "IGNORE") if is_access(target) else _PUT
            self._db.execute(text, (target, one.state, one.edges, sequence))

    def put_access(self, target: str, digests: EntityDigests | None, sequence: int) -> None:
        """Note what an entry says of a grant, a token or a sandbox."""
        state, edges = (None, None) if digests is None else (digests.state, digests.edges)
        self._db.execute(_PUT_ACCESS, (target, state, edges, sequence))

    def access(self, target: str) -> Last | None:
        """What the log said last of a grant, a token or a sandbox."""
        row = self._db.execute("SELECT state, edges, sequence FROM access WHERE target = ?", (target,)).fetchone()
        return None if row is None else _last(row)

    def access_saw(self, target: str, turn: int) -> None:
        """It is stored, as was seen at this turn (counted from 1)."""
        self._db.execute("UPDATE access SET seen = ? WHERE target = ?", (turn, target))

    def access_unseen(self, turn: int) -> Iterator[tuple[str, int]]:
        """What the log says is there and this turn did not see, by target: target and entry."""
        asked = "SELECT target, sequence FROM access WHERE state IS NOT NULL AND seen <> ? ORDER BY target"
        for target, sequence in self._db.execute(asked, (turn,)):
            yield str(target), int(sequence)

    def saw(self, targets: Iterable[str]) -> None:
        """These are in the graph."""
        self._db.executemany("UPDATE known SET seen = 1 WHERE target = ?", ((target,) for target in targets))

    def unseen(self, after: str, most: int) -> list[tuple[str, int]]:
        """What the log says is there and nobody saw, behind a target in their order: target and entry."""
        return self._db.execute(
            "SELECT target, sequence FROM known WHERE target > ? AND seen = 0 AND state IS NOT NULL ORDER BY target LIMIT ?",
            (after, most),
        ).fetchall()

    def count(self) -> int:
        """How many targets the log says are there."""
        return int(self._db.execute("SELECT count(*) FROM known WHERE state IS NOT NULL").fetchone()[0])

    def erase(self, target: str) -> None:
        """An entry says that its content was erased."""
        self._db.execute("INSERT OR IGNORE INTO erased VALUES (?)", (target,))

    def is_erased(self, target: str) -> bool:
        """Whether an entry says so, and none says what was left of it, or what it became since."""
        asked = (
            "SELECT 1 FROM erased LEFT JOIN known ON known.target = erased.target "
            "WHERE erased.target = ? AND known.state IS NULL"
        )
        return self._db.execute(asked, (target,)).fetchone() is not None

    def expect_payload(self, sequence: int, digest: str, recorded_at: int | None) -> None:
        """The journal has this at that place, recorded at that time."""
        put = "INSERT OR REPLACE INTO payload (sequence, digest, recorded_at) VALUES (?, ?, ?)"
        self._db.execute(put, (sequence, digest, recorded_at))

    def payload(self, sequence: int) -> Payload | None:
        """What the journal has at a place, by the log; it is then no longer expected."""
        text = "UPDATE payload SET seen = 1 WHERE sequence = ? RETURNING digest, recorded_at"
        row = self._db.execute(text, (sequence,)).fetchone()
        return None if row is None else Payload(*row)

    def leave_rest(self, sequence: int, before: str, rest: str, told: int) -> bool:
        """An entry says that records were taken out of a place, and what is left; whether it began with what was there."""
        asked = "SELECT digest FROM payload WHERE sequence = ? UNION SELECT digest FROM rest WHERE sequence = ?"
        there = {digest for (digest,) in self._db.execute(asked, (sequence, sequence))}
        self._db.execute("INSERT OR REPLACE INTO rest VALUES (?, ?, ?)", (sequence, rest, told))
        return not there or before in there

    def rest(self, sequence: int) -> str | None:
        """The digest of what is left of a place of the journal; None where nothing was taken out of it."""
        asked = "SELECT digest FROM rest WHERE sequence = ? ORDER BY told DESC LIMIT 1"
        row = self._db.execute(asked, (sequence,)).fetchone()
        return None if row is None else str(row[0])

    def expected_payloads(self) -> Iterator[int]:
        """Places of the journal that nobody has shown."""
        for (sequence,) in self._db.execute("SELECT sequence FROM payload WHERE seen = 0 ORDER BY sequence"):
            yield int(sequence)

    def expect_event(self, name: str, sequence: int, facts: str | None = None) -> None:
        """There is an event of that name, told by that entry; ``facts`` are those of it that are known."""
        self._db.execute(_EXPECT_EVENT, (name, sequence, facts))

    def saw_events(self, events: Mapping[str, str]) -> tuple[list[str], list[str]]:
        """These are in the graph, with these facts: those that the log does not know, and those with other facts."""
        unknown, changed = list[str](), list[str]()
        for name, facts in events.items():
            row = self._db.execute("UPDATE event SET seen = 1 WHERE id = ? RETURNING facts", (name,)).fetchone()
            if row is None:
                unknown.append(name)
            elif row[0] not in (None, facts):
                changed.append(name)
        return unknown, changed

    def places_of(self, event: str) -> list[int]:
        """The entry that tells of an event."""
        rows = self._db.execute("SELECT sequence FROM event WHERE id = ? AND sequence IS NOT NULL", (event,))
        return [int(sequence) for (sequence,) in rows]

    def expected_events(self) -> Iterator[tuple[str, int]]:
        """Events that nobody saw, and their entries."""
        yield from self._db.execute("SELECT id, sequence FROM event WHERE seen = 0 ORDER BY sequence, id")


def _last(row: Sequence[object]) -> Last:
    state, edges, sequence = row
    digests = None if state is None else EntityDigests(str(state), str(edges))
    return Last(digests, int(str(sequence)))
