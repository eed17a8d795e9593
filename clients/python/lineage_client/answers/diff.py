"""The answer to "what changed between two times of this", or between two versions of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from lineage_client.answers.answer import Tabular
from lineage_client.answers.columns import Columns, columns_of
from lineage_client.answers.differences import (
    ATTRIBUTES,
    EDGES,
    NODES,
    RUNS,
    Difference,
    EdgeDifference,
    NodeDifference,
    RunComparison,
    Told,
)
from lineage_client.answers.graph import Completeness, Json, Node, Reason
from lineage_client.times import read_optional_time, read_time


@dataclass(frozen=True, slots=True)
class DiffSide:
    """One of the two answers that are compared.

    ``as_of`` is None for now. ``known_at`` is by what it was read, also where nothing was asked for. ``there`` says
    whether anything was recorded to start at.
    """

    urn: str
    as_of: datetime | None
    known_at: datetime
    there: bool
    start: tuple[Node, ...]
    completeness: Completeness

    @classmethod
    def read(cls, data: Json) -> DiffSide:
        """The side that the server wrote."""
        return cls(
            data["urn"],
            read_optional_time(data["asOf"]),
            read_time(data["knownAt"]),
            data["there"],
            tuple(map(Node.read, data["start"])),
            Completeness.read(data["completeness"]),
        )


@dataclass(frozen=True, slots=True)
class DiffCounts:
    """How many of each, of what was compared."""

    added: int
    removed: int
    changed: int
    replaced: int
    unchanged: int


@dataclass(frozen=True, repr=False)
class LineageDiff(Tabular):
    """What changed between two answers of one walk, ``before`` and ``after``: two times, two versions, or both.

    Every difference holds both of its sides; those of ``nodes`` (starts included) go by depth, kind and name, those of
    ``edges`` by their ends. ``runs`` compares how the two were made. ``complete``: both sides are, and so is the
    comparison; if not, ``reasons`` are those of either. In tables, ``attributes`` has values as JSON.
    """

    parts: ClassVar[tuple[str, ...]] = ("nodes", "edges", "attributes", "runs")

    direction: str
    before: DiffSide
    after: DiffSide
    complete: bool
    reasons: tuple[Reason, ...]
    nodes: tuple[NodeDifference, ...]
    edges: tuple[EdgeDifference, ...]
    runs: tuple[RunComparison, ...]
    node_counts: DiffCounts
    edge_counts: DiffCounts
    summary: str

    @classmethod
    def read(cls, data: Json) -> LineageDiff:
        """The answer that the server wrote."""
        return cls(
            data["direction"].lower(),
            DiffSide.read(data["before"]),
            DiffSide.read(data["after"]),
            data["complete"],
            tuple(str(reason).lower() for reason in data["reasons"]),
            tuple(map(NodeDifference.read, data["nodes"])),
            tuple(map(EdgeDifference.read, data["edges"])),
            tuple(map(RunComparison.read, data["runs"])),
            DiffCounts(**data["nodeCounts"]),
            DiffCounts(**data["edgeCounts"]),
            data["summary"],
        )

    @property
    def added(self) -> tuple[NodeDifference, ...]:
        """What is on the newer side alone."""
        return self._of("added")

    @property
    def removed(self) -> tuple[NodeDifference, ...]:
        """What is on the older side alone."""
        return self._of("removed")

    @property
    def changed(self) -> tuple[NodeDifference, ...]:
        """What is on both sides and not as it was."""
        return self._of("changed")

    @property
    def replaced(self) -> tuple[NodeDifference, ...]:
        """What took the place of something else; the two things themselves too, where they are not one."""
        return self._of("replaced")

    def differing_attributes(self) -> Iterator[Told]:
        """Every attribute that differs, of nodes, edges and runs."""
        for node in self.nodes:
            yield from (Told("node", node.node.urn, None, each) for each in node.attributes)
        for item in self.edges:
            yield from (Told("edge", item.edge.downstream, item.edge.upstream, each) for each in item.attributes)
        for run in self.runs:
            yield from (Told("run", run.after.urn, None, each) for each in run.attributes)

    def _of(self, change: Difference) -> tuple[NodeDifference, ...]:
        return tuple(item for item in self.nodes if item.change == change)

    def _columns(self, part: str) -> Columns:
        if part == "edges":
            return columns_of(self.edges, EDGES)
        if part == "attributes":
            return columns_of(self.differing_attributes(), ATTRIBUTES)
        return columns_of(self.runs, RUNS) if part == "runs" else columns_of(self.nodes, NODES)

    def __iter__(self) -> Iterator[NodeDifference]:
        return iter(self.nodes)
