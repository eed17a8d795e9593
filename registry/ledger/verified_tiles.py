"""Tiles that are checked when they are read: each against the tile above it, the rightmost ones against the frontier."""

from __future__ import annotations

from registry.errors import InvalidLedgerError
from registry.ledger.frontier import Frontier
from registry.ledger.merkle import complete_root
from registry.ledger.proofs import complete_subtrees
from registry.ledger.tiles import TILE_HEIGHT, TILE_WIDTH, ReadTile, TileAddress, TileTree, split_tile

_KEPT = 1024


class VerifiedTiles:
    """Reads the tiles of one log and hands out none that the frontier does not vouch for.

    Whoever has compared the frontier's root with a signed checkpoint can rely on every tile, and on what is in it.
    """

    def __init__(self, read: ReadTile, frontier: Frontier) -> None:
        self._read = read
        self._size = frontier.size
        places = complete_subtrees(0, frontier.size)
        self._edge = {level: digest for (level, _), digest in zip(places, frontier.hashes, strict=True)}
        self._kept: dict[TileAddress, bytes] = {}

    def read(self, address: TileAddress) -> bytes:
        """A tile, also as it was when the log was smaller. Raises InvalidLedgerError where it is absent or damaged."""
        there = (self._size >> (TILE_HEIGHT * address.level)) - address.index * TILE_WIDTH
        if not 0 < address.width <= there:
            raise InvalidLedgerError("The log has no such tile.", tile=address.path)
        content = self._whole(TileAddress(address.level, address.index, min(there, TILE_WIDTH)))
        return content[: 32 * address.width]

    def tree(self, size: int | None = None) -> TileTree:
        """The tree as it is, or as it was at a smaller size; what proofs are made from."""
        wanted = self._size if size is None else size
        if not 0 <= wanted <= self._size:
            raise InvalidLedgerError(f"The log has {self._size} entries, not {wanted}.")
        return TileTree(self.read, wanted)

    def _whole(self, address: TileAddress) -> bytes:
        if address not in self._kept:
            content = self._read(address)
            self._check(address, split_tile(address, content))
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[address] = content
        return self._kept[address]

    def _check(self, address: TileAddress, hashes: list[bytes]) -> None:
        if address.width == TILE_WIDTH:
            at = address.index % TILE_WIDTH
            above = TileAddress(address.level + 1, address.index // TILE_WIDTH, at + 1)
            good = complete_root(hashes) == self.read(above)[32 * at :]
        else:
            base = TILE_HEIGHT * address.level
            good = all(
                complete_root(hashes[index << level : (index + 1) << level]) == self._edge[base + level]
                for level, index in complete_subtrees(0, address.width)
            )
        if not good:
            first = address.index << (TILE_HEIGHT * (address.level + 1))
            raise InvalidLedgerError("A tile of the ledger is damaged.", tile=address.path, first_sequence=first)
