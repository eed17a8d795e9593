"""The data keys as they lie in the database: wrapped, one in force in each slot, with how many messages each sealed.

A slot is a namespace, a person (so that one can be erased alone), or what is kept beside the graph. The ledger has a digest
of each key as it is stored, but for the count; of a destroyed one nothing is left in it that says whose it was.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from graph_schema.catalogue import KINDS
from registry.audit.access_records import access_record
from registry.ledger.act import Change, EntityDigests
from registry.secrecy.envelope import Material
from registry.secrecy.key_encryption import KeyEncryptionKeys

MOST_MESSAGES: Final = 2**32
"""With random nonces of 96 bits, no key may seal more (NIST SP 800-38D)."""
AT_REST: Final = "registry"
"""The slot of what is kept whole beside the graph: events as they came, the quarantine."""

_LABEL: Final = "DataKey"

TAKE: Final = """
UNWIND $wanted AS row
MERGE (k:DataKey {slot: row.slot})
ON CREATE SET k.id = row.id, k.wrapped = row.wrapped, k.wrapping = row.wrapping, k.state = 'active', k.made_at = $now,
  k.messages = 0
SET k.messages = k.messages + row.messages
RETURN collect([k.slot, k.id, k.wrapped, k.wrapping, k.messages])
"""
"""The key in force of each slot, made where there is none, with its messages counted. Takes the lock of each."""

KEEP: Final = """
UNWIND $rows AS row
MATCH (k:DataKey {id: row.id})
SET k.wrapped = row.wrapped, k.wrapping = row.wrapping
RETURN count(k)
"""
"""What keys are wrapped as that :data:`TAKE` has made in the same transaction."""

RETIRE: Final = """
UNWIND $ids AS id
MATCH (k:DataKey {id: id, state: 'active'})
SET k.state = 'retired', k.retired_at = $now, k.of = k.slot
REMOVE k.slot
RETURN collect(k.id)
"""

FIND: Final = """
MATCH (k:DataKey) WHERE k.id IN $ids AND k.wrapped IS NOT NULL
RETURN k.id, k.wrapped, k.wrapping
"""

FIND_KEPT: Final = """
MATCH (k:DataKey) WHERE k.id IN $ids AND k.wrapped IS NOT NULL
RETURN collect([k.id, k.wrapped, k.wrapping])
"""

RECORDS: Final = "MATCH (k:DataKey) WHERE k.id IN $ids RETURN collect(properties(k))"

LISTED: Final = """
MATCH (k:DataKey)
WITH k, coalesce(k.slot, k.of) AS slot
WHERE $slot IS NULL OR slot = $slot
WITH k, slot ORDER BY slot STARTS WITH 'entity', slot, k.made_at, k.id LIMIT $most
RETURN k.id, slot, k.state, k.wrapping, k.messages, k.made_at, k.retired_at, k.destroyed_at
"""

COUNTED: Final = "MATCH (k:DataKey) RETURN k.state, count(*) ORDER BY k.state"


class KeyState(StrEnum):
    """How far a data key is in its life."""

    ACTIVE = "active"  # seals and opens
    RETIRED = "retired"  # still opens
    DESTROYED = "destroyed"  # opens nothing ever again


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key that may seal: its id and its secrets."""

    id: str
    material: Material


class Asks(Protocol):
    """The part of a transaction of the writer that is needed here."""

    def ask(self, text: str, **parameters: Any) -> Any:
        """The one value that a question returns, which knows everything written so far."""

    def changed(self, change: Change) -> None:
        """Note what the ledger has to be told of beside the graph."""


def slot_of(kind: str, namespace: str, urn: str) -> str:
    """The slot whose key seals the values of an entity."""
    return f"entity {urn}" if KINDS[kind].personal else f"namespace {namespace}"


def take(
    pipe: Asks, keys: KeyEncryptionKeys, messages: Mapping[str, int], now: int, most: int = MOST_MESSAGES
) -> dict[str, DataKey]:
    """The keys in force of slots that are to seal so many messages each, within a write transaction.

    Where that is more than one key may seal, a new one takes its place. The transaction tells the ledger of what it made.
    """
    found = _ask(pipe, keys, messages, now, {})
    worn = {slot: key for slot, (key, count) in found.items() if count > most}
    if worn:
        _retire(pipe, sorted(key.id for key in worn.values()), now)
        found |= _ask(pipe, keys, {slot: messages[slot] for slot in worn}, now, worn)
    return {slot: key for slot, (key, _) in found.items()}


def _retire(pipe: Asks, ids: list[str], now: int) -> None:
    before = _records(pipe, ids)
    pipe.ask(RETIRE, ids=ids, now=now)
    for target, after in _records(pipe, ids).items():
        pipe.changed(Change(target, before.get(target), after))


def _records(pipe: Asks, ids: list[str]) -> dict[str, EntityDigests]:
    return dict(access_record(_LABEL, properties) for properties in pipe.ask(RECORDS, ids=ids))


def _ask(
    pipe: Asks, keys: KeyEncryptionKeys, messages: Mapping[str, int], now: int, before: Mapping[str, DataKey]
) -> dict[str, tuple[DataKey, int]]:
    made = {slot: fresh(before[slot].material if slot in before else None) for slot in messages}
    wanted = [{"slot": slot, "id": made[slot].id, "messages": count} for slot, count in sorted(messages.items())]
    rows = [tuple(row) for row in pipe.ask(TAKE, wanted=wanted, now=now)]
    new = {slot: made[slot] for slot, key_id, *_ in rows if key_id == made[slot].id}
    if new:
        _keep(pipe, fresh_rows(new, keys), now)
    opened = unwrapped(((row[1], row[2], row[3]) for row in rows if row[0] not in new), keys)
    return {slot: (new.get(slot) or DataKey(key_id, opened[key_id]), count) for slot, key_id, _, _, count in rows}


def _keep(pipe: Asks, rows: list[dict[str, Any]], now: int) -> None:
    """Give keys that were just made what they are wrapped as: only those are wrapped, since a service may do it."""
    pipe.ask(KEEP, rows=rows)
    for row in rows:
        target, digests = access_record(_LABEL, {**row, "state": KeyState.ACTIVE.value, "made_at": now})
        pipe.changed(Change(target, None, digests))


def fresh(before: Material | None = None) -> DataKey:
    """A new key; its index is that of the one before it, so that values that were sealed are recognized."""
    return DataKey(secrets.token_hex(8), Material.fresh(before))


def fresh_rows(made: Mapping[str, DataKey], keys: KeyEncryptionKeys) -> list[dict[str, Any]]:
    """New keys, by slot, as they are stored."""
    wrapping, wrapped = keys.current.wrap_all({key.id: key.material for key in made.values()})
    return [
        {"slot": slot, "id": key.id, "wrapped": wrapped[key.id], "wrapping": wrapping} for slot, key in made.items()
    ]


def unwrapped(rows: Iterable[tuple[str, bytes, str]], keys: KeyEncryptionKeys) -> dict[str, Material]:
    """The secrets of keys by id, of rows of :data:`FIND`."""
    return keys.unwrap_all((key_id, wrapped, wrapping) for key_id, wrapped, wrapping in rows)
