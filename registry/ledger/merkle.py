"""Hashes of the Merkle tree, as RFC 6962 section 2.1 defines them: SHA-256, leaves and nodes told apart by a prefix."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

HASH_SIZE = 32
"""Length of every hash of the tree, in bytes."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""

MAX_SIZE = 2**63 - 1
"""More leaves than this are nowhere accepted; the standard's arithmetic is for 64 bits."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf: SHA-256 of 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node: SHA-256 of 0x01 and the hashes of its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes whose number is a power of two. Raises ValueError for any other number."""
    row = list(hashes)
    if not row or len(row) & (len(row) - 1):
        raise ValueError("a complete subtree has a power of two of leaves")
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def joined_root(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that stand side by side, the largest first, as the bits of the tree's size say."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root
