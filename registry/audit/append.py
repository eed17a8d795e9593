"""Entries of the ledger, appended within the transaction of what they record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from registry.audit.record import act_of
from registry.errors import LedgerForkedError, LedgerShrunkError, RegistryError
from registry.graph.database import Database
from registry.ledger.act import Act
from registry.ledger.appending import Appended, append_acts
from registry.ledger.frontier import Frontier

T = TypeVar("T")

EXPLAIN: Final = "Find out why, then: lineage audit explain-incident --reason TEXT"
"""What to do about an alarm."""

TAKE_HEAD: Final = """
MERGE (h:LedgerHead {id: 'head'})
ON CREATE SET h.size = 0, h.frontier = ''
SET h.turns = coalesce(h.turns, 0) + 1
WITH h
RETURN h.size, coalesce('alarm ' + h.alarm, h.frontier)
"""
"""Takes the lock of the head before reading it, so that appending has one order over all processes."""

STORE_ENTRIES: Final = """
MATCH (h:LedgerHead {id: 'head'})
SET h.size = $size, h.frontier = $frontier
WITH h
UNWIND $entries AS row
CREATE (e:LedgerEntry {sequence: row[0], content: row[1], time: row[2], action: row[3], subject: row[4]})
"""
"""Puts entries behind the head and moves it. What stands beside the content is there to find entries by."""


def alarm_of(code: str) -> RegistryError:
    """The alarm that a head has by its code."""
    error = LedgerShrunkError if code == LedgerShrunkError.code else LedgerForkedError
    return error(
        "The ledger shrank: an older database was put back. Nothing is written."
        if error is LedgerShrunkError
        else "The ledger was rewritten. Nothing is written.",
        hint=EXPLAIN,
    )


def read_frontier(size: int, stored: Any) -> Frontier:
    """The frontier as the head's node has it: hexadecimal text.

    Raises InvalidLedgerError where it does not fit the size, and the alarm where the head has one: nothing may be written
    until an operator has explained why the log shrank, or was rewritten.
    """
    if str(stored).startswith("alarm "):
        raise alarm_of(str(stored).removeprefix("alarm "))
    return Frontier.from_bytes(size, bytes.fromhex(stored))


def stored(appended: Appended, acts: Sequence[Act], now: int) -> dict[str, Any]:
    """The parameters of :data:`STORE_ENTRIES` for what came of these acts."""
    rows = zip(appended.entries, acts, strict=True)
    return {
        "size": appended.frontier.size,
        "frontier": appended.frontier.to_bytes().hex(),
        "entries": [[item.sequence, item.content, now, str(act.action), act.actor.subject] for item, act in rows],
    }


def append(tx: ManagedTransaction, acts: Sequence[Act], now: int) -> tuple[int, ...]:
    """Append acts at this time (microseconds) within any write transaction; their sequences, counted from 0.

    Call it last: who has the head keeps everybody else waiting, and must wait for nobody.
    """
    size, frontier = tx.run(TAKE_HEAD).single(strict=True)
    appended = append_acts(read_frontier(size, frontier), acts, now)
    tx.run(STORE_ENTRIES, stored(appended, acts, now)).consume()
    return tuple(item.sequence for item in appended.entries)


def record(database: Database, act: Act, *, also: Callable[[ManagedTransaction], T]) -> T:
    """Do something and record it, both or neither; what ``also`` returned.

    ``also`` may run again after a deadlock. Raises what it raises, DatabaseUnavailableError and InvalidLedgerError.
    """

    def work(tx: ManagedTransaction) -> T:
        done = also(tx)
        append(tx, (act,), now_micros())
        return done

    return database.write(work)[0]


def note(tx: ManagedTransaction, action: str, target: str, reason: str | None = None) -> None:
    """Record within a transaction what it has just done, for the cause of the context. Call it last."""
    append(tx, (act_of(action, target, reason=reason),), now_micros())
