"""Parameters and rows of the questions about single entities. Times are microseconds since 1970.

``true_by``, ``true_after`` and ``known_at`` say which edges count: true from the first or before until after the
second, recorded by the third and not taken back by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StatesNowParams:
    """Entities by name."""

    urns: list[str]
    open: int


@dataclass(frozen=True, slots=True)
class StatesAtParams:
    """Entities by name, at a time, as recorded by another."""

    urns: list[str]
    as_of: int
    known_at: int


@dataclass(frozen=True, slots=True)
class HistoryParams:
    """One entity: states recorded by ``known_at`` and so from ``so_by`` or before until after ``so_after``.

    ``after_from`` and ``after_to`` are the place in their order, by when they were recorded and replaced.
    """

    urn: str
    known_at: int
    so_by: int
    so_after: int
    after_from: int
    after_to: int
    limit: int


@dataclass(frozen=True, slots=True)
class PropertiesRow:
    """The stored properties of an entity or of a state of it."""

    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VersionsParams:
    """One logical asset."""

    urn: str
    true_by: int
    true_after: int
    known_at: int


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version (None where it is unknown), when it was made as far as known, and what it revises."""

    urn: str
    version: str | None
    made_at: int
    revises: list[str]


@dataclass(frozen=True, slots=True)
class NeighbourParams:
    """The edges of entities, of some relations, behind a place in their order (all '' for the first)."""

    urns: list[str]
    relations: list[str]
    true_by: int
    true_after: int
    known_at: int
    after_relation: str
    after_urn: str
    after_key: str
    limit: int


@dataclass(frozen=True, slots=True)
class NeighbourRow:
    """One edge and the stored properties of the entity at its other end."""

    downstream: str
    upstream: str
    relation: str
    family: str
    role: str | None
    evidence: str | None
    confidence: float | None
    version_is: str | None
    event_id: str | None
    producer: str | None
    true_from: int | None
    true_to: int
    recorded_from: int
    key: str
    channels: list[str]
    neighbour: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OwnersParams:
    """Entities by name."""

    urns: list[str]
    true_by: int
    true_after: int
    known_at: int


@dataclass(frozen=True, slots=True)
class OwnerColumns:
    """What is owned, beside its owner's name; as columns, in one record."""

    owned: list[str]
    urn: list[str]
    kind: list[str]
    name: list[str]


@dataclass(frozen=True, slots=True)
class FindingParams:
    """Findings about one entity behind a place in their order."""

    urn: str
    rule: str | None
    before: int
    after_id: str
    limit: int


@dataclass(frozen=True, slots=True)
class FindingsParams:
    """Findings behind a place in their order."""

    rule: str | None
    before: int
    after_id: str
    limit: int


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding."""

    id: str
    rule: str
    severity: str
    urn: str
    message: str
    event_id: str | None
    recorded_at: int


@dataclass(frozen=True, slots=True)
class PrefixParams:
    """How the name begins, and which kind and namespace to prefer; ``scan`` bounds what is looked at."""

    prefix: str
    kind: str
    namespace: str
    open: int
    scan: int
    limit: int


@dataclass(frozen=True, slots=True)
class SoundingParams:
    """Words in the full-text index's language, made by ``graph_schema.search_text``."""

    query: str
    open: int
    limit: int


@dataclass(frozen=True, slots=True)
class UrnRow:
    """A name."""

    urn: str
