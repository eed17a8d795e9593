"""What a record document is about, for people: it may be of any shape, since refused ones are named, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def named(document: Mapping[str, Any]) -> str:
    """Its URN, its parts, or its relation with both ends."""
    if "edge" in document:
        return f"{document['edge']} {_end(document.get('from'))} → {_end(document.get('to'))}"
    if "urn" in document:
        return str(document["urn"])
    parts = (document.get(name) for name in ("entity", "namespace", "name", "version"))
    return ":".join(str(part) for part in parts if part is not None)


def _end(value: Any) -> str:
    if isinstance(value, Mapping):
        return ":".join(str(value[name]) for name in ("kind", "namespace", "name", "version") if name in value)
    return str(value)
