"""Canonical JSON (RFC 8785): for one value, one text of bytes, so that digests of it can be compared."""

from __future__ import annotations

from typing import Any, Final

import orjson
import rfc8785

from registry.errors import InvalidLedgerError

_SAFE_INTEGER: Final = 2**53 - 1
_PLAIN_DEPTH: Final = 32


def canonical_json(value: Any) -> bytes:
    """The canonical form of a JSON value (dicts with text keys, lists or tuples, text, numbers, booleans, None).

    Raises InvalidLedgerError for what has none: whole numbers beyond 2^53-1, NaN, infinities, lone surrogates, other
    types, nesting that goes too deep.
    """
    try:
        if _is_plain(value, _PLAIN_DEPTH):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, orjson.JSONEncodeError, UnicodeError, RecursionError) as error:
        raise InvalidLedgerError(f"This has no canonical JSON: {type(error).__name__}.") from None


def parse_canonical(content: bytes) -> Any:
    """Read canonical JSON. Raises InvalidLedgerError for any other text, so that nothing has two spellings."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InvalidLedgerError("That is not JSON.") from None
    if canonical_json(value) != content:
        raise InvalidLedgerError(
            "That is not canonical JSON (RFC 8785): keys doubled or unsorted, spaces, other numbers."
        )
    return value


def _is_plain(value: Any, depth: int) -> bool:
    """Whether sorting by bytes and writing as orjson does is what the standard says. It is sixty times as fast.

    Not so for fractions, which orjson writes otherwise, and for keys beyond ASCII, which the standard sorts by UTF-16.
    """
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-_SAFE_INTEGER <= value <= _SAFE_INTEGER)
    if depth == 0:
        return False
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_plain(item, depth - 1) for key, item in value.items())
    return kind is list and all(_is_plain(item, depth - 1) for item in value)
