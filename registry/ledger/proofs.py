"""Inclusion and consistency proofs: made as RFC 6962 sections 2.1.1 and 2.1.2 say, verified by RFC 9162's algorithms.

Verification raises where something does not hold and returns nothing: an answer nobody looks at cannot pass for a yes.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from typing import Protocol

from registry.errors import InvalidLedgerError, InvalidRequestError
from registry.ledger.merkle import HASH_SIZE, MAX_SIZE, joined_root, node_hash


class SubtreeHashes(Protocol):
    """Where the hashes of complete subtrees come from: tiles, mostly."""

    def subtree(self, level: int, index: int) -> bytes:
        """The root over the leaves ``index * 2**level`` up to ``(index + 1) * 2**level``, which all exist."""


def inclusion_proof(tree: SubtreeHashes, index: int, size: int) -> tuple[bytes, ...]:
    """The audit path of a leaf in the tree of that size, from the leaf's sibling to the root's child.

    Raises InvalidRequestError where the tree of that size has no such leaf.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise InvalidRequestError(f"A tree of {size} entries has no entry {index}.")
    ranges: list[tuple[int, int]] = []
    begin, end = 0, size
    while end - begin > 1:
        split = begin + _largest_power_below(end - begin)
        if index < split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((begin, split))
            begin = split
    return tuple(range_root(tree, *item) for item in reversed(ranges))


def consistency_proof(tree: SubtreeHashes, first: int, second: int) -> tuple[bytes, ...]:
    """What shows that the tree of ``second`` leaves begins with the tree of ``first``; empty where they are the same.

    Raises InvalidRequestError unless ``1 <= first <= second``: everything extends the empty tree, so nothing is shown.
    """
    if not 1 <= first <= second <= MAX_SIZE:
        raise InvalidRequestError(f"There is no consistency proof from {first} to {second} entries.")
    ranges: list[tuple[int, int]] = []
    begin, end = 0, second
    while first != end:
        split = begin + _largest_power_below(end - begin)
        if first <= split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((begin, split))
            begin = split
    if begin:  # from 0 it is the root of the first tree, which the verifier has
        ranges.append((begin, end))
    return tuple(range_root(tree, *item) for item in reversed(ranges))


def range_root(tree: SubtreeHashes, begin: int, end: int) -> bytes:
    """The Merkle tree hash of the leaves from ``begin`` up to ``end``, where a subtree of that many can begin."""
    return joined_root([tree.subtree(level, index) for level, index in complete_subtrees(begin, end)])


def complete_subtrees(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The largest complete subtrees (level, index) that cover the leaves from ``begin`` up to ``end``, left to right."""
    while begin < end:
        aligned = (begin & -begin).bit_length() - 1 if begin else end.bit_length()
        level = min(aligned, (end - begin).bit_length() - 1)
        yield level, begin >> level
        begin += 1 << level


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf's hash is at that index of the tree. Raises InvalidLedgerError where that is not shown."""
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size <= MAX_SIZE:
        raise InvalidLedgerError(f"A tree of {size} entries has no entry {index}.")
    at, last, found = index, size - 1, leaf
    for item in proof:
        if last == 0:
            raise InvalidLedgerError("The inclusion proof is longer than the tree is high.")
        if at & 1 or at == last:
            found = node_hash(item, found)
            at, last = _climb(at, last)
        else:
            found = node_hash(found, item)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise InvalidLedgerError("The inclusion proof is shorter than the tree is high.")
    if not hmac.compare_digest(found, root):
        raise InvalidLedgerError(f"Entry {index} is not in the tree: its proof leads to another root.")


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the second tree begins with the first. Raises InvalidLedgerError where that is not shown."""
    _check_hashes(first_root, second_root, *proof)
    if not 1 <= first <= second <= MAX_SIZE:
        raise InvalidLedgerError(f"Nothing can show that {second} entries begin with {first}.")
    if first == second:
        if proof:
            raise InvalidLedgerError("Between trees of one size there is nothing to prove, yet there is a proof.")
        if not hmac.compare_digest(first_root, second_root):
            raise InvalidLedgerError(f"Two trees of {first} entries have different roots.")
        return
    path = (first_root, *proof) if first & (first - 1) == 0 else tuple(proof)
    if not path:
        raise InvalidLedgerError("The consistency proof is empty.")
    old, new = _climb_consistency(first, second, path)
    if not (hmac.compare_digest(old, first_root) and hmac.compare_digest(new, second_root)):
        raise InvalidLedgerError(f"The tree of {second} entries does not begin with the tree of {first}.")


def _climb_consistency(first: int, second: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The two roots that a consistency proof leads to (RFC 9162 section 2.1.4.2)."""
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for item in path[1:]:
        if last == 0:
            raise InvalidLedgerError("The consistency proof is longer than the tree is high.")
        if at & 1 or at == last:
            old, new = node_hash(item, old), node_hash(item, new)
            at, last = _climb(at, last)
        else:
            new = node_hash(new, item)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise InvalidLedgerError("The consistency proof is shorter than the tree is high.")
    return old, new


def _climb(at: int, last: int) -> tuple[int, int]:
    """Skip the levels on which the rightmost node has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _largest_power_below(count: int) -> int:
    """The largest power of two smaller than a count above one: where RFC 6962 splits."""
    return 1 << ((count - 1).bit_length() - 1)


def _check_hashes(*hashes: bytes) -> None:
    if any(len(item) != HASH_SIZE for item in hashes):
        raise InvalidLedgerError("Every hash of a proof has 32 bytes.")
