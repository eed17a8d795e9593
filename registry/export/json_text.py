"""JSON as documents are written here: the same bytes for the same value."""

from __future__ import annotations

from typing import Any

import orjson


def document(value: Any) -> bytes:
    """Indented UTF-8 with a newline behind it; keys in the order of the value."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def compact(value: Any) -> str:
    """One line with sorted keys: a value inside another document."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
