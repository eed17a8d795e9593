"""What is exported: entities as they were recorded, edges with their evidence, and how complete all that is.

Formats know nothing but this; they read no database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graph_schema.times import format_time
from graph_schema.urn import label
from registry.lineage.state import EntityState

PRODUCER = "urn:lineage:registry"
"""What names this registry as the source of a document; an address would have to exist for ever."""
SAY = "urn:lineage:registry:"
"""Begins every name of ours in a foreign document."""


@dataclass(frozen=True, slots=True)
class ExportedEntity:
    """One entity. ``depth`` and ``certainty`` are None where no walk led there: it is said about something else."""

    state: EntityState
    depth: int | None = None
    certainty: str | None = None

    @property
    def urn(self) -> str:
        """Its name."""
        return self.state.urn

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.state.kind

    @property
    def walked(self) -> bool:
        """Whether it belongs to the answer itself, and not to what surrounds it."""
        return self.depth is not None

    @property
    def attributes(self) -> dict[str, Any]:
        """The vocabulary's attributes, ready for JSON."""
        return self.state.attributes

    @property
    def label(self) -> str:
        """How a person calls it."""
        state, title = self.state, self.state.attributes.get("title")
        name = title if title and state.version is None and not state.version_unknown else state.name
        return label(name, state.version, version_unknown=state.version_unknown)

    def facts(self) -> dict[str, Any]:
        """Everything beside attributes, under the names of the product's other interfaces; absent where unknown."""
        state = self.state
        return _without_none(
            {
                "urn": state.urn,
                "kind": state.kind,
                "namespace": state.namespace,
                "name": state.name,
                "version": state.version,
                "version_unknown": state.version_unknown or None,
                "placeholder": state.placeholder or None,
                "depth": self.depth,
                "certainty": self.certainty,
                "true_from": time_text(state.true_from),
                "true_to": time_text(state.true_to),
                "recorded_from": time_text(state.recorded_from),
                "event_id": state.event_id,
                "event_time": time_text(state.event_time),
                "producer": state.producer,
            }
        )


@dataclass(frozen=True, slots=True)
class ExportedEdge:
    """One edge: ``downstream`` depends on ``upstream``. ``attributes`` are its relation's and those of every edge.

    ``walked`` says that the walk followed it; other edges surround the answer. ``true_from`` is None for what is
    drawn between names but kept nowhere (a column and what has it).
    """

    downstream: str
    upstream: str
    relation: str
    family: str
    key: str
    attributes: Mapping[str, Any]
    event_id: str | None = None
    event_time: int | None = None
    producer: str | None = None
    channel: str | None = None
    trusted: bool | None = None
    true_from: int | None = None
    true_to: int | None = None
    recorded_from: int | None = None
    walked: bool = True

    @property
    def order(self) -> tuple[str, str, str, str]:
        """What names it among all others."""
        return self.downstream, self.upstream, self.relation, self.key

    @property
    def role(self) -> str | None:
        """What something was read for."""
        return self.attributes.get("role")

    def facts(self) -> dict[str, Any]:
        """Evidence and times beside the attributes; absent where unknown."""
        return _without_none(
            {
                "relation": self.relation,
                "family": self.family,
                "key": self.key or None,
                "event_id": self.event_id,
                "event_time": time_text(self.event_time),
                "producer": self.producer,
                "channel": self.channel,
                "trusted": self.trusted,
                "true_from": time_text(self.true_from),
                "true_to": time_text(self.true_to),
                "recorded_from": time_text(self.recorded_from),
                "walked": self.walked,
            }
        )


@dataclass(frozen=True, slots=True)
class Extent:
    """What was asked for, and how much of it this is. Times are microseconds since 1970.

    ``complete`` exactly where there are no ``reasons`` (depth, size, time); ``known_at`` is the recorded time that
    everything is of, ``as_of`` None means the present of then.
    """

    starts: tuple[str, ...]
    direction: str
    depth: int | None
    as_of: int | None
    known_at: int | None
    reasons: tuple[str, ...] = ()
    surroundings: bool = True

    @property
    def complete(self) -> bool:
        """Whether nothing that was asked for is missing."""
        return not self.reasons

    def facts(self) -> dict[str, Any]:
        """The same, ready for JSON; absent where not said."""
        return _without_none(
            {
                "complete": self.complete,
                "reasons": list(self.reasons),
                "starts": list(self.starts),
                "direction": self.direction,
                "depth": self.depth,
                "as_of": time_text(self.as_of),
                "known_at": time_text(self.known_at),
                "surroundings": self.surroundings,
            }
        )


@dataclass(frozen=True)
class Subgraph:
    """Entities by URN and edges by :attr:`ExportedEdge.order`, each once and in that order."""

    entities: tuple[ExportedEntity, ...]
    edges: tuple[ExportedEdge, ...]
    extent: Extent

    @cached_property
    def by_urn(self) -> dict[str, ExportedEntity]:
        """Entities by name."""
        return {entity.urn: entity for entity in self.entities}

    @cached_property
    def upstream_of(self) -> dict[str, tuple[ExportedEdge, ...]]:
        """The edges that lead away from an entity, by its name."""
        return _grouped((edge.downstream, edge) for edge in self.edges)

    @cached_property
    def downstream_of(self) -> dict[str, tuple[ExportedEdge, ...]]:
        """The edges that lead to an entity, by its name."""
        return _grouped((edge.upstream, edge) for edge in self.edges)

    def upstream(self, urn: str, *relations: str) -> list[ExportedEntity]:
        """What edges of some relations lead to from an entity, in order."""
        found = {edge.upstream for edge in self.upstream_of.get(urn, ()) if edge.relation in relations}
        return [self.by_urn[name] for name in sorted(found)]

    def downstream(self, urn: str, *relations: str) -> list[ExportedEntity]:
        """What edges of some relations lead to an entity from, in order."""
        found = {edge.downstream for edge in self.downstream_of.get(urn, ()) if edge.relation in relations}
        return [self.by_urn[name] for name in sorted(found)]

    def of_kinds(self, *kinds: str) -> list[ExportedEntity]:
        """The entities of some kinds, in order."""
        return [entity for entity in self.entities if entity.kind in kinds]

    def left_out(self, kinds: Iterable[str]) -> dict[str, int]:
        """How many entities of each kind a format has no place for, given the kinds that it has one for."""
        there = set(kinds)
        counted = Counter(entity.kind for entity in self.entities if entity.kind not in there)
        return dict(sorted(counted.items()))


def time_text(micros: int | None) -> str | None:
    """RFC 3339 in UTC; None for what is not known or has not ended."""
    return None if micros is None else format_time(micros)


def _grouped(pairs: Iterable[tuple[str, ExportedEdge]]) -> dict[str, tuple[ExportedEdge, ...]]:
    found: dict[str, list[ExportedEdge]] = {}
    for name, edge in pairs:
        found.setdefault(name, []).append(edge)
    return {name: tuple(edges) for name, edges in found.items()}


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
