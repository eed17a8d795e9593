"""Whether one column type holds every value of another: by the values themselves where there is a truth to ask."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.lineage.change.column_types import TypeChange, type_change

pa = pytest.importorskip("pyarrow")

_ARROW = {
    "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64(),
    "uint8": pa.uint8(), "uint16": pa.uint16(), "uint32": pa.uint32(), "uint64": pa.uint64(),
    "float16": pa.float16(), "float32": pa.float32(), "float64": pa.float64(),
}  # fmt: skip
_WHOLE = [name for name in _ARROW if "int" in name]


def _extremes(name: str) -> list[int]:
    bits = int("".join(filter(str.isdigit, name)))
    if name.startswith("u"):
        return [0, 2**bits - 1]
    return [-(2 ** (bits - 1)), -(2 ** (bits - 1)) + 1, 2 ** (bits - 1) - 1]


@pytest.mark.parametrize(("old", "new"), list(itertools.product(_WHOLE, _ARROW)))
def test_whole_numbers_are_held_exactly_where_arrow_casts_them_safely(old: str, new: str) -> None:
    """The greatest and least values, and those beside them, survive a cast there and back, or one does not."""
    try:
        there = pa.array(_extremes(old), _ARROW[old]).cast(_ARROW[new], safe=True)
        survive = there.to_pylist() == _extremes(old)
    except pa.ArrowInvalid:
        survive = False
    expected = TypeChange.SAME if old == new else TypeChange.WIDER if survive else TypeChange.NARROWER
    assert type_change(old, new) is expected


@given(st.integers(1, 38), st.integers(0, 20), st.integers(1, 38), st.integers(0, 20))
def test_a_decimal_is_held_where_no_digit_is_lost(digits: int, scale: int, other: int, other_scale: int) -> None:
    old, new = f"decimal({digits + scale},{scale})", f"DECIMAL({other + other_scale}, {other_scale})"
    held = other >= digits and other_scale >= scale
    change = type_change(old, new)
    assert (change in (TypeChange.SAME, TypeChange.WIDER)) == held


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("int", "bigint", TypeChange.WIDER),  # 32 or 64 bits, both in 64
        ("bigint", "int", TypeChange.UNCLEAR),  # the same, or half
        ("int", "smallint", TypeChange.NARROWER),
        ("float", "double precision", TypeChange.WIDER),
        ("double", "float", TypeChange.UNCLEAR),
        ("double", "real", TypeChange.UNCLEAR),
        ("float64", "float32", TypeChange.NARROWER),
        ("float32", "int64", TypeChange.NARROWER),
        ("varchar(10)", "varchar(20)", TypeChange.WIDER),
        ("varchar(20)", "string", TypeChange.WIDER),
        ("text", "varchar(20)", TypeChange.NARROWER),
        ("VARCHAR(20)", "varchar( 20 )", TypeChange.SAME),
        ("int64", "string", TypeChange.NARROWER),
        ("int", "decimal(19,0)", TypeChange.WIDER),
        ("int", "decimal(5,2)", TypeChange.NARROWER),
        ("date", "timestamp", TypeChange.UNCLEAR),
        ("timestamp", "timestamp with time zone", TypeChange.UNCLEAR),
        ("timestamp[us]", "timestamp[ns]", TypeChange.UNCLEAR),
        ("boolean", "bool", TypeChange.SAME),
        ("boolean", "date", TypeChange.NARROWER),
        ("array<int>", "array<bigint>", TypeChange.UNCLEAR),
        ("Array<int>", "array<int>", TypeChange.SAME),
        ("hyperloglog", "string", TypeChange.UNCLEAR),
    ],
)
def test_types_of_many_systems(old: str, new: str, expected: TypeChange) -> None:
    assert type_change(old, new) is expected


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_name_is_too_strange(old: str, new: str) -> None:
    assert type_change(old, new) in TypeChange
    assert type_change(old, old) is TypeChange.SAME


@given(st.sampled_from(sorted(_ARROW)), st.sampled_from(sorted(_ARROW)), st.sampled_from(sorted(_ARROW)))
def test_what_holds_twice_holds_at_once(first: str, second: str, third: str) -> None:
    if max(type_change(first, second), type_change(second, third)) <= TypeChange.WIDER:
        assert type_change(first, third) <= TypeChange.WIDER
