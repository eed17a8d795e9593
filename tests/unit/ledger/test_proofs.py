"""Trees and proofs against two other truths, the printed definition and pymerkle, and against forgers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from registry.errors import InvalidLedgerError, InvalidRequestError
from registry.ledger.frontier import Frontier
from registry.ledger.merkle import EMPTY_ROOT, complete_root, leaf_hash
from registry.ledger.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from tests.unit.ledger.trees import KeptTiles, defined_consistency, defined_path, definition

LEAVES = [f"entry {item}".encode() for item in range(64)]
ROOTS = [definition(LEAVES[:size]) for size in range(65)]
TREE = KeptTiles(LEAVES).tree()


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for item in LEAVES:
        tree.append(item)
    return tree


@pytest.mark.parametrize("size", range(1, 65))
def test_every_proof_up_to_64_leaves_is_the_defined_one_and_holds(size: int, oracle: InmemoryTree) -> None:
    assert Frontier().append(map(leaf_hash, LEAVES[:size])).root() == ROOTS[size] == oracle.get_state(size)
    for index in range(size):
        proof = inclusion_proof(TREE, index, size)
        assert list(proof) == defined_path(index, LEAVES[:size])
        verify_inclusion(leaf_hash(LEAVES[index]), index, size, proof, ROOTS[size])
    for first in range(1, size + 1):
        proof = consistency_proof(TREE, first, size)
        assert list(proof) == defined_consistency(first, LEAVES[:size])
        verify_consistency(first, size, ROOTS[first], ROOTS[size], proof)


def test_pymerkle_accepts_the_same_nodes_in_its_proofs(oracle: InmemoryTree) -> None:
    for size in range(1, 65):
        for index in range(size):
            path = [bytes.fromhex(item) for item in oracle.prove_inclusion(index + 1, size).serialize()["path"]]
            assert [item for item in path if item != leaf_hash(LEAVES[index])] == list(
                inclusion_proof(TREE, index, size)
            )


def _flipped(proof: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
    """The proof with one bit of one byte turned, for each byte."""
    for at, item in enumerate(proof):
        for byte in range(len(item)):
            changed = bytes([*item[:byte], item[byte] ^ (1 << byte % 8), *item[byte + 1 :]])
            yield (*proof[:at], changed, *proof[at + 1 :])


def _bent(proof: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
    """The proof with a hash too many, too few, or out of place."""
    for at in range(len(proof)):
        yield (*proof[:at], *proof[at + 1 :])
        yield (*proof[:at], proof[at], proof[at], *proof[at + 1 :])
        if at and proof[at] != proof[at - 1]:
            yield (*proof[: at - 1], proof[at], proof[at - 1], *proof[at + 1 :])
    yield (*proof, EMPTY_ROOT)
    yield (EMPTY_ROOT, *proof)
    yield (*proof, b"")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 21, 64])
def test_every_flipped_byte_and_every_bent_inclusion_proof_fails(size: int) -> None:
    for index in {0, size // 2, size - 1}:
        leaf, proof = leaf_hash(LEAVES[index]), inclusion_proof(TREE, index, size)
        for forged in (*_flipped(proof), *_bent(proof)):
            with pytest.raises(InvalidLedgerError):
                verify_inclusion(leaf, index, size, forged, ROOTS[size])
        for (changed,) in _flipped((leaf,)):
            with pytest.raises(InvalidLedgerError):
                verify_inclusion(changed, index, size, proof, ROOTS[size])
        for (changed,) in _flipped((ROOTS[size],)):
            with pytest.raises(InvalidLedgerError):
                verify_inclusion(leaf, index, size, proof, changed)


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 3), (3, 7), (4, 8), (6, 8), (21, 64), (32, 64), (33, 64)])
def test_every_flipped_byte_and_every_bent_consistency_proof_fails(first: int, second: int) -> None:
    proof = consistency_proof(TREE, first, second)
    for forged in (*_flipped(proof), *_bent(proof), ()):
        with pytest.raises(InvalidLedgerError):
            verify_consistency(first, second, ROOTS[first], ROOTS[second], forged)
    for (changed,) in _flipped((ROOTS[first],)):
        with pytest.raises(InvalidLedgerError):
            verify_consistency(first, second, changed, ROOTS[second], proof)
    for (changed,) in _flipped((ROOTS[second],)):
        with pytest.raises(InvalidLedgerError):
            verify_consistency(first, second, ROOTS[first], changed, proof)


@pytest.mark.parametrize("size", [1, 7, 8, 33])
def test_a_proof_holds_at_its_own_index_and_size_only(size: int) -> None:
    for index in range(size):
        leaf, proof = leaf_hash(LEAVES[index]), inclusion_proof(TREE, index, size)
        for other in range(-1, size + 2):
            if other != index:
                with pytest.raises(InvalidLedgerError):
                    verify_inclusion(leaf, other, size, proof, ROOTS[size])


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 3), (2, 1), (-1, 2), (1, 2**63)])
def test_nothing_shows_consistency_with_nothing(first: int, second: int) -> None:
    with pytest.raises(InvalidLedgerError):
        verify_consistency(first, second, EMPTY_ROOT, ROOTS[3], ())
    with pytest.raises(InvalidRequestError):
        consistency_proof(TREE, first, second)


def test_trees_of_one_size_are_consistent_when_their_roots_are_the_same() -> None:
    verify_consistency(5, 5, ROOTS[5], ROOTS[5], ())
    with pytest.raises(InvalidLedgerError, match="different roots"):
        verify_consistency(5, 5, ROOTS[5], ROOTS[4], ())
    with pytest.raises(InvalidLedgerError, match="nothing to prove"):
        verify_consistency(5, 5, ROOTS[5], ROOTS[5], (ROOTS[5],))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3), (0, 2**63)])
def test_there_is_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(InvalidRequestError):
        inclusion_proof(TREE, index, size)
    with pytest.raises(InvalidLedgerError):
        verify_inclusion(ROOTS[3], index, size, (), ROOTS[3])


def test_a_leaf_is_not_a_node_and_a_node_not_a_leaf() -> None:
    """Second preimages: two leaves cannot be passed off as one whose text is the two hashes."""
    forged = leaf_hash(LEAVES[0]) + leaf_hash(LEAVES[1])
    assert leaf_hash(forged) != ROOTS[2]
    with pytest.raises(InvalidLedgerError):
        verify_inclusion(leaf_hash(forged), 0, 1, (), ROOTS[2])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=5), st.data())
def test_growing_in_steps_is_growing_at_once_and_every_proof_holds(steps: list[int], data: st.DataObject) -> None:
    log, size = KeptTiles(), 0
    for step in steps:
        log.append([str(item).encode() for item in range(size, size + step)])
        size += step
    hashes = [leaf_hash(str(item).encode()) for item in range(size)]
    assert log.frontier == Frontier().append(hashes) == Frontier.from_bytes(size, log.frontier.to_bytes())
    if size:
        older = data.draw(st.integers(1, size))
        index = data.draw(st.integers(0, older - 1))
        root = Frontier().append(hashes[:older]).root()
        verify_inclusion(hashes[index], index, older, inclusion_proof(log.tree(), index, older), root)
        proof = consistency_proof(log.tree(), older, size)
        verify_consistency(older, size, root, log.frontier.root(), proof)
        assert len(proof) <= size.bit_length() + 1


@pytest.mark.nightly
@settings(max_examples=20, deadline=None)
@given(st.integers(60_000, 140_000), st.data())
def test_large_trees(size: int, data: st.DataObject) -> None:
    log = KeptTiles([str(item).encode() for item in range(size)])
    for _ in range(20):
        older = data.draw(st.integers(1, size))
        index = data.draw(st.integers(0, older - 1))
        root = Frontier().append(leaf_hash(str(item).encode()) for item in range(older)).root()
        proof = inclusion_proof(log.tree(), index, older)
        verify_inclusion(leaf_hash(str(index).encode()), index, older, proof, root)
        verify_consistency(older, size, root, log.frontier.root(), consistency_proof(log.tree(), older, size))


def test_subtrees_may_be_appended_where_they_fit() -> None:
    hashes = [leaf_hash(item) for item in LEAVES]
    whole = Frontier().append_subtree(5, complete_root(hashes[:32])).append_subtree(2, complete_root(hashes[32:36]))
    assert whole.append(hashes[36:]) == Frontier().append(hashes)
    for level in (1, 63, -1):
        with pytest.raises(InvalidLedgerError):
            Frontier().append(hashes[:1]).append_subtree(level, hashes[0])


@pytest.mark.parametrize(
    ("size", "hashes"), [(1, b""), (0, bytes(32)), (3, bytes(32)), (2, bytes(31)), (-1, b""), (2**63, bytes(32))]
)
def test_a_frontier_has_the_hashes_of_its_size(size: int, hashes: bytes) -> None:
    with pytest.raises(InvalidLedgerError):
        Frontier.from_bytes(size, hashes)


def test_only_powers_of_two_are_complete() -> None:
    for count in (0, 3, 6):
        with pytest.raises(ValueError, match="power of two"):
            complete_root([bytes(32)] * count)
