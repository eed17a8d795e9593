"""What a walk through lineage answers: nodes, edges, why each is there, and how complete it all is.

Nodes and edges are many in a big answer, so they are named tuples: immutable, and made from columns at a
third of a dataclass's price. Everything else is a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from graph_schema import urn
from registry.lineage.standing import UNKNOWN, Standing


class Direction(StrEnum):
    """Upstream leads to what something was made from, downstream to what uses it."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


class Certainty(StrEnum):
    """Certain, or only possible because some path needs a version that nobody recorded."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


class Reason(StrEnum):
    """Why an answer is not complete."""

    DEPTH = "depth"  # something lies behind the depth that was asked for
    SIZE = "size"  # there is more than the limit lets through
    TIME = "time"  # the time budget ran out


class Node(NamedTuple):
    """One entity of an answer.

    ``depth`` counts edges from the nearest start (0 for a start) along a shortest path of the node's
    ``certainty``; ``true_to`` is None for what has not ended, else microseconds since 1970.
    """

    urn: str
    kind: str
    namespace: str
    name: str
    version: str | None
    version_unknown: bool
    placeholder: bool
    title: str | None
    true_to: int | None
    depth: int
    certainty: Certainty

    @property
    def label(self) -> str:
        """How a person calls it: ``orders v3``, ``orders (version unknown)``, ``fraud-endpoint``."""
        name = self.title if self.title and self.version is None and not self.version_unknown else self.name
        return urn.label(name, self.version, version_unknown=self.version_unknown)


class Edge(NamedTuple):
    """One stored edge, named by its ends: ``downstream`` depends on ``upstream``.

    Times are microseconds since 1970; ``true_to`` is None for what has not ended. ``key`` tells parallel edges of
    one relation apart, as ``name=value`` pairs joined by ``|``.
    """

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
    true_to: int | None
    recorded_from: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far an answer can be trusted to be all there is: ``complete`` exactly where there are no ``reasons``.

    ``nodes`` and ``by_kind`` count what is reported without the starts, ``depth`` is the deepest of it.
    """

    complete: bool
    reasons: tuple[Reason, ...]
    nodes: int
    edges: int
    depth: int
    by_kind: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WalkRequest:
    """A question about lineage. Times are microseconds since 1970, None for now and for all that is recorded.

    ``depth`` None walks to the end. ``kinds`` are the only ones reported (empty: all); the walk passes through
    the others all the same. ``limit`` bounds what is reported, ``max_walked`` what is walked to find it.
    """

    urn: str
    direction: Direction = Direction.UPSTREAM
    depth: int | None = None
    kinds: tuple[str, ...] = ()
    software: bool = False
    possible: bool = True
    limit: int = 1000
    as_of: int | None = None
    known_at: int | None = None
    max_walked: int = 100_000


@dataclass(frozen=True, slots=True)
class LineageAnswer:
    """The subgraph that a walk found. ``start`` has depth 0; ``nodes`` are ordered by depth, kind and urn.

    ``edges`` are those walked between reported nodes, in a stable order.
    """

    start: tuple[Node, ...]
    direction: Direction
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    completeness: Completeness


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step away from the start: the edge, and the node that it leads to."""

    edge: Edge
    node: Node


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for something."""

    urn: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class ImpactItem:
    """Something affected: by which path (shortest, a certain one where there is one), whose it is, and in words.

    ``standing`` says how much it matters.
    """

    node: Node
    path: tuple[PathStep, ...]
    owners: tuple[Owner, ...]
    summary: str
    standing: Standing = UNKNOWN
