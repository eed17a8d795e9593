"""Erasure: what a law or a policy wants gone goes, and the log, which never held it, still proves that it was there.

Destroying a key makes what it sealed unreadable for ever, also in backups and in the journal. Erasing an entity takes away
what is recorded of it: its state and the ones before, its salt (without which no digest in the log can be compared with a
guess), its key, and its records in the journal. Of a person nothing is left; any other thing keeps its name and its edges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from neo4j import ManagedTransaction

from graph_schema.catalogue import KINDS
from graph_schema.times import OPEN, now_micros
from registry.audit.access_records import watched
from registry.audit.append import append
from registry.audit.digests import entity_digests, is_personal
from registry.audit.journal import pack_batch, rest_change, unpack_batch
from registry.audit.record import act_of
from registry.audit.stored_graph import StoredEntity, digested, stored_entity
from registry.errors import InvalidRequestError, NotFoundError
from registry.graph.database import Database
from registry.ledger.act import Change
from registry.ledger.appending import split_act
from registry.ledger.content import new_salt
from registry.lineage.question import read_urn
from registry.permission.scope import SEPARATOR
from registry.records import ERASED, Batch, EntityRecord, EventContent, Record
from registry.secrecy import erasure_statements as statements
from registry.secrecy.data_keys import AT_REST
from registry.secrecy.neighbours import salt_anew
from registry.secrecy.rotation_statements import LOCK
from registry.writer.entities import identity_of
from registry.writer.pipe import Pipe
from registry.writer.scopes import compute_scopes

DESTROY: Final = "key.destroy"
ERASE: Final = "records.erase"
_PAGE: Final = 500
_LABEL: Final = "sensitivity"
_LEFT: Final = ("scope", _LABEL)


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did. ``target`` is what the ledger calls the entity."""

    target: str
    states: int
    edges: int
    keys: int
    journal_entries: int
    sequence: int

    def as_json(self) -> dict[str, Any]:
        """The outcome as it stands in an answer."""
        return {
            "target": self.target, "states": self.states, "edges": self.edges, "keys": self.keys,
            "journal_entries": self.journal_entries, "sequence": self.sequence,
        }  # fmt: skip


def destroy_keys(database: Database, slot: str, reason: str) -> tuple[list[str], int]:
    """Destroy every key that ever sealed for a slot; their ids, and the sequence of the entry.

    What they sealed stays where it is, and nobody reads it again. Raises NotFoundError where there is none, and
    InvalidRequestError for the slot of what is kept beside the graph.
    """
    if slot == AT_REST:
        raise InvalidRequestError(
            "This key seals what is kept beside the graph, and what events are recognized by.",
            hint="It is replaced by `lineage key rotate`; old events go after LINEAGE_OPENLINEAGE_EVENT_DAYS.",
        )

    def work(tx: ManagedTransaction) -> tuple[list[str], int]:
        tx.run(LOCK).consume()
        ids, changes = destroy_within(tx, slot)
        if not ids:
            raise NotFoundError("There is no key of that slot.", hint="`lineage key list` shows them.")
        target = "data-key:" + ids[0] if len(ids) == 1 else "data-keys:" + ",".join(ids)[:1900]
        return ids, append(tx, list(split_act(act_of(DESTROY, target, reason=reason), changes)), now_micros())[0]

    return database.write(work)[0]


def erase(database: Database, urn: str, reason: str) -> Erased:
    """Erase an entity. The reason stands in the log for ever: it must name nobody.

    Raises InvalidUrnError, and NotFoundError where nothing is recorded under that name.
    """
    kind = read_urn(urn).kind
    places, last = _in_journal(database, urn)

    def work(tx: ManagedTransaction) -> Erased:
        tx.run(LOCK).consume()
        row = tx.run(statements.READ, urn=urn).single()
        if row is None:
            raise NotFoundError("Nothing is recorded under that name.")
        item = stored_entity(row[0])
        now = now_micros()
        changes, edges = take_away(tx, item, now)
        keys, destroyed = destroy_within(tx, f"entity {urn}") if KINDS[kind].personal else ([], [])
        journal = _erase_journal(tx, urn, [*places, *_later(tx, urn, last)], personal=KINDS[kind].personal)
        tx.run(statements.FORGET, urn=urn).consume()
        acts = list(split_act(act_of(ERASE, item.target, reason=reason), [*changes, *destroyed, *journal]))
        sequences = append(tx, acts, now)
        return Erased(item.target, len(item.states) + 1, edges, len(keys), len(journal), sequences[0])

    return database.write(work)[0]


