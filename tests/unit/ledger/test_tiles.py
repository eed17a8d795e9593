"""Paths and sizes of tiles: the examples of the specification, and what is no path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidLedgerError
from registry.ledger.merkle import leaf_hash
from registry.ledger.tiles import ENTRIES, TileAddress, TileTree, grow_tiles, levels_of, split_tile, tiles_of
from tests.unit.ledger.trees import KeptTiles


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (TileAddress(0, 0), "tile/0/000"),
        (TileAddress(0, 1234067), "tile/0/x001/x234/067"),
        (TileAddress(63, 999, 1), "tile/63/999.p/1"),
        (TileAddress(1, 1000, 255), "tile/1/x001/000.p/255"),
        (TileAddress(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_paths(address: TileAddress, path: str) -> None:
    assert address.path == path
    assert TileAddress.parse(path) == address


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0/1", "tile/00/000", "tile/64/000", "tile/0/001/000", "tile/0/x000/000", "tile/0/000.p/0",
        "tile/0/000.p/256", "tile/0/000.p/01", "/tile/0/000", "tile/0/000/", "tile/0/x001", "tile/0/../000",
        "tile/entries/x1/000", "tile/-1/000", "tile/0/000\n", "tile/0/٠٠٠",
    ],
)  # fmt: skip
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(InvalidLedgerError):
        TileAddress.parse(path)


@given(st.integers(-1, 63), st.integers(0, 2**55), st.integers(1, 256))
def test_every_address_is_read_back(level: int, index: int, width: int) -> None:
    assert TileAddress.parse(TileAddress(level, index, width).path) == TileAddress(level, index, width)


def test_the_tiles_of_the_specifications_examples() -> None:
    widths = {level: [item.width for item in tiles_of(70_000, level)] for level in levels_of(70_000)}
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    assert [item.path for level in levels_of(256) for item in tiles_of(256, level)] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(levels_of(0)) == []
    assert list(tiles_of(0, 0)) == []


def test_growing_writes_just_the_tiles_of_the_new_size() -> None:
    hashes = [leaf_hash(bytes([item % 256])) for item in range(70_000)]
    written = dict(grow_tiles(KeptTiles().read, 0, hashes))
    assert set(written) == {item for level in levels_of(70_000) for item in tiles_of(70_000, level)}
    assert {len(content) for item, content in written.items() if item.width == 256} == {8192}


def test_a_tile_of_another_length_is_refused() -> None:
    for content in (b"", bytes(32), bytes(65)):
        with pytest.raises(InvalidLedgerError):
            split_tile(TileAddress(0, 0, 2), content)


def test_nothing_is_read_beyond_the_size() -> None:
    tree = KeptTiles([b"a", b"b", b"c"]).tree()
    assert tree.subtree(0, 2) == leaf_hash(b"c")
    for level, index in ((0, 3), (1, 1), (2, 0), (60, 0)):
        with pytest.raises(InvalidLedgerError):
            tree.subtree(level, index)
    with pytest.raises(InvalidLedgerError):
        TileTree(KeptTiles().read, -1)
