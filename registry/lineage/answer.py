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

    ``nodes``, ``edges`` and ``by_kind`` count what this page reports without the starts, ``depth`` is the deepest
    of it. ``total`` and ``total_by_kind`` count all pages, None where the walk did not see them all. ``cursor``
    goes on from here: with the rest of this depth where SIZE or TIME is among the reasons, else with what lies
    deeper. ``known_at`` is up to when the answer knows, in microseconds since 1970.
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
    """Something affected: by which path (shortest, a certain one where there is one), whose it is, and in words."""

    node: Node
    path: tuple[PathStep, ...]
    owners: tuple[Owner, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class KindGroup:
    """The affected items of one kind, in the answer's order."""

    kind: str
    items: tuple[ImpactItem, ...]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.items)

    @property
    def certain(self) -> int:
        """How many of them are certain."""
        return sum(item.node.certainty is Certainty.CERTAIN for item in self.items)

    @property
    def possible(self) -> int:
        """How many of them are only possible."""
        return len(self.items) - self.certain


@dataclass(frozen=True, slots=True)
class OwnerGroup:
    """The affected items of one owner, in the answer's order; ``owner`` None: nobody is recorded for them.

    What has two owners is in both groups.
    """

    owner: Owner | None
    items: tuple[ImpactItem, ...]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.items)


@dataclass(frozen=True, slots=True)
class EvaluationImpact:
    """An evaluation that was measured on affected data, so that its result no longer holds.

    ``model`` and ``data`` are URNs; ``model`` is None where none is recorded. ``certainty`` is the data's.
    """

    evaluation: Node
    model: str | None
    data: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class ImpactAnswer:
    """What a change touches: certain before possible, live deployments first, then by kind, depth and urn."""

    start: tuple[Node, ...]
    items: tuple[ImpactItem, ...]
    by_kind: tuple[KindGroup, ...]
    by_owner: tuple[OwnerGroup, ...]
    evaluations: tuple[EvaluationImpact, ...]
    completeness: Completeness