def take_away(tx: ManagedTransaction, item: StoredEntity, now: int) -> tuple[list[Change], int]:
    """Take the states away, and the node or all but its name, within a transaction that tells of it at this time.

    What the ledger says of it, and how many edges went.
    """
    before = dict(digested(item)) if item.salt is not None else {}
    neighbours = [stored_entity(row) for row in tx.run(statements.READ_DOWNSTREAM, urn=item.urn).single(strict=True)[0]]
    if is_personal(str(item.properties["kind"])):
        edges = int(tx.run(statements.REMOVE, urn=item.urn).single(strict=True)[0])
        _leave_scopes(tx, item.urn, [neighbour.urn for neighbour in neighbours])
        changes = [Change(name, digests, None) for name, digests in before.items()]
        return [*changes, *salt_anew(tx, item.urn, neighbours)], edges
    bare = _bare(item, now)
    tx.run(statements.STRIP, urn=item.urn, properties=bare).consume()
    after = entity_digests(bare, item.edges, bare["salt"])
    changes = [Change(name, digests, after if name == item.target else None) for name, digests in before.items()]
    return changes or [Change(item.target, None, after)], 0


def _leave_scopes(tx: ManagedTransaction, urn: str, owned: list[str]) -> None:
    """Take a person out of what decides about what it owned."""
    pipe = Pipe(tx)
    compute_scopes(pipe, [name for name in owned if name != urn])
    pipe.write(statements.FORGET_SCOPES, urn=urn, separator=SEPARATOR)
    pipe.flush()


def _bare(item: StoredEntity, now: int) -> dict[str, Any]:
    """What is left of an entity that is no person: a name that edges lead to, with a salt that proves nothing of before.

    Its label stays too: it keeps the name from those who may not know of it.
    """
    kept = {name: item.properties[name] for name in _LEFT if name in item.properties}
    return identity_of(item.urn) | kept | {
        "placeholder": True, "true_from": 0, "true_to": OPEN, "recorded_from": now, "recorded_to": OPEN, "salt": new_salt(),
    }  # fmt: skip


def destroy_within(tx: ManagedTransaction, slot: str) -> tuple[list[str], list[Change]]:
    """Destroy the keys of a slot within a transaction that tells of it; their ids, and what the ledger says of them."""
    found: list[str] = tx.run(statements.KEYS_OF, slot=slot).single(strict=True)[0]
    if not found:
        return [], []

    def destroy(tx: ManagedTransaction) -> None:
        tx.run(statements.DESTROY, slot=slot, now=now_micros()).consume()

    return sorted(found), watched(tx, "DataKey", found, destroy)[1]


# -- the journal


def _in_journal(database: Database, urn: str) -> tuple[list[int], int]:
    """The places of the journal that have records of an entity, and the last one that was looked at."""
    found: list[int] = []
    last = -1
    while rows := database.read_text(statements.JOURNAL, {"after": last, "count": _PAGE}, from_leader=True):
        found += [sequence for sequence, content in rows if _names(content, urn)]
        last = rows[-1][0]
    return found, last


def _later(tx: ManagedTransaction, urn: str, last: int) -> list[int]:
    rows = list(tx.run(statements.JOURNAL, after=last, count=2**31))
    return [sequence for sequence, content in rows if _names(content, urn)]


def _names(content: bytes | None, urn: str) -> bool:
    return content is not None and any(
        _is_about(record, urn, edges=True) for record in unpack_batch(bytes(content)).records
    )


def _is_about(record: Record, urn: str, *, edges: bool) -> bool:
    if isinstance(record, EntityRecord):
        return record.urn == urn
    return edges and urn in (record.downstream, record.upstream)


def _erase_journal(tx: ManagedTransaction, urn: str, places: list[int], *, personal: bool) -> list[Change]:
    """Take the records out of the journal; what the log says of that.

    What is left of an entry is kept aside, as its digest is not the one that the log has of the whole. Of what is no person
    it stays that it was spoken of, as its name does, and with the name what follows from it.
    """
    changes = []
    for sequence, content in list(tx.run(statements.JOURNAL_AT, places=places)):
        batch = unpack_batch(bytes(content))
        kept = [
            record if not _is_about(record, urn, edges=personal) else _named(record)
            for record in batch.records
            if not personal or not _is_about(record, urn, edges=True)
        ]
        if kept == batch.records:
            continue
        gone = batch.events.keys() & {
            record.source.stamp.event_id for record in batch.records if _is_about(record, urn, edges=personal)
        }
        rest = pack_batch(replace(batch, records=kept, events=_without_digests(batch, gone)))
        tx.run(statements.FORGET_DIGESTS, ids=sorted(gone), erased=ERASED).consume()
        tx.run(statements.LEAVE_REST, sequence=sequence, rest=rest).consume()
        changes.append(rest_change(sequence, bytes(content), rest))
    return changes


def _named(record: Record) -> Record:
    """What is left of a record: that it was of that name and sort, and its label."""
    label = {name: value for name, value in record.attributes.items() if name == _LABEL}
    if isinstance(record, EntityRecord):
        return replace(record, attributes=label, true_from=None, true_to=None, reason=None)
    return record


def _without_digests(batch: Batch, events: set[str]) -> dict[str, EventContent]:
    """The events of a batch; those named without the digest of all they said, which guesses could be compared with."""
    return {name: replace(event, digest=ERASED) if name in events else event for name, event in batch.events.items()}
