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
from registry.lineage.request import Direction as Direction
from registry.lineage.request import WalkRequest as WalkRequest
from registry.lineage.standing import UNKNOWN, Standing


class Certainty(StrEnum):
    """Certain, or only possible because some path needs a version that nobody recorded."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


class Reason(StrEnum):
    """Why an answer is not complete."""

    DEPTH = "depth"  # something lies behind the depth that was asked for
    SIZE = "size"  # there is more than the limit lets through
    TIME = "time"  # the time budget ran out
    PERMISSION = "permission"  # it met something that the reader may not see


class Node(NamedTuple):
    """One entity of an answer.

    ``depth`` counts edges from the nearest start (0 for a start) along a shortest path of the node's
    ``certainty``; ``true_to`` is None for what has not ended, else microseconds since 1970. ``direction`` is the
    way it was reached. Where versions are rolled up, ``members`` are those that an asset stands for.
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
    direction: Direction | None = None
    members: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How a person calls it: ``orders v3``, ``orders (version unknown)``, ``fraud-endpoint``."""
        name = self.title if self.title and self.version is None and not self.version_unknown else self.name
        return urn.label(name, self.version, version_unknown=self.version_unknown)


class Edge(NamedTuple):
    """One stored edge, named by its ends: ``downstream`` depends on ``upstream``.

    Times are microseconds since 1970; ``true_to`` is None for what has not ended. ``key`` tells parallel edges of
    one relation apart, as ``name=value`` pairs joined by ``|``. ``channels`` are those by which somebody has said it.
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
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far an answer can be trusted to be all there is: ``complete`` exactly where there are no ``reasons``.

    ``nodes``, ``edges`` and ``by_kind`` count what this page reports without the starts, ``depth`` is the deepest
    of it. ``total`` and ``total_by_kind`` count all pages, None where the walk did not see them all. ``cursor``
    goes on from here: with the rest of this depth where SIZE or TIME is among the reasons, else with what lies
    deeper; what is hidden (PERMISSION) nothing leads to. ``known_at`` is up to when the answer knows, in microseconds since 1970.
    """

    complete: bool
    reasons: tuple[Reason, ...]
    nodes: int
    edges: int
    depth: int
    by_kind: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    total_by_kind: Mapping[str, int] | None = None
    cursor: str | None = None
    known_at: int | None = None


@dataclass(frozen=True, slots=True)
class EdgeColumns:
    """Edges as columns; ``downstream`` and ``upstream`` are places of nodes in the whole answer, all pages of it."""

    downstream: list[int]
    upstream: list[int]
    relation: list[str]
    family: list[str]
    role: list[str | None]
    evidence: list[str | None]
    confidence: list[float | None]


@dataclass(frozen=True, slots=True)
class LineageColumns:
    """Nodes as columns, starts first (depth 0, on the first page alone), then by depth and name.

    ``offset`` is the place of the first of them in the whole answer. Without whole nodes, ``namespace``, ``name`` and
    ``version`` are empty; without edges ``edges`` are.
    """

    offset: int
    urn: list[str]
    kind: list[str]
    namespace: list[str]
    name: list[str]
    version: list[str | None]
    depth: list[int]
    certainty: list[Certainty]
    edges: EdgeColumns
    completeness: Completeness


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
    columns: LineageColumns | None = None


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
