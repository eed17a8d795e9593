"""Packed bodies: whole within their limits, refused beyond them."""

from __future__ import annotations

import gzip
import os

import pytest

from registry.api.rest.unpacking import MOST_MEMBERS, unpack
from registry.errors import InvalidRequestError, TooLargeError

_EMPTY = gzip.compress(b"", mtime=0)


@pytest.mark.parametrize("sizes", [[0], [1, 0, 2], [65_536, 1], [300_000, 70_000, 3], [0] * MOST_MEMBERS])
def test_parts_behind_one_another_are_one_body(sizes: list[int]) -> None:
    parts = [os.urandom(size) for size in sizes]
    packed = b"".join(gzip.compress(part, compresslevel=1) for part in parts)
    whole = b"".join(parts)
    assert unpack(packed, "gzip", len(whole)) == whole
    if whole:
        with pytest.raises(TooLargeError):
            unpack(packed, "gzip", len(whole) - 1)


def test_more_parts_than_anybody_sends_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="1000 parts"):
        unpack(_EMPTY * 500_000, "gzip", 1_000)


@pytest.mark.parametrize("packed", [_EMPTY + b"x", _EMPTY + _EMPTY[:-1], gzip.compress(os.urandom(70_000))[:-1]])
def test_a_damaged_part_is_refused(packed: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        unpack(packed, "gzip", 100_000)
