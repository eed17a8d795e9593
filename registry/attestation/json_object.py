"""Documents that are one JSON object: not too long, not too deep, with one meaning."""

from __future__ import annotations

from typing import Any, Final

from registry.errors import InvalidAttestationError
from registry.strict_json import NotJsonError, read_json

MAX_BYTES: Final = 16 * 1024 * 1024
"""Longest document that is read."""
_MAX_LEVELS: Final = 64


def parse_object(content: bytes, what: str) -> dict[str, Any]:
    """One JSON object. Raises InvalidAttestationError, which calls it ``what``, for anything that two readers may read in two ways."""
    if len(content) > MAX_BYTES:
        raise InvalidAttestationError(f"{what} has more than {MAX_BYTES:,} bytes.")
    try:
        found = read_json(content)
    except NotJsonError as error:
        raise InvalidAttestationError(f"{what} is not sound JSON: {str(error)[:200]}.") from None
    if not isinstance(found, dict):
        raise InvalidAttestationError(f"{what} is JSON, but not an object.")
    _check_levels(found, what)
    return found


def _check_levels(value: Any, what: str) -> None:
    level = [value]
    for _ in range(_MAX_LEVELS):
        level = [item for outer in level for item in _children(outer) if isinstance(item, dict | list)]
        if not level:
            return
    raise InvalidAttestationError(f"{what} is nested deeper than {_MAX_LEVELS} levels.")


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
