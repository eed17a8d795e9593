"""Making the graph again, in an empty database, from the records that the journal kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from neo4j import ManagedTransaction

from registry.audit.journal import MEDIA_TYPE, place_of_rest, unpack_batch
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
RETURN collect([j.sequence, coalesce(j.content, j.rest), j.recorded_at, j.content IS NOT NULL])
"""
_THERE: Final = "OPTIONAL MATCH (n:Entity) RETURN count(n)"
_KEYS: Final = "MATCH (k:DataKey) RETURN collect(properties(k))"
_PUT_KEYS: Final = "UNWIND $rows AS row MERGE (k:DataKey {id: row.id}) SET k = row"
_STEP: Final = 200
_NAMES_A_PLACE: Final = b'"target":"journal:'


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
class Rebuilt:
    """What was made. ``partial``: transactions of which an erasure, or the end of a sandbox, left only a part."""

    transactions: int
    records: int
    partial: int


def read_journal(source: Database) -> Iterator[Kept]:
    """The journal of a database in its order, each part compared with the digest that the ledger has of it.

    What was erased or went with a sandbox is missing; of the rest, the entry that tells of it has the digest.

    Raises InvalidLedgerError where records are gone that no entry says are, or are not those of the ledger.
    """
    after, rests = -1, dict[int, str]()
    while True:
        ((rows,),) = source.read_text(_PAGE, {"after": after, "count": _STEP}, from_leader=True)
        if not rows:
            return
        for sequence, content, recorded, whole in rows:
            if content is None:
                raise InvalidLedgerError(f"The records of entry {sequence} are gone; the graph cannot be rebuilt.")
            kept = Kept(sequence, bytes(content), recorded, whole)
            if whole:
                _compare(source, kept)
            else:
                rests = rests or _rests(source)
                _compare_rest(kept, rests)
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
    done = records = partial = 0
    for kept in journal:
        batch = replace(unpack_batch(kept.content), permitted=True)  # whoever wrote it was asked then

        def work(tx: ManagedTransaction, batch: Batch = batch, recorded: int = kept.recorded_at) -> None:
            write_batch(
                tx, lambda _pipe, _turn: batch, RuleSet(), recorded, vault=vault, permits=permits, begun=lambda _: None
            )

        target.write(work)
        done, records, partial = done + 1, records + len(batch.records), partial + (not kept.whole)
        progress(done)
    return Rebuilt(done, records, partial)


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


def _compare_rest(kept: Kept, rests: Mapping[int, str]) -> None:
    if rests.get(kept.sequence) != content_digest(kept.content):
        raise InvalidLedgerError(
            f"What is left of the records at {kept.sequence} is not what an entry of the ledger says.",
            hint="If something is being erased just now, try again when that is done.",
            sequence=kept.sequence,
        )


def _rests(source: Database) -> dict[int, str]:
    """What entries say is left of places of the journal that records were taken out of: the last one of each holds."""
    log, found = StoredLog(source), dict[int, str]()
    for _, content in log.numbered(0, log.frontier().size):
        if _NAMES_A_PLACE in content:
            for change in parse_entry(content).act.changes:
                place = place_of_rest(change.target)
                if place is not None and change.after is not None:
                    found[place] = change.after.state
    return found
