"""The tree against every published figure: Certificate Transparency's reference tree, and the drafts' rolling digests."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from itertools import pairwise

import pytest

from registry.ledger.frontier import Frontier
from registry.ledger.merkle import EMPTY_ROOT, leaf_hash, node_hash
from registry.ledger.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from tests.unit.ledger.trees import KeptTiles

# The reference leaves and roots that the implementations of Certificate Transparency share.
LEAVES = [
    bytes.fromhex(item)
    for item in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
_00, _01 = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=", "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c="
_23, _45 = "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=", "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o="
_4, _6 = "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=", "sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8="
_67, _47 = "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=", "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ="
_02, _03 = "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=", "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc="
INCLUSION = [
    (0, 1, []), (0, 8, [_01, _23, _47]), (5, 8, [_4, _67, _03]), (2, 3, [_02]), (1, 5, [_00, _23, _4]),
]  # fmt: skip
CONSISTENCY = [
    (1, 1, []), (1, 8, [_01, _23, _47]), (6, 8, [_45, _67, _03]), (2, 5, [_23, _4]), (6, 7, [_45, _6, _03]),
]  # fmt: skip


def _decoded(proof: list[str]) -> tuple[bytes, ...]:
    return tuple(map(b64decode, proof))


def test_hashes_of_the_empty_tree_the_empty_leaf_and_a_node() -> None:
    assert EMPTY_ROOT.hex() == ROOTS[0]
    assert leaf_hash(b"").hex() == ROOTS[1]
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


@pytest.mark.parametrize("size", range(9))
def test_reference_roots(size: int) -> None:
    assert Frontier().append(map(leaf_hash, LEAVES[:size])).root().hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_reference_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    assert inclusion_proof(KeptTiles(LEAVES).tree(), index, size) == _decoded(proof)
    verify_inclusion(leaf_hash(LEAVES[index]), index, size, _decoded(proof), bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("first", "second", "proof"), CONSISTENCY)
def test_reference_consistency_proofs(first: int, second: int, proof: list[str]) -> None:
    assert consistency_proof(KeptTiles(LEAVES).tree(), first, second) == _decoded(proof)
    verify_consistency(first, second, bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[second]), _decoded(proof))


def test_the_example_of_the_standard() -> None:
    """RFC 6962 section 2.1.3: seven leaves, by the names that its picture gives the nodes."""
    d = [bytes([item]) for item in range(7)]
    a, b, c, d_, e, f, j = map(leaf_hash, d)
    g, h, i = node_hash(a, b), node_hash(c, d_), node_hash(e, f)
    k = node_hash(g, h)
    el = node_hash(i, j)
    tree = KeptTiles(d).tree()
    assert KeptTiles(d).frontier.root() == node_hash(k, el)
    paths = {0: (b, h, el), 3: (c, g, el), 4: (f, j, k), 6: (i, k)}
    assert {item: inclusion_proof(tree, item, 7) for item in paths} == paths
    proofs = {3: (c, d_, g, el), 4: (el,), 6: (i, j, k)}
    assert {item: consistency_proof(tree, item, 7) for item in proofs} == proofs


# draft-ietf-plants-merkle-tree-certs, "Subtree Test Vectors": every subtree of trees of up to 130 leaves, leaf n being
# the byte n, folded into one digest.
_LARGEST = 130


def _subtrees() -> list[tuple[int, int]]:
    """The ranges that are a subtree, in the draft's order: empty, or at a multiple of the smallest power of 2 that fits."""
    return [
        (start, end)
        for end in range(_LARGEST + 1)
        for start in range(end + 1)
        if start == end or start % (1 << (end - start - 1).bit_length()) == 0
    ]


def test_published_digest_of_all_subtree_hashes() -> None:
    digest = hashlib.sha256()
    for start, end in _subtrees():
        root = Frontier().append(leaf_hash(bytes([item])) for item in range(start, end)).root()
        digest.update(f"[{start}, {end}) {root.hex()}\n".encode())
    assert digest.hexdigest() == "b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81"


def test_published_digest_of_all_inclusion_proofs() -> None:
    digest = hashlib.sha256()
    for start, end in _subtrees():
        tree = KeptTiles([bytes([item]) for item in range(start, end)]).tree()
        for index in range(start, end):
            proof = "".join(f" {item.hex()}" for item in inclusion_proof(tree, index - start, end - start))
            digest.update(f"{index} [{start}, {end}){proof}\n".encode())
    assert digest.hexdigest() == "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f"


def test_a_reference_tree_extends_each_smaller_one() -> None:
    tree = KeptTiles(LEAVES).tree()
    for first, second in pairwise(range(1, 9)):
        proof = consistency_proof(tree, first, second)
        verify_consistency(first, second, bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[second]), proof)
