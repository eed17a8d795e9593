"""Tiles: the tree in files of 256 hashes, as C2SP ``tlog-tiles`` lays them out (c2sp.org/tlog-tiles).

Level 0 holds the hashes of the leaves; a hash of a higher level is the root over a full tile of the level below. A full
tile never changes; the last one of a level is partial and named by its width.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from registry.errors import InvalidLedgerError
from registry.ledger.merkle import HASH_SIZE, MAX_SIZE, complete_root, node_hash

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
ENTRIES: Final = -1
"""The level that stands for the entries themselves, in bundles of 256 (``tile/entries/…``)."""

_KEPT: Final = 1024
_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class TileAddress:
    """Which tile: its level (``ENTRIES`` for a bundle of entries), its index there, and how many hashes it holds."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The path below the log's prefix, such as ``tile/0/x001/x234/067.p/17``."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"

    @classmethod
    def parse(cls, path: str) -> TileAddress:
        """Read a path. Raises InvalidLedgerError for anything that :attr:`path` would not write."""
        found = _PATH.fullmatch(path)
        if found is not None:
            index = int(found[2].replace("/", "").replace("x", ""))
            level = ENTRIES if found[1] == "entries" else int(found[1])
            address = cls(level, index, int(found[3]) if found[3] else TILE_WIDTH)
            if address.path == path and address.width <= TILE_WIDTH:
                return address
        raise InvalidLedgerError("That is not the path of a tile.")


def tiles_of(size: int, level: int) -> Iterator[TileAddress]:
    """Every tile of one level of a tree of that size, from left to right."""
    count = size >> (TILE_HEIGHT * max(level, 0))
    full, partial = divmod(count, TILE_WIDTH)
    for index in range(full):
        yield TileAddress(level, index)
    if partial:
        yield TileAddress(level, full, partial)


def levels_of(size: int) -> range:
    """The levels on which a tree of that size has tiles."""
    return range((max(size.bit_length() - 1, 0)) // TILE_HEIGHT + 1) if size else range(0)


ReadTile = Callable[[TileAddress], bytes]
"""Gives the bytes of exactly the tile that is asked for; raises InvalidLedgerError where it is not there."""


def split_tile(address: TileAddress, content: bytes) -> list[bytes]:
    """The hashes of a tile. Raises InvalidLedgerError where the content has another length than the address says."""
    if len(content) != address.width * HASH_SIZE:
        raise InvalidLedgerError("A tile has another length than its width says.", tile=address.path)
    return [content[at : at + HASH_SIZE] for at in range(0, len(content), HASH_SIZE)]


def grow_tiles(read: ReadTile, size: int, leaf_hashes: Sequence[bytes]) -> Iterator[tuple[TileAddress, bytes]]:
    """The tiles that are new when leaves are appended to a tree of that size, lower levels first.

    Reads at most one partial tile a level. The work is linear in the number of leaves.
    """
    level, before, added = 0, size, list(leaf_hashes)
    while added:
        index, filled = divmod(before, TILE_WIDTH)
        partial = TileAddress(level, index, filled)
        row = (split_tile(partial, read(partial)) if filled else []) + added
        added = []
        for at in range(0, len(row), TILE_WIDTH):
            part = row[at : at + TILE_WIDTH]
            yield TileAddress(level, index + at // TILE_WIDTH, len(part)), b"".join(part)
            if len(part) == TILE_WIDTH:
                added.append(complete_root(part))
        level, before = level + 1, index


class TileTree:
    """A tree of a given size that is read from tiles; what proofs are made from. Keeps the tiles it has read last."""

    def __init__(self, read: ReadTile, size: int) -> None:
        """Raises InvalidLedgerError where no tree can have that size."""
        if not 0 <= size <= MAX_SIZE:
            raise InvalidLedgerError("The size of a tree is a whole number from 0 to 2^63-1.")
        self.size = size
        self._read = read
        self._rows: dict[TileAddress, list[list[bytes]]] = {}

    def subtree(self, level: int, index: int) -> bytes:
        """The root of a complete subtree. Raises InvalidLedgerError where the tree ends before it or a tile is bad."""
        if (index + 1) << level > self.size:
            raise InvalidLedgerError(f"A tree of {self.size} entries does not reach that far.")
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile, at = divmod(index, TILE_WIDTH >> height)
        return self._rows_of(tile_level, tile)[height][at]

    def _rows_of(self, level: int, index: int) -> list[list[bytes]]:
        """The hashes of a tile, and above them the roots over each two, four, … of them."""
        there = (self.size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH
        address = TileAddress(level, index, min(there, TILE_WIDTH))
        rows = self._rows.get(address)
        if rows is None:
            rows = [split_tile(address, self._read(address))]
            while len(rows) < TILE_HEIGHT:
                below = rows[-1]
                rows.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
            if len(self._rows) >= _KEPT:
                self._rows.clear()
            self._rows[address] = rows
        return rows
