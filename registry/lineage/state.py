"""One entity as it is, or was: the form in which reading and searching answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.lineage.answer import Edge


@dataclass(frozen=True, slots=True)
class EntityState:
    """What is recorded of one entity in one interval. Times are microseconds since 1970; ends are None while open.

    ``attributes`` are those of the vocabulary, ready for JSON: RFC 3339 times, parsed JSON.
    """

    urn: str
    kind: str
    namespace: str
    name: str
    version: str | None
    version_unknown: bool
    placeholder: bool
    attributes: dict[str, Any]
    true_from: int | None
    true_to: int | None
    recorded_from: int
    recorded_to: int | None
    event_id: str | None
    event_time: int | None
    producer: str | None
    facet_events: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """The events that hold facets, by name, where ``event_id`` does not."""
    channels: tuple[str, ...] = field(default=(), kw_only=True)
    """The channels by which somebody has said that it is so."""
    sealed: Mapping[str, str] = field(default_factory=dict, kw_only=True, repr=False)
    """Envelopes of sensitive attributes by name, and of sensitive facets as ``facets.name``; no attribute is of that name."""


@dataclass(frozen=True, slots=True)
class PastState(EntityState):
    """One of the states that were recorded of an entity; ``cursor`` goes on behind it."""

    cursor: str


@dataclass(frozen=True, slots=True)
class Page:
    """A part of an ordered list: ``cursors`` match ``items`` and go on behind each; ``total`` counts the whole list."""

    items: tuple[EntityState, ...]
    cursors: tuple[str, ...]
    total: int
    has_next: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What one edge joins an entity to: ``entity`` at the other end, as it is at the asked time."""

    edge: Edge
    entity: EntityState


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The neighbours of one entity in a stable order; ``has_next`` says that there are more than asked for."""

    items: tuple[Neighbour, ...]
    cursors: tuple[str, ...]
    has_next: bool


@dataclass(frozen=True, slots=True)
class RecordedFinding:
    """Something worth knowing that was found while writing; ``cursor`` goes on behind it.

    ``recorded_at`` is microseconds since 1970.
    """

    id: str
    rule: str
    severity: str
    urn: str
    message: str
    event_id: str | None
    recorded_at: int
    cursor: str


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What to look for. Without ``text`` it is a list by name. ``owner`` is a URN or a name.

    ``after`` is a cursor of an earlier answer to the same question. ``as_of`` and ``known_at`` are microseconds since
    1970, None for now and for everything recorded. ``channels`` leaves what came by one of them (None: any).
    """

    text: str | None = None
    kinds: tuple[str, ...] = ()
    namespace: str | None = None
    tags: tuple[str, ...] = ()
    owner: str | None = None
    lifecycle: str | None = None
    first: int = 20
    after: str | None = None
    as_of: int | None = None
    known_at: int | None = None
    channels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of hits in a stable order. ``total`` counts every hit, exactly where ``total_is_exact``.

    It is of the state that had been recorded by ``known_at``, and so are the pages that its cursors lead to.
    """

    items: tuple[EntityState, ...]
    cursors: tuple[str, ...]
    total: int
    total_is_exact: bool
    has_next: bool
    known_at: int
