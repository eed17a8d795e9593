"""From what a walk found to what ways go over. The one place of this package that knows how walks keep it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from threading import Lock
from typing import NamedTuple

from graph_schema.urn import asset_of
from registry.errors import QueryTimeoutError
from registry.lineage.answer import Certainty, Edge, Node, Reason
from registry.lineage.paths.answer import Paths
from registry.lineage.paths.steps import Place, Step, WorkBudget
from registry.lineage.paths.ways import Terrain, ways
from registry.lineage.reach import is_part
from registry.lineage.reading import edge_order
from registry.lineage.subgraph import POSSIBLE, Subgraph

_SAME_AS = "SAME_AS"
_WORK_OF_EACH = 20_000
_WORK_OF_ALL = 20_000_000
"""Steps that may be tried for the ways to one entity, and for those to all entities of one answer."""


class _Into(NamedTuple):
    """A step into an entity, by name. ``to_whole``: from a slice to what it is part of."""

    near: str
    edge: Edge
    to_whole: bool


class Found:
    """The subgraph of a finished walk, upstream or downstream, for asking about many pairs of its entities."""

    def __init__(self, graph: Subgraph, *, possible: bool) -> None:
        self._graph = graph
        # A walk upstream comes to a slice's whole only as to what the slice is made of.
        parts = [edge for edge in graph.edges if is_part(edge)] if possible else []
        wholes = list({edge_order(edge): edge for edge in (*parts, *graph.wholes)}.values())
        self._wholes = {edge.upstream for edge in wholes}
        self._into: dict[str, list[_Into]] = {}
        for edge in graph.edges:
            self._into.setdefault(edge.downstream, []).append(_Into(edge.upstream, edge, to_whole=False))
        for edge in graph.identities:
            self._into.setdefault(edge.downstream, []).append(_Into(edge.upstream, edge, to_whole=False))
            self._into.setdefault(edge.upstream, []).append(_Into(edge.downstream, edge, to_whole=False))
        for edge in wholes:
            self._into.setdefault(edge.upstream, []).append(_Into(edge.downstream, edge, to_whole=True))

    @property
    def starts(self) -> frozenset[str]:
        """Where the walk began."""
        return frozenset(self._graph.starts)

    @property
    def cut(self) -> bool:
        """Whether something was left out for its size."""
        return self._graph.cut

    def named(self, urn: str) -> frozenset[str]:
        """The entity and the versions of it that were found; it may be none."""
        return frozenset(name for name in self._graph.nodes if name == urn or asset_of(name) == urn)

    def of_kinds(self, kinds: Collection[str]) -> list[str]:
        """What was found of some kinds, in order."""
        return sorted(urn for urn, node in self._graph.nodes.items() if node[1] in kinds)

    def terrain(self, ends: Collection[str]) -> Terrain:
        """All that leads to the ends."""
        into = self._leading_to(ends)
        joins = [item.edge for item in into if item.edge.relation == _SAME_AS]
        reasons = (Reason.SIZE,) if self.cut else ()
        return Terrain(self._node, self._steps(into), joins, reasons, len(into))

    def _leading_to(self, ends: Collection[str]) -> list[_Into]:
        seen, waiting, found = set(ends), list(ends), list[_Into]()
        while waiting:
            into = self._into.get(waiting.pop(), ())
            found.extend(into)
            for item in into:
                if item.near not in seen:
                    seen.add(item.near)
                    waiting.append(item.near)
        return found

    def _steps(self, into: list[_Into]) -> Iterator[Step]:
        """A step from each place that the near end of an edge may be come to at."""
        for near, edge, to_whole in into:
            if edge.relation == _SAME_AS:
                continue
            far = edge.upstream if to_whole else edge.downstream
            certain = not to_whole and edge.family != POSSIBLE
            yield Step(Place(near), Place(far, to_whole), edge, certain)
            if near in self._wholes and (to_whole or not is_part(edge)):
                yield Step(Place(near, from_part=True), Place(far, to_whole), edge, certain)

    def _node(self, urn: str) -> Node:
        return Node._make((*self._graph.nodes[urn], 0, Certainty.CERTAIN, None, ()))


class Routes:
    """All ways from the starts of a finished walk downstream to whatever it reached. Safe to use from several threads."""

    def __init__(self, graph: Subgraph, starts: Collection[str], *, possible: bool, depth: int | None) -> None:
        self._graph, self._starts, self._possible, self._depth = graph, frozenset(starts), possible, depth
        self._found: Found | None = None
        self._work = WorkBudget(_WORK_OF_ALL)
        self._one_by_one = Lock()

    def to(self, urn: str, most: int) -> Paths:
        """The ways to one entity, the first ``most`` listed; none where it is a start, or was not reached.

        Raises QueryTimeoutError where the ways to all entities asked for so far took too much work.
        """
        with self._one_by_one:
            if self._found is None:
                self._found = Found(self._graph, possible=self._possible)
            ends = {urn} - self._starts
            terrain = self._found.terrain(ends)
            if not self._work.spend(_WORK_OF_EACH + terrain.size):
                raise QueryTimeoutError(
                    "The ways to so many items take too long to find.",
                    hint="Ask for them with a smaller limit, or for one pair with `paths`.",
                )
            if self._depth is not None:  # a bounded walk saw nothing of longer ways
                terrain = replace(terrain, reasons=(*terrain.reasons, Reason.DEPTH))
            return ways(terrain, self._starts, ends, most=most, max_length=self._depth, work=_WORK_OF_EACH)
