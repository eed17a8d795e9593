"""Appending to the log, without any storage: the state before and what is to be recorded in, what must be stored out.

For a transaction: read size and frontier under the lock that orders the writers, call :func:`append_acts`, store the
new size, the frontier (one hash a bit of the size) and the entries. Everything else, tiles and proofs, follows from the
entries and is made later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from registry.errors import InvalidLedgerError
from registry.ledger.act import MAX_CHANGES, MAX_OCCURRENCES, Act, Change
from registry.ledger.entry import MAX_ENTRY_SIZE, Entry
from registry.ledger.frontier import Frontier
from registry.ledger.merkle import leaf_hash

_CHANGE_SIZE: Final = 400
"""What a change takes at most, besides its target: four digests with their names."""


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry as it is stored: its place, its canonical bytes, the hash of its leaf."""

    sequence: int
    content: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Appended:
    """What must be stored together: the state of the log after, and the entries that led there from ``first`` on."""

    first: int
    frontier: Frontier
    entries: tuple[SealedEntry, ...]


def append_acts(frontier: Frontier, acts: Sequence[Act], time: int) -> Appended:
    """Give acts their place, in order, at this time (microseconds).

    The result depends on nothing else, so a retried transaction makes the same again. Raises InvalidLedgerError where an
    entry would be too long; nothing is appended then.
    """
    sealed = []
    for sequence, act in enumerate(acts, frontier.size):
        content = Entry(sequence, time, act).to_bytes()
        sealed.append(SealedEntry(sequence, content, leaf_hash(content)))
    return Appended(frontier.size, frontier.append(item.leaf for item in sealed), tuple(sealed))


def split_act(act: Act, changes: Iterable[Change]) -> Iterator[Act]:
    """The act with all of these changes, as few acts as they fit into, in order; the act itself where there are none.

    The acts differ in nothing but their changes; their event says that they belong together. Raises InvalidLedgerError
    where the act leaves no room for a change.
    """
    room = MAX_ENTRY_SIZE - len(Entry(MAX_OCCURRENCES, 0, replace(act, changes=())).to_bytes()) - len('"changes":[],')
    part, left = list[Change](), room
    for change in changes:
        size = _CHANGE_SIZE + 2 * len(change.target.encode())
        if size > room:
            raise InvalidLedgerError("The act is too long for a change to fit beside it.")
        if size > left or len(part) == MAX_CHANGES:
            yield replace(act, changes=tuple(part))
            part, left = [], room
        part.append(change)
        left -= size
    yield replace(act, changes=tuple(part))
