"""Making the graph again, in an empty database, from the records that the journal kept.

What was done since to what they made is done again at its place: an erasure leaves the bare name, and values that a change of
keys sealed are sealed. A digest of both graphs is then the same, whichever key seals what now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from neo4j import ManagedTransaction

from registry.audit.append import append
from registry.audit.digests import is_personal, target_of
from registry.audit.journal import unpack_batch
from registry.audit.journal_reading import (
    ERASE,
    ROTATE,
    SEALED_ANEW,
    Erased,
    Kept,
    SealedAnew,
    Step,
    read_journal,
    read_past,
)
from registry.audit.record import act_of
from registry.audit.stored_graph import read_some, stored_entity
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.ledger.appending import split_act
from registry.permission.standing import NoGrants
from registry.records import Batch
from registry.secrecy import erasure_statements
from registry.secrecy.erasure import take_away
from registry.secrecy.resealing import count_plain
from registry.secrecy.rotation import Rotation
from registry.secrecy.vault import Vault
from registry.settings import Settings
from registry.validation.content import RuleSet
from registry.writer.ledger import acts_beside
from registry.writer.permits import Permits
from registry.writer.pipe import Pipe
from registry.writer.transaction import write_batch

__all__ = ["Kept", "Rebuilt", "copy_keys", "count_journal", "names_of_persons", "read_journal", "read_past", "rebuild"]

_COUNT: Final = "MATCH (j:JournalEntry) RETURN count(j)"
_THERE: Final = "OPTIONAL MATCH (n:Entity) RETURN count(n)"
_KEYS: Final = "MATCH (k:DataKey) RETURN collect(properties(k))"
_PUT_KEYS: Final = "UNWIND $rows AS row MERGE (k:DataKey {id: row.id}) SET k = row"
_PERSONS: Final = """
MATCH (n:Entity) WHERE n.kind IN $kinds AND n.urn > $after
WITH n ORDER BY n.urn LIMIT $count
RETURN collect([n.urn, n.kind, n.salt])
"""
_STEP: Final = 2_000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made. ``partial``: transactions of which an erasure, or the end of a sandbox, left only a part."""

    transactions: int
    records: int
    partial: int


def count_journal(source: Database) -> int:
    """How many transactions the journal has."""
    return int(source.read_text(_COUNT, from_leader=True)[0][0])


def names_of_persons(source: Database, kinds: Iterable[str]) -> dict[str, str]:
    """The URNs of persons by what the ledger of a database calls them now."""
    found, after, wanted = dict[str, str](), "", sorted(filter(is_personal, kinds))
    while True:
        ((rows,),) = source.read_text(_PERSONS, {"kinds": wanted, "after": after, "count": _STEP}, from_leader=True)
        found |= {target_of(urn, kind, bytes(salt)): urn for urn, kind, salt in rows if salt}
        if len(rows) < _STEP:
            return found
        after = rows[-1][0]


def rebuild(
    journal: Iterable[Step],
    target: Database,
    settings: Settings,
    progress: Callable[[int], None],
    persons: Mapping[str, str] | None = None,
) -> Rebuilt:
    """Write a journal into a database that is migrated and empty, each transaction as at its time.

    ``persons`` are those of the journal's database by their names in its log. Raises InvalidRequestError where the target is
    not empty, and what reading the journal raises.
    """
    if target.read_text(_THERE, from_leader=True)[0][0]:
        raise InvalidRequestError("The database to rebuild into is not empty.", hint="Name an empty one.")
    work = _Rebuilding(target, Vault(settings), persons or {})
    done = records = partial = 0
    for step in journal:
        if isinstance(step, Erased):
            work.erase(step)
        elif isinstance(step, SealedAnew):
            work.seal(step)
        else:
            records += work.write(step)
            done, partial = done + 1, partial + (not step.whole)
            progress(done)
    return Rebuilt(done, records, partial)


class _Rebuilding:
    """Takes steps, each in a transaction that the other ledger has entries of."""

    def __init__(self, target: Database, vault: Vault, persons: Mapping[str, str]) -> None:
        self._target, self._vault, self._persons = target, vault, persons
        self._rotation, self._permits = Rotation(target, vault), Permits(NoGrants())

    def write(self, kept: Kept) -> int:
        batch = replace(unpack_batch(kept.content), permitted=True)  # whoever wrote it was asked then

        def work(tx: ManagedTransaction, batch: Batch = batch) -> None:
            write_batch(
                tx,
                lambda _pipe, _turn: batch,
                RuleSet(),
                kept.recorded_at,
                vault=self._vault,
                permits=self._permits,
                begun=lambda _: None,
            )

        self._target.write(work)
        return len(batch.records)

    def erase(self, step: Erased) -> None:
        def work(tx: ManagedTransaction) -> None:
            row = tx.run(erasure_statements.READ, urn=step.urn).single()
            if row is not None:
                changes, _ = take_away(tx, stored_entity(row[0]), step.recorded_at)
                tx.run(erasure_statements.FORGET, urn=step.urn).consume()
                act = act_of(ERASE, step.urn, reason=step.reason)
                append(tx, list(split_act(act, changes)), step.recorded_at)

        self._target.write(work)

    def seal(self, step: SealedAnew) -> None:
        """Seal what was written in plain text, and became sensitive since; envelopes say the same whichever key made them."""
        urns = sorted({self._persons.get(name, name) for name in step.targets})
        items = [item for item in read_some(self._target, urns) if self._is_plain(item.properties, *item.states)]
        if not items:
            return

        def work(tx: ManagedTransaction) -> None:
            pipe, changes = Pipe(tx), []
            for item in items:
                changes += self._rotation.reseal_entity(tx, pipe, item)[0]
            act = act_of(ROTATE, SEALED_ANEW, reason="as it was done before")
            append(tx, [*split_act(act, changes), *acts_beside(pipe)], step.recorded_at)

        self._target.write(work)

    def _is_plain(self, *nodes: dict[str, object]) -> bool:
        return any(count_plain(node, self._vault.fields) for node in nodes)


def copy_keys(source: Database, target: Database) -> None:
    """Copy the wrapped keys of sensitive values, without which their envelopes could not be opened."""
    ((rows,),) = source.read_text(_KEYS, from_leader=True)
    if rows:
        target.write(lambda tx: tx.run(_PUT_KEYS, rows=rows).consume())
