"""From what the graph keeps to what readers get: properties of a node become an entity's state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from graph_schema.catalogue import KINDS, properties_of
from graph_schema.core import ValueType
from graph_schema.storage import SEALED
from graph_schema.times import OPEN, format_time
from registry.lineage.state import EntityState
from registry.secrecy.fields import FACETS, SEALED_FACET
from registry.secrecy.sealing import sealed_facet
from registry.writer.facets import events_of_facets


def _json(text: str) -> Any:
    return orjson.loads(text)


_CONVERT: dict[ValueType, Callable[[Any], Any]] = {ValueType.TIMESTAMP: format_time, ValueType.JSON: _json}
_READERS = {kind.name: {item.name: _CONVERT.get(item.type) for item in properties_of(kind)} for kind in KINDS.values()}


def entity_state(stored: dict[str, Any]) -> EntityState:
    """The state that stored properties hold. What the vocabulary does not know is left out."""
    kind = stored["kind"]
    readers = _READERS[kind]
    attributes: dict[str, Any] = {}
    sealed: dict[str, str] = {}
    for name, value in stored.items():
        if name in readers:
            convert = readers[name]
            attributes[name] = value if convert is None else convert(value)
        elif name.startswith(SEALED):
            sealed[name.removeprefix(SEALED)] = value
    if SEALED_FACET in stored.get(FACETS, ""):
        sealed |= _take_out_sealed(attributes)
    return EntityState(
        stored["urn"], kind, stored["namespace"], stored["name"], stored.get("version"),
        "version_unknown" in stored, "placeholder" in stored, dict(sorted(attributes.items())),
        stored.get("true_from"), closed(stored.get("true_to", OPEN)),
        stored["recorded_from"], closed(stored["recorded_to"]),
        stored.get("event_id"), stored.get("event_time"), stored.get("producer"),
        facet_events=events_of_facets(stored, attributes.get(FACETS, ())), sealed=sealed,
        channels=tuple(stored.get("channels") or filter(None, [stored.get("channel")])),
    )  # fmt: skip


def readable(kind: str, name: str, value: Any) -> Any:
    """An attribute's value in the graph's form, as readers get it."""
    convert = _READERS[kind].get(name)
    return value if convert is None or value is None else convert(value)


def _take_out_sealed(attributes: dict[str, Any]) -> dict[str, str]:
    """The envelopes of sensitive facets, which are no facets for whoever reads the others."""
    sealed = {}
    for name, value in attributes[FACETS].items():
        envelope = sealed_facet(value)
        if envelope is not None:
            sealed[f"{FACETS}.{name}"] = envelope
    attributes[FACETS] = {name: value for name, value in attributes[FACETS].items() if f"{FACETS}.{name}" not in sealed}
    if not attributes[FACETS]:
        del attributes[FACETS]
    return sealed


def closed(end: int) -> int | None:
    """The end of an interval, None where it has not ended."""
    return None if end >= OPEN else end
