"""Parameters and rows of what an export reads beside the walk. Times are microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RecordedStatesParams:
    """Entities by name, as they had been recorded by a time."""

    urns: list[str]
    known_at: int


@dataclass(frozen=True, slots=True)
class RecordedStateRow:
    """The stored properties of an entity or of a state of it."""

    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WholeEdgesParams:
    """The edges of entities, of some relations, in a window of the two times."""

    urns: list[str]
    relations: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int


@dataclass(frozen=True, slots=True)
class WholeEdgeRow:
    """One edge with all of its stored properties."""

    downstream: str
    upstream: str
    relation: str
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UrnRow:
    """A name."""

    urn: str
