"""Why an event cannot be taken, in the words of whoever sent it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from registry.errors import InvalidEventError, RegistryError

_SHOWN = 20
_TOO_DEEP = "nested deeper than 250 levels"


def blamed(errors: Iterable[Mapping[str, Any]], lines: Mapping[int, frozenset[str]]) -> dict[str, RegistryError]:
    """The events (by digest) whose records are refused, with what is wrong. ``lines`` says where records are from."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in errors:
        for digest in lines.get(item.get("line", 0), ()):
            found.setdefault(digest, []).append(item)
    return {digest: _refusal(listed) for digest, listed in found.items()}


def too_deep() -> InvalidEventError:
    """The event has more levels than can be kept."""
    errors = [{"field": "", "rule": "nesting", "message": _TOO_DEEP}]
    return InvalidEventError(f"The event cannot be taken: {_TOO_DEEP}.", errors=errors)


def _refusal(errors: list[Mapping[str, Any]]) -> InvalidEventError:
    shown = [{key: item[key] for key in ("field", "rule", "message") if key in item} for item in errors[:_SHOWN]]
    first = shown[0]
    place = f"{first['field']}: " if first.get("field") else ""
    return InvalidEventError(f"The event cannot be taken: {place}{first['message']}.", errors=shown)
