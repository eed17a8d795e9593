"""JSON that has one meaning: no key twice, no NaN, no lone surrogates, not too long, not too deep."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from registry.errors import InvalidAttestationError

MAX_BYTES: Final = 16 * 1024 * 1024
"""Longest document that is read."""
_MAX_LEVELS: Final = 64


def parse_object(content: bytes, what: str) -> dict[str, Any]:
    """One JSON object. Raises InvalidAttestationError, which calls it ``what``, for anything that two readers may read in two ways."""
    if len(content) > MAX_BYTES:
        raise InvalidAttestationError(f"{what} has more than {MAX_BYTES:,} bytes.")
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse_constant)
        _check_levels(found)
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise InvalidAttestationError(f"{what} is nested deeper than {_MAX_LEVELS} levels.") from None
    except UnicodeError:
        raise InvalidAttestationError(f"{what} is not UTF-8.") from None
    except ValueError as error:
        raise InvalidAttestationError(f"{what} is not sound JSON: {str(error)[:200]}.") from None
    if not isinstance(found, dict):
        raise InvalidAttestationError(f"{what} is JSON, but not an object.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {doubled[:80]!r} stands there twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_levels(value: Any) -> None:
    level = [value]
    for _ in range(_MAX_LEVELS):
        level = [item for outer in level for item in _children(outer) if isinstance(item, dict | list)]
        if not level:
            return
    raise ValueError(f"nested deeper than {_MAX_LEVELS} levels")


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
