"""Parameters and rows of the walks. Times are microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PresentWalk:
    """A walk along the edges that count now. ``limit`` bounds the nodes beside the starts.

    ``there_until`` is ``open`` to start only where nobody took the start back, 0 to start in any case.
    """

    urns: list[str]
    families: list[str]
    limit: int
    edge_limit: int
    start_limit: int
    open: int
    now: int
    there_until: int


@dataclass(frozen=True, slots=True)
class PastWalk:
    """A walk along the edges that were true at ``as_of`` and recorded by ``known_at``.

    ``heard_by`` is ``known_at`` to start only at what had been heard of by then, ``open`` to start in any case.
    """

    urns: list[str]
    families: list[str]
    limit: int
    edge_limit: int
    start_limit: int
    open: int
    as_of: int
    known_at: int
    heard_by: int


@dataclass(frozen=True, slots=True)
class WalkRow:
    """A subgraph as columns: nodes (the first ``starts`` are the starts), then edges. Missing text is ''."""

    starts: int
    urn: list[str]
    kind: list[str]
    namespace: list[str]
    name: list[str]
    version: list[str]
    version_unknown: list[bool]
    placeholder: list[bool]
    title: list[str]
    true_to: list[int]
    downstream: list[str]
    upstream: list[str]
    relation: list[str]
    family: list[str]
    role: list[str]
    evidence: list[str]
    confidence: list[float]
    version_is: list[str]
    event_id: list[str]
    producer: list[str]
    true_from: list[int]
    edge_true_to: list[int]
    recorded_from: list[int]
    key: list[str]


@dataclass(frozen=True, slots=True)
class BeyondParams:
    """``frontier`` is the last step of a walk, ``known`` all that it reached; the rest says which edges count."""

    frontier: list[str]
    known: list[str]
    families: list[str]
    true_by: int
    true_after: int
    known_at: int


@dataclass(frozen=True, slots=True)
class BeyondRow:
    """There is something."""

    found: bool


@dataclass(frozen=True, slots=True)
class WholesParams:
    """``slices`` are URNs; the rest says which edges count."""

    slices: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One edge, its ends named by URN."""

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


@dataclass(frozen=True, slots=True)
class AppearanceParams:
    """Entities by name, as recorded by ``known_at``."""

    urns: list[str]
    known_at: int
    open: int


@dataclass(frozen=True, slots=True)
class AppearanceRow:
    """What may change about how entities look, as columns, in one record."""

    urn: list[str]
    placeholder: list[bool]
    title: list[str]
    true_to: list[int]
