"""A seeded graph of version-level machine-learning lineage, in integers: projects of chains, ladders and one hub.

A project has a source and some chains. A chain makes twenty versions of one table or model, one at each place: a run
reads the version before it, versions of earlier places in other chains of the project, and makes the next one. The
first two chains of every project read each other as well, which makes a ladder of diamonds (2^19 paths from end to
end). One version, the hub, is read all over a third of the graph. Nothing leads back, so no path is longer than the
41 edges of a chain and its deployment.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

CHAIN = 20
"""Versions in a chain."""
DEPLOYED = CHAIN
"""The place of a deployment: behind the last version."""
DATASET_VERSION, RUN, MODEL_VERSION, DEPLOYMENT = range(4)
KINDS = ("DatasetVersion", "Run", "ModelVersion", "Deployment")

_NODES_PER_CHAIN = 2 * CHAIN
_LATER = CHAIN - 1  # places at which a run reads what earlier places made
_LADDER = 2
_PROJECTS = (10_000, 5_000, 1_000, 1_000, 200, 200, 80, 80)
_SMALLEST = 80
_READERS_OF_HUB = 0.034
_NEAREST = 0.7
_DRAWS = 3
_MODELS_FROM = 16


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a graph is to be; what comes out is within some percent of it.

    ``widest`` is how many nodes lie downstream of the hub.
    """

    nodes: int
    edges_per_node: float = 3.0
    widest: int = 0


SHAPES = {
    "1k": Shape(1_000, widest=400),
    "10k": Shape(10_000, widest=3_300),
    "100k": Shape(100_000, widest=33_000),
    "1m": Shape(1_000_000, edges_per_node=5.0, widest=300_000),
}
"""The graphs that are measured, by name."""


@dataclass(slots=True)
class LineageGraph:
    """Nodes are numbers in the order in which they came to be; edge i leads from ``downstream[i]`` to ``upstream[i]``.

    ``kind`` indexes KINDS; ``place`` is how far along its chain a node is; ``sources`` are the first versions of
    projects, ``hub`` the one that everybody reads. Runs read (USED), products come from runs (GENERATED_BY),
    deployments serve models (DEPLOYS), so that the kind of an edge's downstream end says which relation it is.
    """

    kind: bytearray = field(default_factory=bytearray)
    place: bytearray = field(default_factory=bytearray)
    chain: array[int] = field(default_factory=lambda: array("i"))
    project: array[int] = field(default_factory=lambda: array("i"))
    downstream: array[int] = field(default_factory=lambda: array("i"))
    upstream: array[int] = field(default_factory=lambda: array("i"))
    sources: list[int] = field(default_factory=list)
    hub: int = 0

    def __len__(self) -> int:
        return len(self.kind)

    def edges(self) -> Iterator[tuple[int, int]]:
        """Downstream and upstream end of each edge; those of one node are together."""
        return zip(self.downstream, self.upstream, strict=True)


def generate(shape: Shape, seed: int = 7) -> LineageGraph:
    """Make the graph; the same shape and seed give the same one."""
    inside = [_chains_in(size) for size in _project_sizes(shape.widest)]
    outside = [_chains_in(size) for size in _project_sizes(shape.nodes - shape.widest)]
    builder = _Builder(shape, seed, inside, outside)
    for chains in inside:
        builder.add_project(chains, reads_hub=True)
    for chains in outside:
        builder.add_project(chains, reads_hub=False)
    return builder.graph


def _chains_in(size: int) -> int:
    return max(_LADDER, round(size / _NODES_PER_CHAIN))


def _project_sizes(area: int) -> Iterator[int]:
    """Sizes of projects that fill an area: large and small ones in turn, the last takes what is left."""
    left = area
    for size in cycle(_PROJECTS):
        if left < 2 * _SMALLEST:
            break
        if 2 * size <= left:
            yield size
            left -= size
    if left >= _SMALLEST // 2:
        yield left


class _Builder:
    """Adds project after project; ``_more`` and ``_hub_again`` are how much a run reads beside what every run reads."""

    def __init__(self, shape: Shape, seed: int, inside: list[int], outside: list[int]) -> None:
        self.graph = LineageGraph()
        self._random = random.Random(seed).random
        chains, projects = sum(inside) + sum(outside), len(inside) + len(outside)
        readers = shape.nodes * _READERS_OF_HUB
        anyway = chains * 2 * CHAIN + projects * _LADDER * _LATER + chains // 4 + readers
        free_runs = (chains - projects * _LADDER) * _LATER  # those that are not part of a ladder or a beginning
        self._more = max(0.0, shape.edges_per_node * shape.nodes - anyway) / max(1, free_runs)
        free_inside = (sum(inside) - len(inside) * _LADDER) * _LATER
        self._hub_again = max(0.0, readers - sum(inside)) / max(1, free_inside)
        self.graph.hub = self._node(DATASET_VERSION, 0, 0, 0)
        self._chains, self._projects = 1, 0

    def add_project(self, chains: int, *, reads_hub: bool) -> None:
        graph = self.graph
        self._projects += 1
        source = self._node(DATASET_VERSION, self._chains, 0, self._projects)
        graph.sources.append(source)
        first = self._chains + 1
        self._chains = first + chains
        made: list[list[int]] = []
        for place in range(CHAIN):
            row = []
            for index in range(chains):
                run = self._node(RUN, first + index, place, self._projects)
                read = self._read(made, index, place) if made else {source}
                if reads_hub and (not made or (index >= _LADDER and self._random() < self._hub_again)):
                    read.add(graph.hub)
                for version in sorted(read):
                    self._edge(run, version)
                model = index % 4 == 3 and place >= _MODELS_FROM
                product = self._node(MODEL_VERSION if model else DATASET_VERSION, first + index, place, self._projects)
                self._edge(product, run)
                row.append(product)
            made.append(row)
        for index in range(3, chains, 4):
            deployment = self._node(DEPLOYMENT, first + index, DEPLOYED, self._projects)
            self._edge(deployment, made[-1][index])

    def _read(self, made: list[list[int]], index: int, place: int) -> set[int]:
        before = made[place - 1]
        if index < _LADDER:
            return {before[0], before[1]}
        number, read, chains = self._random, {before[index]}, len(before)
        wanted = 1 + int(self._more + number())
        for _ in range(_DRAWS * wanted):  # in a small project there are not always as many
            if len(read) >= wanted:
                break
            row = before if number() < _NEAREST else made[int(number() * place)]
            read.add(row[int(number() * chains)])
        return read

    def _node(self, kind: int, chain: int, place: int, project: int) -> int:
        graph = self.graph
        graph.kind.append(kind)
        graph.chain.append(chain)
        graph.place.append(place)
        graph.project.append(project)
        return len(graph.kind) - 1

    def _edge(self, downstream: int, upstream: int) -> None:
        self.graph.downstream.append(downstream)
        self.graph.upstream.append(upstream)
