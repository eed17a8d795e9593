"""How far and how sure: a breadth-first search over a subgraph, once for what is certain and once for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from registry.lineage.answer import Certainty, Edge, Node, PathStep
from registry.lineage.subgraph import PART, POSSIBLE, Subgraph


class _Place(NamedTuple):
    """Where a search is: at an entity, and whether it came there from a slice to the whole.

    From there it doesn't go on to the other slices: they are not part of the one it came from.
    """

    urn: str
    from_slice: bool


class _Arrival(NamedTuple):
    depth: int
    edge: Edge | None
    before: _Place | None


@dataclass(slots=True)
class _Tree:
    """Shortest paths from the starts: how each place was first come to, and which entities were reached when."""

    arrivals: dict[_Place, _Arrival]
    depths: dict[str, int]
    places: dict[str, _Place]


class Reach:
    """Everything within ``depth`` steps of the starts (None: no bound), with a shortest path to each.

    Guarantees: depths are exact for the subgraph given; a node is certain where some path within the depth has
    no possible step, and its depth and path are then those of the shortest such path.
    """

    def __init__(self, graph: Subgraph, *, downstream: bool, depth: int | None) -> None:
        self._graph, self._downstream, self._depth = graph, downstream, depth
        sure = [edge for edge in graph.edges if edge.family != POSSIBLE]
        self._certain = self._search(sure, [])
        doubtful = len(sure) < len(graph.edges) or bool(graph.wholes)
        self._any = self._search(graph.edges, graph.wholes) if doubtful else self._certain
        self.nodes = [self._node(urn) for urn in self._any.depths if urn in graph.nodes]
        self._by_urn = {node.urn: node for node in self.nodes}
        self._paths: dict[bool, dict[_Place, tuple[PathStep, ...]]] = {True: {}, False: {}}

    def node(self, urn: str) -> Node:
        """A reached node. Raises KeyError for any other."""
        return self._by_urn[urn]

    def has(self, urn: str) -> bool:
        """Whether an entity was reached."""
        return urn in self._by_urn

    def last(self, *, certain: bool, from_slice: bool = False) -> list[str]:
        """The entities exactly as many steps away as the bound allows, by how they were come to."""
        tree = self._certain if certain else self._any
        return sorted(
            {
                place.urn
                for place, arrival in tree.arrivals.items()
                if arrival.depth == self._depth and place.from_slice is from_slice
            }
        )

    def reached(self, *, certain: bool) -> list[str]:
        """Every entity reached, the starts included."""
        return list((self._certain if certain else self._any).depths)

    def within(self, urn: str) -> bool:
        """Whether an entity was reached by fewer steps than the bound allows, so that its edges were walked."""
        depth = self._any.depths.get(urn)
        return depth is not None and (self._depth is None or depth < self._depth)

    def path(self, urn: str) -> tuple[PathStep, ...]:
        """A shortest path from a start to a reached entity, a certain one where there is one."""
        certain = urn in self._certain.depths
        tree = self._certain if certain else self._any
        return self._path_to(tree, tree.places[urn], self._paths[certain])

    def start_of(self, urn: str) -> Node:
        """The start of :meth:`path`; the entity itself where it is a start."""
        path = self.path(urn)
        if not path:
            return self._by_urn[urn]
        first = path[0]
        return self._by_urn[first.edge.upstream if first.edge.downstream == first.node.urn else first.edge.downstream]

    def _path_to(self, tree: _Tree, place: _Place, known: dict[_Place, tuple[PathStep, ...]]) -> tuple[PathStep, ...]:
        # Paths share their beginnings: each is the one before it and a step.
        ahead: list[_Place] = []
        here: _Place | None = place
        while here is not None and here not in known:
            ahead.append(here)
            here = tree.arrivals[here].before
        path = known[here] if here is not None else ()
        for there in reversed(ahead):
            edge = tree.arrivals[there].edge
            if edge is not None:
                path = (*path, PathStep(edge, self._by_urn[there.urn]))
            known[there] = path
        return path

    def _node(self, urn: str) -> Node:
        depth = self._certain.depths.get(urn)
        if depth is not None:
            return Node._make((*self._graph.nodes[urn], depth, Certainty.CERTAIN))
        return Node._make((*self._graph.nodes[urn], self._any.depths[urn], Certainty.POSSIBLE))

    def _search(self, edges: list[Edge], wholes: list[Edge]) -> _Tree:
        onward = _adjacency(edges, downstream=self._downstream)
        up = _adjacency(wholes, downstream=False)
        level = [_Place(urn, from_slice=False) for urn in self._graph.starts]
        tree = _Tree(
            {place: _Arrival(0, None, None) for place in level},
            {place.urn: 0 for place in level},
            {place.urn: place for place in level},
        )
        depth = 0
        while level and (self._depth is None or depth < self._depth):
            depth += 1
            level = _next_level(tree, level, depth, onward, up)
        return tree


def _next_level(
    tree: _Tree,
    level: list[_Place],
    depth: int,
    onward: dict[str, list[tuple[str, Edge]]],
    up: dict[str, list[tuple[str, Edge]]],
) -> list[_Place]:
    arrivals, depths, places = tree.arrivals, tree.depths, tree.places
    found: list[_Place] = []
    for place in level:
        steps = [
            (_Place(urn, from_slice=False), edge)
            for urn, edge in onward.get(place.urn, ())
            if not (place.from_slice and edge.family == PART)
        ]
        steps += [(_Place(urn, from_slice=True), edge) for urn, edge in up.get(place.urn, ())]
        for there, edge in steps:
            if there in arrivals:
                continue
            arrivals[there] = _Arrival(depth, edge, place)
            found.append(there)
            if there.urn not in depths:
                depths[there.urn] = depth
                places[there.urn] = there
    return found


def _adjacency(edges: list[Edge], *, downstream: bool) -> dict[str, list[tuple[str, Edge]]]:
    adjacency: dict[str, list[tuple[str, Edge]]] = {}
    for edge in edges:
        near, far = (edge[1], edge[0]) if downstream else (edge[0], edge[1])
        adjacency.setdefault(near, []).append((far, edge))
    return adjacency
