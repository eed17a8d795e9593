"""What a graph is made again from: the records that the journal kept, and what the log says was done to what they made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from registry.audit.digests import is_personal
from registry.audit.entry_time import time_of
from registry.audit.incident import parse_incident
from registry.audit.journal import MEDIA_TYPE, place_of_rest
from registry.audit.stored_log import StoredLog
from registry.errors import InvalidLedgerError
from registry.graph.database import Database
from registry.ledger.act import Act, Action
from registry.ledger.content import content_digest
from registry.ledger.entry import parse_entry

ERASE: Final = "records.erase"
ROTATE: Final = "key.rotate"
SEALED_ANEW: Final = "entities"
"""What an entry of values that were sealed anew is about."""

_PAGE: Final = """
MATCH (j:JournalEntry) WHERE j.sequence > $after
WITH j ORDER BY j.sequence LIMIT $count
RETURN collect([j.sequence, coalesce(j.content, j.rest), j.recorded_at, j.content IS NOT NULL])
"""
_STEP: Final = 200
_SINCE: Final = re.compile(r"@\d+$")
"""Ends what a past state is called."""
_PLACE: Final = b'"target":"journal:'
_MARKS: Final = tuple(f'"action":"{name}"'.encode() for name in (ERASE, ROTATE))
_RARE: Final = (_PLACE, *(f'"action":"{name}"'.encode() for name in (ERASE, Action.GENESIS, Action.EXPLAIN_INCIDENT)))


@dataclass(frozen=True, slots=True)
class Kept:
    """The records of one transaction, as the journal kept them; ``recorded_at`` in microseconds.

    ``whole``: nothing was taken out of it by an erasure, or with a sandbox.
    """

    sequence: int
    content: bytes
    recorded_at: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Erased:
    """Something that is no person was erased down to its name, at that time."""

    sequence: int
    urn: str
    recorded_at: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class SealedAnew:
    """What the ledger calls the things whose sensitive values were sealed anew, some of which were in plain text."""

    sequence: int
    targets: tuple[str, ...]
    recorded_at: int


Step = Kept | Erased | SealedAnew


@dataclass(slots=True)
class Past:
    """What the log says that is needed to read a journal: what is left of places, and what no journal tells of."""

    rests: dict[int, str] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    lost: range = range(0)
    incidents: int = 0
    began: int = 0
    """When the first entry was recorded, in microseconds."""
    older: int = 0
    """Entities that the log began with, and whose records nobody kept."""


def read_past(source: Database) -> Past:
    """Go through the log of a database once. Raises InvalidLedgerError where an entry is none."""
    log, past = StoredLog(source), Past()
    for sequence, content in log.numbered(0, log.frontier().size):
        if sequence == 0:
            past.began = time_of(content)
        if any(mark in content for mark in _RARE):
            _learn(past, parse_entry(content).act)
    return past


def _learn(past: Past, act: Act) -> None:
    if act.action == ERASE:
        past.erased.add(act.target)
    elif act.action == Action.GENESIS and act.statement:
        past.older = int(act.statement.split("\n")[3].split(" ")[0])
    elif act.action == Action.EXPLAIN_INCIDENT and act.statement:
        told = parse_incident(act.statement)
        past.incidents += 1
        past.lost = range(told.kept, told.signed)
    for change in act.changes:
        place = place_of_rest(change.target)
        if place is not None and change.after is not None:
            past.rests[place] = change.after.state


def read_journal(source: Database, past: Past | None = None) -> Iterator[Step]:
    """The journal of a database in its order, with what was done in between to what it made.

    Each part is compared with the digest that the ledger has of it. What was erased or went with a sandbox is missing; of
    the rest, the entry that tells of it has the digest. Raises InvalidLedgerError where records are gone that no entry says
    are, or are not those of the ledger.
    """
    log, past = StoredLog(source), past or read_past(source)
    size, at, after = log.frontier().size, 0, -1
    while True:
        ((rows,),) = source.read_text(_PAGE, {"after": after, "count": _STEP}, from_leader=True)
        end = size if len(rows) < _STEP else rows[-1][0] + 1
        yield from _steps(rows, log.numbered(at, end), past)
        if len(rows) < _STEP:
            return
        at, after = end, rows[-1][0]


def _steps(rows: Iterable[Any], entries: Iterable[tuple[int, bytes]], past: Past) -> Iterator[Step]:
    kept = {row[0]: row for row in rows}
    for sequence, content in entries:
        row = kept.pop(sequence, None)
        if row is not None:
            yield _kept(row, content, past)
        elif sequence not in past.lost and any(mark in content for mark in _MARKS):
            yield from _done(sequence, content)
    if kept:
        raise _other(min(kept))


def _done(sequence: int, content: bytes) -> Iterator[Step]:
    act = parse_entry(content).act
    if act.action == ERASE and act.target.startswith("urn:") and not _names_person(act.target):
        yield Erased(sequence, act.target, time_of(content), act.reason)
    elif act.action == ROTATE and act.target == SEALED_ANEW:
        targets = dict.fromkeys(_SINCE.sub("", change.target) for change in act.changes)
        yield SealedAnew(sequence, tuple(targets), time_of(content))


def _names_person(urn: str) -> bool:
    return is_personal(urn.split(":")[2])


def _kept(row: Any, entry: bytes, past: Past) -> Kept:
    """The records of a place, where they are those of the entry there, and recorded when it says."""
    sequence, content, recorded, whole = row
    if content is None:
        raise InvalidLedgerError(f"The records of entry {sequence} are gone; the graph cannot be rebuilt.")
    kept, payload = Kept(sequence, bytes(content), recorded, whole), parse_entry(entry).act.payload
    if payload is None or payload.media_type != MEDIA_TYPE or recorded != time_of(entry):
        raise _other(sequence)
    if not whole and past.rests.get(sequence) != content_digest(kept.content):
        raise InvalidLedgerError(
            f"What is left of the records at {sequence} is not what an entry of the ledger says.",
            hint="If something is being erased just now, try again when that is done.",
            sequence=sequence,
        )
    if whole and (payload.digest != content_digest(kept.content) or sequence in past.rests):
        raise _other(sequence)
    return kept


def _other(sequence: int) -> InvalidLedgerError:
    return InvalidLedgerError(
        f"The records at {sequence} are not those that the ledger has the digest of.", sequence=sequence
    )
