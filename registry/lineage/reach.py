"""How far and how sure: a breadth-first search over a subgraph, once for what is certain and once for the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from registry.lineage.answer import Certainty, Direction, Edge, Node, PathStep
from registry.lineage.parts import FREE, comes_down, comes_up
from registry.lineage.reading import EdgeName, edge_order
from registry.lineage.subgraph import POSSIBLE, Subgraph


class _Place(NamedTuple):
    """Where a search is: at an entity, and how it came there (registry.lineage.parts)."""

    urn: str
    came: int


class _Arrival(NamedTuple):
    depth: int
    edge: Edge | None
    before: _Place | None


@dataclass(slots=True)
class _Tree:
    """Shortest paths from the starts: how each place was first come to, and which entities were reached when.

    ``onward`` and ``upward`` are the edges that were gone along within the bound, from parts to their wholes apart.
    """

    arrivals: dict[_Place, _Arrival] = field(default_factory=dict)
    depths: dict[str, int] = field(default_factory=dict)
    places: dict[str, _Place] = field(default_factory=dict)
    onward: set[EdgeName] = field(default_factory=set)
    upward: set[EdgeName] = field(default_factory=set)

    def arrive(self, place: _Place, arrival: _Arrival) -> bool:
        """Note how a place was come to; whether that is new."""
        if place in self.arrivals:
            return False
        self.arrivals[place] = arrival
        if place.urn not in self.depths:
            self.depths[place.urn] = arrival.depth
            self.places[place.urn] = place
        return True


@dataclass(frozen=True, slots=True)
class Walls:
    """Where a search does not go: ``allowed`` tells what may be entered, ``terminal`` what nothing is walked behind.

    The starts are exempt from both.
    """

    allowed: Callable[[str], bool] | None = None
    terminal: Callable[[str], bool] | None = None


_NO_WALLS = Walls()


class Reach:
    """Everything within ``depth`` steps of the starts (None: no bound), with a shortest path to each.

    Guarantees: depths are exact for the subgraph given; a node is certain where some path within the depth has
    no possible step, and its depth and path are then those of the shortest such path. Steps between two names of
    one thing count nothing. ``goes_on``: one more step would find more, or be surer of what was found. ``hidden``:
    within the depth a step leads to what the reader may not see, or something that was reached has a hidden name.
    """

    def __init__(self, graph: Subgraph, *, downstream: bool, depth: int | None, walls: Walls = _NO_WALLS) -> None:
        self._graph, self._downstream, self._depth = graph, downstream, depth
        self._direction = Direction.DOWNSTREAM if downstream else Direction.UPSTREAM
        self._walls = walls
        self._same = _both_ways(graph.identities)
        sure = [edge for edge in graph.edges if edge.family != POSSIBLE]
        self._certain = self._search(sure, [])
        doubtful = len(sure) < len(graph.edges) or bool(graph.wholes)
        self._any = self._search(graph.edges, graph.wholes) if doubtful else self._certain
        self.goes_on = depth is not None and (
            any(at > depth for at in self._any.depths.values())
            or any(at > depth for at in self._certain.depths.values())
        )
        self.hidden = any(map(self._leads_to_hidden, graph.blind)) or any(
            not self._beyond(at) for urn, at in self._any.depths.items() if urn in graph.namesakes
        )
        self.nodes = [
            self._node(urn) for urn, at in self._any.depths.items() if urn in graph.nodes and not self._beyond(at)
        ]
        self._by_urn = {node.urn: node for node in self.nodes}
        self._paths: dict[bool, dict[_Place, tuple[PathStep, ...]]] = {True: {}, False: {}}

    def node(self, urn: str) -> Node:
        """A reached node. Raises KeyError for any other."""
        return self._by_urn[urn]

    def has(self, urn: str) -> bool:
        """Whether an entity was reached."""
        return urn in self._by_urn

    def walked(self, edge: Edge) -> bool:
        """Whether the search went along an edge of use, to something that it reached."""
        return edge_order(edge) in self._any.onward and edge[0] in self._by_urn and edge[1] in self._by_urn

    def walked_up(self, edge: Edge) -> bool:
        """Whether the search went along an edge from a part to its whole."""
        return edge_order(edge) in self._any.upward and edge[1] in self._by_urn

    def names(self, urn: str) -> set[str]:
        """All names of what a name means, itself included."""
        seen, waiting = {urn}, [urn]
        while waiting:
            new = {name for name, _ in self._same.get(waiting.pop(), ())} - seen
            seen |= new
            waiting.extend(new)
        return seen

    def path(self, urn: str) -> tuple[PathStep, ...]:
        """A shortest path from a start to a reached entity, a certain one where there is one."""
        certain = self._is_certain(urn)
        tree = self._certain if certain else self._any
        return self._path_to(tree, tree.places[urn], self._paths[certain])

    def start_of(self, urn: str) -> Node:
        """The start of :meth:`path`; the entity itself where it is a start."""
        path = self.path(urn)
        if not path:
            return self._by_urn[urn]
        first = path[0]
        return self._by_urn[first.edge.upstream if first.edge.downstream == first.node.urn else first.edge.downstream]

    def _leads_to_hidden(self, blind: str) -> bool:
        """Whether the search went on from something that is known to lead to what is hidden."""
        depth = self._any.depths.get(blind)
        return depth is not None and not self._beyond(depth + 1) and not (depth and self._stops(blind))

    def _beyond(self, depth: int) -> bool:
        return self._depth is not None and depth > self._depth

    def _is_certain(self, urn: str) -> bool:
        depth = self._certain.depths.get(urn)
        return depth is not None and not self._beyond(depth)

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
        certain = self._is_certain(urn)
        depth = (self._certain if certain else self._any).depths[urn]
        certainty = Certainty.CERTAIN if certain else Certainty.POSSIBLE
        return Node._make((*self._graph.nodes[urn], depth, certainty, self._direction if depth else None, ()))

    def _search(self, edges: list[Edge], wholes: list[Edge]) -> _Tree:
        onward = _adjacency(edges, downstream=self._downstream)
        up = _adjacency(wholes, downstream=False)
        tree, most = _Tree(), None if self._depth is None else self._depth + 1
        level: list[_Place] = []
        for urn in self._graph.starts:
            self._enter(tree, level, _Place(urn, FREE), _Arrival(0, None, None))
        depth = 0
        while level and (most is None or depth < most):
            depth += 1
            level = self._next_level(tree, level, depth, onward, up)
        return tree

    def _next_level(
        self,
        tree: _Tree,
        level: list[_Place],
        depth: int,
        onward: dict[str, list[tuple[str, Edge]]],
        up: dict[str, list[tuple[str, Edge]]],
    ) -> list[_Place]:
        found: list[_Place] = []
        counts = self._depth is None or depth <= self._depth
        for place in level:
            if depth > 1 and self._walls.terminal is not None and self._stops(place.urn):
                continue
            for urn, edge in onward.get(place.urn, ()):
                came = comes_down(place.came, edge) if self._downstream else FREE
                if came is not None:
                    if counts:
                        tree.onward.add(edge_order(edge))
                    self._enter(tree, found, _Place(urn, came), _Arrival(depth, edge, place))
            for urn, edge in up.get(place.urn, ()):
                came = comes_up(place.came, edge)
                if came is not None:
                    if counts:
                        tree.upward.add(edge_order(edge))
                    self._enter(tree, found, _Place(urn, came), _Arrival(depth, edge, place))
        return found

    def _enter(self, tree: _Tree, found: list[_Place], place: _Place, arrival: _Arrival) -> None:
        """Come to a place, and so to all that mean the same thing."""
        waiting = [(place, arrival)]
        while waiting:
            here, how = waiting.pop(0)
            allowed = self._walls.allowed
            if how.depth and allowed is not None and not allowed(here.urn):
                continue
            if not tree.arrive(here, how):
                continue
            found.append(here)
            for urn, edge in self._same.get(here.urn, ()):
                waiting.append((_Place(urn, here.came), _Arrival(how.depth, edge, here)))

    def _stops(self, urn: str) -> bool:
        """Whether nothing is walked behind an entity, by any of its names."""
        terminal = self._walls.terminal
        return terminal is not None and any(terminal(name) for name in self.names(urn))


def _adjacency(edges: list[Edge], *, downstream: bool) -> dict[str, list[tuple[str, Edge]]]:
    adjacency: dict[str, list[tuple[str, Edge]]] = {}
    for edge in edges:
        near, far = (edge[1], edge[0]) if downstream else (edge[0], edge[1])
        adjacency.setdefault(near, []).append((far, edge))
    return adjacency


def _both_ways(edges: list[Edge]) -> dict[str, list[tuple[str, Edge]]]:
    found = _adjacency(edges, downstream=False)
    for urn, more in _adjacency(edges, downstream=True).items():
        found.setdefault(urn, []).extend(more)
    return found
