"""Which key signs the log from which size on, by what the log itself says, beginning with a key that somebody trusts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import orjson

from registry.audit.stored_log import AdoptedKey
from registry.errors import InvalidKeyError, InvalidLedgerError
from registry.ledger.act import Action
from registry.ledger.keys import VerifierKey
from registry.ledger.note import SignedNote
from registry.ledger.statements import parse_rotation

_INCIDENT: Final = Action.EXPLAIN_INCIDENT.value
_MARKS: Final = (Action.ROTATE_KEY.value.encode(), Action.EXPLAIN_INCIDENT.value.encode())


def follow_keys(first: VerifierKey, entries: Iterable[tuple[int, bytes]]) -> tuple[AdoptedKey, ...]:
    """From the first key on, every key that a change of keys, or an incident, brought.

    Raises InvalidLedgerError where a change of keys is not signed by both, or does not retire the key that was valid.
    """
    keys = [AdoptedKey(first, 0)]
    for sequence, action, origin, statement in _statements(entries):
        if action == Action.ROTATE_KEY:
            rotation = parse_rotation(statement, origin)
            if rotation.retired != keys[-1].key:
                raise InvalidLedgerError(f"Entry {sequence} retires a key that was not the log's.", sequence=sequence)
            keys.append(AdoptedKey(rotation.adopted, sequence + 1))
        else:
            adopted = adopted_by_incident(statement)
            if adopted is not None:
                keys.append(AdoptedKey(adopted, sequence + 1))
    return tuple(keys)


def statements_of_keys(entries: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Those of the entries that may tell of a key, which are few."""
    return (item for item in entries if any(mark in item[1] for mark in _MARKS))


def vouched_for(
    first: VerifierKey, entries: Iterable[tuple[int, bytes]], accepted: Collection[VerifierKey]
) -> tuple[VerifierKey, ...]:
    """The first key, and those that a key of these, or one of the ``accepted``, handed the log over to, with its signature.

    A key that took over from a lost one vouches for itself alone, and so it takes somebody who accepts it. Raises
    InvalidLedgerError as :func:`follow_keys`.
    """
    taken = list(entries)
    keys = [item.key for item in follow_keys(first, taken)]
    alone = {adopted_by_incident(statement) for _, action, _, statement in _statements(taken) if action == _INCIDENT}
    found = list[VerifierKey]()
    good = True
    for key in keys:
        good = key in accepted or (good and key not in alone) or key == first
        if good:
            found.append(key)
    return tuple(found)


def adopted_by_incident(statement: str) -> VerifierKey | None:
    """The key that took over from a lost one, by the statement of an incident; None where none did.

    Nobody but the new key vouches for that: a reviewer has to be told of it another way.
    """
    for line in SignedNote.parse(statement).text.split("\n"):
        if line.startswith("adopt "):
            try:
                return VerifierKey.parse(line.removeprefix("adopt "))
            except InvalidKeyError:
                raise InvalidLedgerError("The key that an incident brought is not in its form.") from None
    return None


def _statements(entries: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, str, str, str]]:
    for sequence, content in entries:
        if any(mark in content for mark in _MARKS):
            document = orjson.loads(content)
            if document["action"].encode() in _MARKS and document.get("statement"):
                yield sequence, document["action"], document["target"], document["statement"]
