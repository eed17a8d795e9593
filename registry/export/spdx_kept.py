"""What came in as SPDX goes out as it came: elements are kept whole as a facet, and put on top of what is made.

References to other elements are not kept: the document has its own. A facet of that name which did not come with our
reading of a sound SPDX document is a facet like any other.
"""

from __future__ import annotations

import re
from typing import Any

from registry.export.subgraph import ExportedEntity

FACET = "spdx"
_EVENT = re.compile(r"spdx-[0-9a-f]{40}")
"""What names the events of the SPDX capture, for documents that hold to the standard."""
_NOT_KEPT = frozenset({"type", "spdxId", "@id", "creationInfo", "originatedBy", "suppliedBy", "extension"})

Json = dict[str, Any]


def kept(entity: ExportedEntity) -> Json:
    """The element that an entity was made from; empty without one."""
    facets = entity.attributes.get("facets")
    found = facets.get(FACET) if isinstance(facets, dict) else None
    event = entity.state.facet_events.get(FACET) or entity.state.event_id or ""
    return found if isinstance(found, dict) and _EVENT.fullmatch(event) else {}


def with_kept(made: Json, entity: ExportedEntity) -> Json:
    """An element as it came, with what is known beyond that."""
    came = kept(entity)
    if came.get("type") != made["type"]:
        return made
    return made | {name: value for name, value in came.items() if name not in _NOT_KEPT and not _refers(value)}


def beside(entity: ExportedEntity, sort: str) -> Json:
    """The attributes without what goes out as it came."""
    attributes = dict(entity.attributes)
    if kept(entity).get("type") == sort:
        facets = {name: value for name, value in attributes.pop("facets").items() if name != FACET}
        attributes |= {"facets": facets} if facets else {}
    return attributes


def _refers(value: Any) -> bool:
    """Whether there is a name in it that only the document had which it came in."""
    if isinstance(value, dict):
        return any(_refers(item) for item in value.values())
    if isinstance(value, list):
        return any(_refers(item) for item in value)
    return isinstance(value, str) and value.startswith("_:")
