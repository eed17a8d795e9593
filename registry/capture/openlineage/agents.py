"""Owners, tags and descriptions: what jobs, runs and data sets say alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph_schema.urn import Urn
from registry.capture.documents import objects
from registry.capture.events import asset, edge, text_or_none
from registry.capture.openlineage.lineage_facets import Facets, alive
from registry.capture.source import RecordDocument

OWNERS = "openlineage"
"""The namespace of owners: events name them without one."""
_KINDS = {
    "user": "Person", "person": "Person", "email": "Person", "service": "Service", "application": "Service",
    "app": "Service", "team": "Team", "group": "Team", "department": "Team",
}  # fmt: skip
_TEXT_MAX = 262_144
_NAME_MAX = 1024


def owner_urn(name: str) -> Urn:
    """Who ``user:ann``, ``team:data`` or a bare name is; a bare one is a team, or a person by its address.

    Raises UrnError.
    """
    sort, colon, rest = name.partition(":")
    if colon and sort.lower() in _KINDS and rest.strip():
        return asset(_KINDS[sort.lower()], OWNERS, rest.strip())
    return asset("Person" if "@" in name else "Team", OWNERS, name.strip())


def owner_records(owned: Urn, facets: Facets) -> Iterator[RecordDocument]:
    """OWNED_BY for each owner of the ownership facet."""
    for owner in objects(alive(facets, "ownership").get("owners")):
        name = text_or_none(owner.get("name"))
        if name is not None:
            yield edge("OWNED_BY", owned, owner_urn(name), {"ownership": label(owner.get("type"))})


def description(facets: Facets) -> str | None:
    """The text of the documentation facet."""
    return text(alive(facets, "documentation").get("description"))


def tags(facets: Facets, column: str | None = None) -> list[str]:
    """The tags facet as labels, ``key`` or ``key=value``: those of the whole, or those of one column."""
    found = set()
    for tag in objects(alive(facets, "tags").get("tags")):
        key, value = label(tag.get("key")), tag.get("value")
        if key is not None and (text_or_none(tag.get("field")) or None) == column:
            plain = value is None or value is True or str(value).lower() in ("true", "")
            found.add(label(key if plain else f"{key}={value}") or key)
    return sorted(found)


def taken_away(entity: Urn, facets: Facets) -> Iterator[RecordDocument]:
    """Amendments for used facets that an event deletes."""
    gone = {name: None for name, facet in _ATTRIBUTES.items() if (facets.get(facet) or {}).get("_deleted")}
    if gone:
        yield {
            "entity": entity.kind, "urn": str(entity), "op": "amend", "attributes": gone,
            "reason": "an OpenLineage event deleted the facet",
        }  # fmt: skip


_ATTRIBUTES = {"description": "documentation", "tags": "tags"}


def text(value: Any) -> str | None:
    """A text as an attribute takes it, cut where it is too long; None for anything else."""
    return value.replace("\0", "")[:_TEXT_MAX] if isinstance(value, str) and value.strip("\0 \n\t") else None


def label(value: Any) -> str | None:
    """A short text without control characters; None for anything else."""
    if not isinstance(value, str):
        return None
    return "".join(ch for ch in value if ch >= " " and ch != "\x7f").strip()[:_NAME_MAX] or None
