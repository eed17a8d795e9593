"""From what the graph keeps to what readers get: properties of a node become an entity's state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from graph_schema.catalogue import KINDS, properties_of
from graph_schema.core import ValueType
from graph_schema.times import OPEN, format_time
from registry.lineage.state import EntityState
from registry.writer.facets import events_of_facets


def _json(text: str) -> Any:
    return orjson.loads(text)


_CONVERT: dict[ValueType, Callable[[Any], Any]] = {ValueType.TIMESTAMP: format_time, ValueType.JSON: _json}
_READERS = {kind.name: {item.name: _CONVERT.get(item.type) for item in properties_of(kind)} for kind in KINDS.values()}


def entity_state(stored: dict[str, Any]) -> EntityState:
    """The state that stored properties hold. What the vocabulary does not know is left out."""
    kind = stored["kind"]
    readers = _READERS[kind]
    attributes = {}
    for name, value in stored.items():
        if name in readers:
            convert = readers[name]
            attributes[name] = value if convert is None else convert(value)
    return EntityState(
        stored["urn"], kind, stored["namespace"], stored["name"], stored.get("version"),
        "version_unknown" in stored, "placeholder" in stored, dict(sorted(attributes.items())),
        stored.get("true_from"), closed(stored.get("true_to", OPEN)),
        stored["recorded_from"], closed(stored["recorded_to"]),
        stored.get("event_id"), stored.get("event_time"), stored.get("producer"),
        facet_events=events_of_facets(stored, attributes.get("facets", ())),
    )  # fmt: skip


def closed(end: int) -> int | None:
    """The end of an interval, None where it has not ended."""
    return None if end >= OPEN else end
