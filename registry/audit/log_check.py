"""Checks the log itself: what the database has of it against the folder, and both against the heads that were signed.

An entry is in three places: in the database, in the folder's bundles, and as a leaf in its tiles. Two that agree say which one
was changed; and the root over all of them must be the one that was signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from registry.audit.finding import Found, Problem, Tell
from registry.audit.stored_log import Listed, StoredLog
from registry.errors import InvalidLedgerError, LedgerStorageError
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.folder import STATE, LogFolder
from registry.ledger.frontier import Frontier
from registry.ledger.merkle import leaf_hash
from registry.ledger.tiles import TILE_WIDTH, TileAddress, split_tile

_INSERTED: Final = 1000


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry that is what the folder, the database or both say it is."""

    sequence: int
    content: bytes
    listed: Listed | None = None
    """What stands beside it in the database, where it is there."""


class LogCheck:
    """Goes through a log once, telling what is wrong; its ``frontier`` is that of what it has gone through."""

    def __init__(self, stored: StoredLog, folder: LogFolder, tell: Tell, *, committed: int) -> None:
        """``committed``: so many entries the database says it has."""
        self._stored, self._folder, self._tell, self._committed = stored, folder, tell, committed
        self.frontier = Frontier()
        self._damaged: set[str] = set()

    def entries(self, heads: Iterator[SignedCheckpoint], size: int) -> Iterator[Checked]:
        """The entries of a log of that size; each signed head is compared when its size is reached."""
        shown = self._folder_size()
        head = next(heads, None)
        good = 0
        for first in range(0, size, TILE_WIDTH):
            end = min(size, first + TILE_WIDTH)
            row = self._row(first, end, min(end, max(first, shown)))
            leaves = [leaf_hash(item.content) for item in row]
            if first < shown <= end:
                self._compare_folder(self.frontier.append(leaves[: shown - first]))
            at = first
            while head is not None and head.checkpoint.size <= end:
                self.frontier = self.frontier.append(leaves[at - first : head.checkpoint.size - first])
                at = head.checkpoint.size
                good = self._compare(head, good)
                head = next(heads, None)
            self.frontier = self.frontier.append(leaves[at - first :])
            yield from row
        if head is not None:
            self._tell(
                Found(
                    Problem.SHRUNK,
                    f"{head.checkpoint.size:,} entries were signed, and only {size:,} are there.",
                    sequence=size,
                )
            )

    def _compare(self, head: SignedCheckpoint, good: int) -> int:
        if self.frontier.size == head.checkpoint.size and self.frontier.root() == head.checkpoint.root:
            return head.checkpoint.size
        if self.frontier.size == head.checkpoint.size and "history" not in self._damaged:
            self._damaged.add("history")
            message = (
                f"The entries lead to another root than was signed at {head.checkpoint.size:,}: between entry {good:,} and "
                f"{head.checkpoint.size - 1:,} one was changed, put in or taken out, in the database and in the folder."
            )
            self._tell(Found(Problem.HISTORY_REWRITTEN, message, sequence=good))
        return good

    def _compare_folder(self, frontier: Frontier) -> None:
        if self._folder.frontier() != frontier:
            self._damage("The state of the folder is not that of its entries.", STATE, 0)

    def _folder_size(self) -> int:
        try:
            return self._folder.frontier().size
        except (InvalidLedgerError, LedgerStorageError) as error:
            self._damage(error.message, STATE, 0)
            return 0

    def _row(self, first: int, end: int, shown: int) -> list[Checked]:
        stored = dict(self._stored.numbered(first, end))
        leaves = self._leaves(first, shown)
        texts = self._texts(first, shown)
        listed = self._stored.listed(first, end)
        found = [self._choose(at, stored.get(at), texts.get(at), leaves.get(at)) for at in range(first, end)]
        return [replace(item, listed=listed.get(item.sequence)) for item in found if item is not None]

    def _choose(self, at: int, stored: bytes | None, text: bytes | None, leaf: bytes | None) -> Checked | None:
        """The entry that most places agree on, having told what does not."""
        digest = None if stored is None else leaf_hash(stored)
        if stored is not None and (leaf is None or digest == leaf or stored == text):
            if leaf is not None and digest != leaf:
                self._damage(f"The leaf of entry {at} is another one.", _tile(at), at)
            if text is not None and text != stored:
                self._damage(f"Entry {at} is another one in the folder.", _bundle(at), at)
            return Checked(at, stored)
        if text is None:
            self._tell(Found(Problem.ENTRY_MISSING, f"Entry {at} is nowhere.", sequence=at))
            return None if stored is None else Checked(at, stored)
        if stored is None and at >= self._committed:
            return Checked(at, text)  # told of once, as the shrinking of the log
        if stored is None:
            message = f"Entry {at} was deleted from the database; the folder has it."
            self._tell(Found(Problem.ENTRY_MISSING, message, sequence=at))
        else:
            message = f"Entry {at} was changed in the database: the folder has it as it was."
            self._tell(Found(Problem.ENTRY_CHANGED, message, sequence=at))
        return Checked(at, text)

    def _leaves(self, first: int, shown: int) -> dict[int, bytes]:
        if shown <= first:
            return {}
        address = TileAddress(0, first // TILE_WIDTH, shown - first)
        try:
            return dict(enumerate(split_tile(address, self._folder.read_tile(address)), first))
        except (InvalidLedgerError, LedgerStorageError) as error:
            self._damage(error.message, address.path, first)
            return {}

    def _texts(self, first: int, shown: int) -> dict[int, bytes]:
        if shown <= first:
            return {}
        try:
            return dict(enumerate(self._folder.read_bundle(first // TILE_WIDTH, shown - first), first))
        except (InvalidLedgerError, LedgerStorageError) as error:
            self._damage(error.message, _bundle(first), first)
            return {}

    def _damage(self, message: str, path: str, sequence: int) -> None:
        if path not in self._damaged:
            self._damaged.add(path)
            self._tell(Found(Problem.FOLDER_DAMAGED, message, path, sequence))

    def inserted(self) -> None:
        """Tell of entries in the database beside the log's own."""
        for sequence in self._stored.beside(_INSERTED):
            message = f"The database has an entry {sequence} that is not in the log."
            self._tell(Found(Problem.ENTRY_INSERTED, message, sequence=sequence if isinstance(sequence, int) else None))


def _tile(sequence: int) -> str:
    return TileAddress(0, sequence // TILE_WIDTH).path


def _bundle(sequence: int) -> str:
    return TileAddress(-1, sequence // TILE_WIDTH).path
