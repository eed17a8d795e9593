"""All that must be kept of a tree to append to it and to know its root: one hash for each bit set in its size.

Known as a compact range or frontier: for a million leaves at most twenty hashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from registry.errors import InvalidLedgerError
from registry.ledger.merkle import HASH_SIZE, MAX_SIZE, joined_root, node_hash


@dataclass(frozen=True, slots=True)
class Frontier:
    """The complete subtrees that a tree of ``size`` leaves is made of, the largest (leftmost) first.

    Raises InvalidLedgerError where size and hashes do not fit each other.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise InvalidLedgerError("The size of a tree is a whole number from 0 to 2^63-1.")
        if len(self.hashes) != self.size.bit_count() or any(len(item) != HASH_SIZE for item in self.hashes):
            raise InvalidLedgerError("The frontier does not have the hashes that a tree of its size has.")

    def append(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """The frontier after these leaves, in their order."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaf_hashes:
            hashes.append(leaf)
            _join(hashes, size)
            size += 1
        return Frontier(size, tuple(hashes))

    def append_subtree(self, level: int, digest: bytes) -> Frontier:
        """The frontier after a complete subtree of ``2**level`` leaves.

        Raises InvalidLedgerError where the subtree cannot begin at this size.
        """
        if not 0 <= level < MAX_SIZE.bit_length() or self.size & ((1 << level) - 1):
            raise InvalidLedgerError("A subtree of that size cannot begin here.")
        hashes = [*self.hashes, digest]
        _join(hashes, self.size >> level)
        return Frontier(self.size + (1 << level), tuple(hashes))

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far."""
        return joined_root(self.hashes)

    def to_bytes(self) -> bytes:
        """The hashes one after another; with the size, :meth:`from_bytes` makes the frontier of them again."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, hashes: bytes) -> Frontier:
        """Read what :meth:`to_bytes` wrote. Raises InvalidLedgerError where it does not fit the size."""
        parts = tuple(hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE))
        return cls(size, parts)


def _join(hashes: list[bytes], before: int) -> None:
    """Join the newest subtree with its left neighbours of the same height; ``before`` counts subtrees of that height."""
    while before & 1:
        right = hashes.pop()
        hashes[-1] = node_hash(hashes[-1], right)
        before >>= 1
