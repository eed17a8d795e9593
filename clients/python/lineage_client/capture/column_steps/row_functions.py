"""The columns that the code of a function of rows names: ``lambda row: row.price * row["pieces"]`` names two."""

from __future__ import annotations

from types import CodeType
from typing import Any


def names_in(function: Any) -> frozenset[str]:
    """Every text, attribute and key that stands in a function's own code. Empty where it has none of Python's."""
    code = getattr(getattr(function, "func", function), "__code__", None)  # of a partial, its function
    return frozenset(_names(code)) if isinstance(code, CodeType) else frozenset()


def _names(code: CodeType) -> set[str]:
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, str):
            found.add(constant)
        elif isinstance(constant, tuple):
            found.update(item for item in constant if isinstance(item, str))
        elif isinstance(constant, CodeType):
            found |= _names(constant)
    return found
