"""From what walks found to what ways go over. The one place of this package that knows how walks keep it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from enum import Enum
from functools import cache

from registry.lineage.answer import Certainty, Edge, Node, Reason
from registry.lineage.parts import FREE, WAYS_OF_COMING, comes_down, comes_up, is_part
from registry.lineage.paths.steps import Place, Step
from registry.lineage.paths.ways import Terrain
from registry.lineage.reading import RawNode
from registry.lineage.subgraph import POSSIBLE, Subgraph
from registry.lineage.walk import Walked


class _Sort(Enum):
    """What an edge leads to from its near end: on, from a part to its whole, or to another name for the same."""

    ON = "on"
    TO_WHOLE = "to whole"
    SAME = "same"


_Into = tuple[str, Edge, _Sort]
"""A step into an entity: from where, along which edge. There are many, so it is a plain tuple."""


class Found:
    """What finished walks of one moment found, up or down, for asking about many pairs of its entities.

    Where a walk was fenced in, only what it went along counts. ``reasons`` say what may be missing.
    """

    def __init__(self, walks: Iterable[Walked], reasons: Collection[Reason]) -> None:
        self.reasons = tuple(reasons)
        self._nodes: dict[str, RawNode] = {}
        self._between: set[str] = set()
        edges, wholes, identities = list[Edge](), list[Edge](), list[Edge]()
        for walked in walks:
            graph = _within_its_fences(walked)
            self._nodes |= graph.nodes
            edges += graph.edges
            wholes += graph.wholes
            identities += graph.identities
            if walked.question.possible and not walked.question.downstream:
                # A walk upstream comes to a whole only as to what the part is made of.
                wholes += [edge for edge in graph.edges if is_part(edge)]
        self._index(edges, wholes, identities)

    def names(self) -> Collection[str]:
        """Everything that was found, by URN."""
        return self._nodes.keys()

    def of_kinds(self, kinds: Collection[str]) -> list[str]:
        """What was found of some kinds, in order."""
        return sorted(urn for urn, node in self._nodes.items() if node[1] in kinds)

    def terrain(self, ends: Collection[str]) -> Terrain:
        """All that leads to the ends."""
        into = self._leading_to(ends)
        joins = [edge for _, edge, sort in into if sort is _Sort.SAME]
        return Terrain(self._node, self._steps(into), joins, self.reasons, len(into))

    def _index(self, edges: list[Edge], wholes: list[Edge], identities: list[Edge]) -> None:
        into: defaultdict[str, list[_Into]] = defaultdict(list)
        for edge in edges:
            into[edge[0]].append((edge[1], edge, _Sort.ON))
            if is_part(edge):
                self._between.add(edge[0])
        for edge in wholes:
            self._between.add(edge[1])
            into[edge[1]].append((edge[0], edge, _Sort.TO_WHOLE))
        for edge in identities:
            into[edge[0]].append((edge[1], edge, _Sort.SAME))
            into[edge[1]].append((edge[0], edge, _Sort.SAME))
        self._into = dict(into)

    def _leading_to(self, ends: Collection[str]) -> list[_Into]:
        seen, waiting, found = set(ends), list(ends), list[_Into]()
        while waiting:
            into = self._into.get(waiting.pop(), ())
            found.extend(into)
            for near, _, _ in into:
                if near not in seen:
                    seen.add(near)
                    waiting.append(near)
        return found

    def _steps(self, into: list[_Into]) -> Iterator[Step]:
        """A step from each place that the near end of an edge may be come to at.

        A name is come to as any of its other names is, so names that others join have all these places.
        """
        place = cache(Place)
        joined = {end for _, edge, sort in into if sort is _Sort.SAME for end in edge[:2]}
        for near, edge, sort in into:
            if sort is _Sort.SAME:
                continue
            up = sort is _Sort.TO_WHOLE
            far = edge.upstream if up else edge.downstream
            certain = not up and edge.family != POSSIBLE
            between = near in self._between or near in joined
            for came in WAYS_OF_COMING if between else (FREE,):
                there = comes_up(came, edge) if up else comes_down(came, edge)
                if there is not None:
                    yield Step(place(near, came), place(far, there), edge, certain)

    def _node(self, urn: str) -> Node:
        return Node._make((*self._nodes[urn], 0, Certainty.CERTAIN, None, ()))


def _within_its_fences(walked: Walked) -> Subgraph:
    """The subgraph of a walk, without what lies behind where it was told to stop."""
    graph, request = walked.graph, walked.question.request
    if not (request.within or request.stop_at):
        return graph
    reach = walked.reach
    return replace(
        graph,
        edges=[edge for edge in graph.edges if reach.walked(edge)],
        wholes=[edge for edge in graph.wholes if reach.walked_up(edge)],
        identities=[edge for edge in graph.identities if reach.has(edge[0]) and reach.has(edge[1])],
    )
