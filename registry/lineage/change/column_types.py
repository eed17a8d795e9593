"""Whether values of one column type are all values of another, unchanged.

Types come in the words of many systems. Where a word means different things in them (an ``int`` has 32 bits in
one, 64 in the other) the answer holds for all its meanings, or is that it cannot be told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache


class TypeChange(IntEnum):
    """What becomes of the values of a column, the worst last."""

    SAME = 0
    WIDER = 1
    UNCLEAR = 2
    NARROWER = 3


@dataclass(frozen=True, slots=True)
class _Type:
    """``least`` and ``most`` are the bits, or the length, that its name may mean; ``scale`` belongs to decimals."""

    family: str
    least: float = 0
    most: float = 0
    scale: int = 0


_ENDLESS = float("inf")
_INTEGERS = {
    "int8": (8, 8), "i8": (8, 8), "byte": (8, 8), "tinyint": (8, 8),
    "int16": (16, 16), "i16": (16, 16), "short": (16, 16), "smallint": (16, 16), "int2": (16, 16),
    "int32": (32, 32), "i32": (32, 32), "int4": (32, 32),
    "int": (32, 64),
    "int64": (64, 64), "i64": (64, 64), "long": (64, 64), "bigint": (64, 64),
}  # fmt: skip
_UNSIGNED = {f"{name}{bits}": (bits, bits) for name in ("uint", "u") for bits in (8, 16, 32, 64)}
_FLOATS = {
    "float16": (16, 16), "half": (16, 16), "halffloat": (16, 16), "f16": (16, 16),
    "float32": (32, 32), "f32": (32, 32), "float4": (32, 32), "real": (32, 64), "float": (32, 64),
    "float64": (64, 64), "f64": (64, 64), "float8": (64, 64), "double": (64, 64), "double precision": (64, 64),
}  # fmt: skip
_TEXT = {"string", "str", "text", "utf8", "large_string", "large_utf8", "clob", "nvarchar", "varchar"}
_OTHER = {
    "bool": "boolean", "boolean": "boolean", "date": "date", "date32": "date", "time": "time",
    "timestamp": "timestamp", "datetime": "timestamp", "datetime64": "timestamp",
    "timestamptz": "timestamptz", "timestamp with time zone": "timestamptz",
    "bytes": "bytes", "binary": "bytes", "bytea": "bytes", "blob": "bytes",
}  # fmt: skip
_PARTS = re.compile(r"([a-z_][a-z0-9_ ]*?)\s*(?:[(\[]\s*([a-z0-9]+)\s*(?:,\s*(-?\d{1,4})\s*)?[)\]])?")
_INTEGER = re.compile(r"\binteger\b")  # in every system another word for its int
_MANTISSA = {16: 11, 32: 24, 64: 53}
_DIGITS = {8: 3, 16: 5, 32: 10, 64: 19}
_LONGEST = 200
_RELATED = {frozenset({"date", "timestamp"}), frozenset({"timestamp", "timestamptz"}), frozenset({"boolean", "int"})}


@lru_cache(maxsize=4096)
def type_change(old: str, new: str) -> TypeChange:
    """What happens to values of type ``old`` where the type becomes ``new``."""
    if _plain(old) == _plain(new):
        return TypeChange.SAME
    before, after = _read(old), _read(new)
    if before is None or after is None:
        return TypeChange.UNCLEAR
    if before == after and before.least == before.most:
        return TypeChange.SAME
    compare = _COMPARE.get((before.family, after.family))
    if compare is not None:
        return compare(before, after)
    related = frozenset({before.family, after.family}) in _RELATED
    return TypeChange.UNCLEAR if related else TypeChange.NARROWER


def _plain(name: str) -> str:
    return _INTEGER.sub("int", " ".join(name.lower().split()))


def _read(name: str) -> _Type | None:
    match = _PARTS.fullmatch(_plain(name)) if len(name) <= _LONGEST else None
    if match is None:
        return None
    word, first, second = match[1], match[2], match[3]
    if word in ("decimal", "numeric", "decimal128", "decimal256", "number"):
        return _decimal(first, second)
    if word in _TEXT or word in ("char", "character varying", "character", "nchar"):
        length = _ENDLESS if first is None else float(first) if first.isdecimal() else None
        return None if length is None else _Type("text", length, length)
    for family, known in (("int", _INTEGERS), ("unsigned", _UNSIGNED), ("float", _FLOATS)):
        if word in known:
            least, most = known[word]
            return _Type(family, least, most)
    return _Type(_OTHER[word]) if word in _OTHER and first is None else None


def _decimal(precision: str | None, scale: str | None) -> _Type | None:
    if precision is None or not precision.isdecimal() or len(precision) > 4:
        return None
    return _Type("decimal", int(precision), int(precision), int(scale or 0))


def _by_size(old: _Type, new: _Type) -> TypeChange:
    return _compare(old.most <= new.least, old.least > new.most)


def _into_signed(old: _Type, new: _Type) -> TypeChange:
    return _compare(old.most < new.least, old.least >= new.most)


def _into_float(old: _Type, new: _Type) -> TypeChange:
    sign = 1 if old.family == "int" else 0
    return _compare(old.most - sign <= _MANTISSA[int(new.least)], old.least - sign > _MANTISSA[int(new.most)])


def _into_decimal(old: _Type, new: _Type) -> TypeChange:
    places = new.most - new.scale
    return _compare(_digits(old, old.most) <= places, _digits(old, old.least) > places)


def _digits(whole: _Type, bits: float) -> int:
    return 20 if whole.family == "unsigned" and bits == 64 else _DIGITS[int(bits)]


def _decimals(old: _Type, new: _Type) -> TypeChange:
    fits = new.scale >= old.scale and new.most - new.scale >= old.most - old.scale
    return _compare(fits, not fits)


def _compare(wider: bool, narrower: bool) -> TypeChange:
    return TypeChange.WIDER if wider else TypeChange.NARROWER if narrower else TypeChange.UNCLEAR


_COMPARE = {
    ("int", "int"): _by_size, ("unsigned", "unsigned"): _by_size, ("float", "float"): _by_size,
    ("text", "text"): _by_size, ("unsigned", "int"): _into_signed,
    ("int", "float"): _into_float, ("unsigned", "float"): _into_float,
    ("int", "decimal"): _into_decimal, ("unsigned", "decimal"): _into_decimal, ("decimal", "decimal"): _decimals,
}  # fmt: skip
