"""Trees for the tests: the recursive definition of RFC 6962 as it is printed, and tiles kept in a dictionary."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from registry.errors import InvalidLedgerError
from registry.ledger.frontier import Frontier
from registry.ledger.merkle import leaf_hash
from registry.ledger.tiles import TileAddress, TileTree, grow_tiles


def definition(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word: the independent truth."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = _split(len(leaves))
    return hashlib.sha256(b"\x01" + definition(leaves[:split]) + definition(leaves[split:])).digest()


def defined_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*defined_path(index, leaves[:split]), definition(leaves[split:])]
    return [*defined_path(index - split, leaves[split:]), definition(leaves[:split])]


def defined_consistency(first: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if first == len(leaves):
        return [] if whole else [definition(leaves)]
    split = _split(len(leaves))
    if first <= split:
        return [*defined_consistency(first, leaves[:split], whole), definition(leaves[split:])]
    return [*defined_consistency(first - split, leaves[split:], False), definition(leaves[:split])]


def _split(count: int) -> int:
    split = 1
    while split * 2 < count:
        split *= 2
    return split


class KeptTiles:
    """A log in memory that grows step by step; only tiles and the frontier are kept."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self.tiles: dict[TileAddress, bytes] = {}
        self.frontier = Frontier()
        self.append(leaves)

    def append(self, leaves: Sequence[bytes]) -> None:
        hashes = [leaf_hash(item) for item in leaves]
        self.tiles.update(grow_tiles(self.read, self.frontier.size, hashes))
        self.frontier = self.frontier.append(hashes)

    def read(self, address: TileAddress) -> bytes:
        if address not in self.tiles:
            raise InvalidLedgerError(f"no tile {address.path}")
        return self.tiles[address]

    def tree(self, size: int | None = None) -> TileTree:
        return TileTree(self._read_any_width, self.frontier.size if size is None else size)

    def _read_any_width(self, address: TileAddress) -> bytes:
        widths = [
            width
            for width in range(address.width, 257)
            if TileAddress(address.level, address.index, width) in self.tiles
        ]
        return self.tiles[TileAddress(address.level, address.index, widths[0])][: address.width * 32]
