"""Making the graph again, in an empty database, from the records that the journal kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from neo4j import ManagedTransaction

from registry.audit.journal import MEDIA_TYPE, unpack_batch
from registry.audit.stored_log import StoredLog
from registry.errors import InvalidLedgerError, InvalidRequestError
from registry.graph.database import Database
from registry.ledger.act import Action
from registry.ledger.content import content_digest
from registry.ledger.entry import parse_entry
from registry.permission.standing import NoGrants
from registry.records import Batch
from registry.secrecy.vault import Vault
from registry.settings import Settings
from registry.validation.content import RuleSet
from registry.writer.permits import Permits
from registry.writer.transaction import write_batch

_COUNT: Final = "MATCH (j:JournalEntry) RETURN count(j)"
_PAGE: Final = """
MATCH (j:JournalEntry) WHERE j.sequence > $after
WITH j ORDER BY j.sequence LIMIT $count
RETURN collect([
  j.sequence, coalesce(j.content, CASE WHEN j.without = 'sandbox' THEN j.rest END), j.recorded_at, j.content IS NOT NULL
])
"""
_THERE: Final = "OPTIONAL MATCH (n:Entity) RETURN count(n)"
_KEYS: Final = "MATCH (k:DataKey) RETURN collect(properties(k))"
_PUT_KEYS: Final = "UNWIND $rows AS row MERGE (k:DataKey {id: row.id}) SET k = row"
_STEP: Final = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """The records of one transaction, as the journal kept them; ``recorded_at`` in microseconds."""

    sequence: int
    content: bytes
    recorded_at: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made."""

    transactions: int
    records: int


def read_journal(source: Database) -> Iterator[Kept]:
    """The journal of a database in its order, each part compared with the digest that the ledger has of it.

    Of a transaction that wrote in a sandbox which was removed only the rest is there, which has no digest of its own: the
    digest of the graph that is made tells whether it is right.

    Raises InvalidLedgerError where records were erased or are not those of the ledger.
    """
    after = -1
    while True:
        ((rows,),) = source.read_text(_PAGE, {"after": after, "count": _STEP}, from_leader=True)
        if not rows:
            return
        for sequence, content, recorded, whole in rows:
            if content is None:
                raise InvalidLedgerError(f"The records of entry {sequence} were erased; the graph cannot be rebuilt.")
            kept = Kept(sequence, bytes(content), recorded)
            if whole:
                _compare(source, kept)
            yield kept
        after = rows[-1][0]


def count_journal(source: Database) -> int:
    """How many transactions the journal has."""
    return int(source.read_text(_COUNT, from_leader=True)[0][0])


def rebuild(journal: Iterable[Kept], target: Database, settings: Settings, progress: Callable[[int], None]) -> Rebuilt:
    """Write a journal into a database that is migrated and empty, each transaction as at its time.

    Raises InvalidRequestError where the target is not empty, and what reading the journal raises.
    """
    if target.read_text(_THERE, from_leader=True)[0][0]:
        raise InvalidRequestError("The database to rebuild into is not empty.", hint="Name an empty one.")
    vault, permits = Vault(settings), Permits(NoGrants())
    done = records = 0
    for kept in journal:
        batch = replace(unpack_batch(kept.content), permitted=True)  # whoever wrote it was asked then

        def work(tx: ManagedTransaction, batch: Batch = batch, recorded: int = kept.recorded_at) -> None:
            write_batch(
                tx, lambda _pipe, _turn: batch, RuleSet(), recorded, vault=vault, permits=permits, begun=lambda _: None
            )

        target.write(work)
        done, records = done + 1, records + len(batch.records)
        progress(done)
    return Rebuilt(done, records)


def copy_keys(source: Database, target: Database) -> None:
    """Copy the wrapped keys of sensitive values, without which their envelopes could not be opened."""
    ((rows,),) = source.read_text(_KEYS, from_leader=True)
    if rows:
        target.write(lambda tx: tx.run(_PUT_KEYS, rows=rows).consume())


def older_than_the_ledger(source: Database) -> int:
    """How many entities a log began with, whose records nobody kept."""
    for content in StoredLog(source).entries(0, 1):
        act = parse_entry(content).act
        if act.action == Action.GENESIS and act.statement:
            return int(act.statement.split("\n")[3].split(" ")[0])
    return 0


def _compare(source: Database, kept: Kept) -> None:
    """The records are those of the entry at their place."""
    found = StoredLog(source).entries(kept.sequence, kept.sequence + 1)
    payload = parse_entry(found[0]).act.payload if found else None
    if payload is None or payload.media_type != MEDIA_TYPE or payload.digest != content_digest(kept.content):
        raise InvalidLedgerError(
            f"The records at {kept.sequence} are not those that the ledger has the digest of.", sequence=kept.sequence
        )
