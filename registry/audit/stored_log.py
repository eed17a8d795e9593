"""What the database has of the log: the head with whose keys it is signed, and the entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from registry.audit.append import read_frontier
from registry.errors import InvalidLedgerError
from registry.graph.database import Database
from registry.ledger.frontier import Frontier
from registry.ledger.keys import VerifierKey

_HEAD: Final = """
OPTIONAL MATCH (h:LedgerHead {id: 'head'})
RETURN h.size, h.frontier, h.origin, h.verifiers, h.adopted, h.alarm, coalesce(h.explained, 0)
"""
_ENTRIES: Final = """
MATCH (e:LedgerEntry) WHERE e.sequence >= $first AND e.sequence < $end
WITH e ORDER BY e.sequence
RETURN collect(e.sequence), collect(e.content)
"""
_LISTED: Final = """
MATCH (e:LedgerEntry) WHERE e.sequence >= $first AND e.sequence < $end
RETURN collect([e.sequence, e.time, e.action, e.subject])
"""
_COUNT: Final = "MATCH (e:LedgerEntry) RETURN count(e)"
_SIZES: Final = """
OPTIONAL MATCH (h:LedgerHead {id: 'head'})
RETURN coalesce(h.size, 0), COUNT { (:LedgerEntry) }
"""
_BESIDE: Final = """
OPTIONAL MATCH (h:LedgerHead {id: 'head'})
WITH coalesce(h.size, 0) AS size
MATCH (e:LedgerEntry) WHERE e.sequence IS NULL OR NOT (0 <= e.sequence < size)
RETURN e.sequence LIMIT $most
"""
_STEP: Final = 4096


class Listed(NamedTuple):
    """What stands beside an entry in the database, to find it by."""

    time: int | None
    action: str | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class AdoptedKey:
    """A key of the log, and the size of the tree from which on it signs."""

    key: VerifierKey
    size: int


@dataclass(frozen=True, slots=True)
class StoredHead:
    """The log as it is committed. ``origin`` is None before it began; ``alarm`` is why nothing may be written, if so.

    ``explained``: how many incidents were explained, so that an alarm can be told from one that was answered meanwhile.
    """

    frontier: Frontier
    origin: str | None
    keys: tuple[AdoptedKey, ...]
    alarm: str | None
    explained: int = 0

    def key_for(self, size: int) -> VerifierKey | None:
        """The key that signs a tree of that size."""
        valid = [item.key for item in self.keys if item.size <= size]
        return valid[-1] if valid else None


class StoredLog:
    """Reads the log of one database, always from where it is written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> StoredHead:
        """The head. Raises InvalidLedgerError where somebody damaged it."""
        ((size, frontier, origin, verifiers, adopted, alarm, explained),) = self._database.read_text(
            _HEAD, from_leader=True
        )
        try:
            keys = tuple(
                AdoptedKey(VerifierKey.parse(text), int(since))
                for text, since in zip(verifiers or (), adopted or (), strict=True)
            )
            return StoredHead(read_frontier(size or 0, frontier or ""), origin, keys, alarm, int(explained))
        except (ValueError, TypeError) as error:
            raise InvalidLedgerError(f"The head of the ledger is damaged: {type(error).__name__}.") from None

    def frontier(self) -> Frontier:
        """The frontier of what is committed."""
        return self.head().frontier

    def entries(self, first: int, end: int) -> Sequence[bytes]:
        """The entries from ``first`` up to ``end``, up to the first that is missing."""
        found = list[bytes]()
        for sequence, content in self.numbered(first, end):
            if sequence != first + len(found):
                break
            found.append(content)
        return found

    def numbered(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """What is stored between two sequences, in order, whatever is missing."""
        for begin in range(first, end, _STEP):
            parameters = {"first": begin, "end": min(end, begin + _STEP)}
            ((sequences, contents),) = self._database.read_text(_ENTRIES, parameters, from_leader=True)
            for sequence, content in zip(sequences, contents, strict=True):
                yield sequence, bytes(content) if isinstance(content, bytes | bytearray) else str(content).encode()

    def listed(self, first: int, end: int) -> dict[int, Listed]:
        """What stands beside the entries between two sequences."""
        ((rows,),) = self._database.read_text(_LISTED, {"first": first, "end": end}, from_leader=True)
        return {sequence: Listed(*rest) for sequence, *rest in rows}

    def count(self) -> int:
        """How many entries are stored, in whatever place."""
        return int(self._database.read_text(_COUNT, from_leader=True)[0][0])

    def beside(self, most: int) -> list[Any]:
        """Sequences of stored entries that are not in the log by its head."""
        ((size, count),) = self._database.read_text(_SIZES, from_leader=True)
        if count <= size:
            return []
        return [item for (item,) in self._database.read_text(_BESIDE, {"most": most}, from_leader=True)]
