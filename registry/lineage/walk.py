"""The lineage of an entity: what it was made from, or what was made from it, and how complete that answer is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter

from registry.errors import QueryTimeoutError
from registry.graph.database import Database
from registry.lineage.answer import Completeness, Edge, LineageAnswer, Reason, WalkRequest
from registry.lineage.near_misses import not_found
from registry.lineage.question import Question, question
from registry.lineage.reach import Reach
from registry.lineage.subgraph import PART, POSSIBLE, Subgraph, edge_order, gather, leads_on

_NODE_ORDER = itemgetter(9, 1, 0)  # depth, kind, urn


class Walked:
    """A finished walk: what was reached, what of it is reported, and why it may not be everything."""

    def __init__(self, database: Database, asked: Question, bookmarks: Sequence[str] | None) -> None:
        self.question = asked
        self.graph = _gather(database, asked, bookmarks)
        self.reach = Reach(self.graph, downstream=asked.downstream, depth=asked.request.depth)
        kinds = frozenset(asked.request.kinds)
        others = [node for node in self.reach.nodes if node.depth and (not kinds or node.kind in kinds)]
        others.sort(key=_NODE_ORDER)
        self.start = tuple(sorted((node for node in self.reach.nodes if not node.depth), key=_NODE_ORDER))
        self.nodes = tuple(others[: asked.request.limit])
        self.reasons = self._reasons(database, bookmarks, more=len(others) > len(self.nodes))

    def edges(self) -> tuple[Edge, ...]:
        """The edges walked between reported nodes, in a stable order."""
        shown, within = {node.urn for node in (*self.start, *self.nodes)}, self.reach.within
        below = not self.question.downstream
        found = [
            edge
            for edge in self.graph.edges
            if edge[0] in shown and edge[1] in shown and within(edge[0] if below else edge[1])
        ]
        if self.graph.wholes:
            up = [edge for edge in self.graph.wholes if edge[0] in shown and edge[1] in shown and within(edge[0])]
            found = sorted({edge_order(edge): edge for edge in (*found, *up)}.values(), key=edge_order)
        return tuple(found)

    def completeness(self, edges: int, *, cut: bool = False) -> Completeness:
        """How complete the answer is; ``cut`` where something beside the walk was cut by size."""
        reasons = tuple(dict.fromkeys((*self.reasons, Reason.SIZE))) if cut else self.reasons
        return Completeness(
            complete=not reasons,
            reasons=reasons,
            nodes=len(self.nodes),
            edges=edges,
            depth=max((node.depth for node in self.nodes), default=0),
            by_kind=dict(sorted(Counter(node.kind for node in self.nodes).items())),
        )

    def _reasons(self, database: Database, bookmarks: Sequence[str] | None, *, more: bool) -> tuple[Reason, ...]:
        reasons = []
        if not self.graph.cut and self._goes_on(database, bookmarks):
            reasons.append(Reason.DEPTH)
        if self.graph.cut or more:
            reasons.append(Reason.SIZE)
        return tuple(reasons)

    def _goes_on(self, database: Database, bookmarks: Sequence[str] | None) -> bool:
        """Whether a deeper walk would find more, or be surer of what was found."""
        if self.question.request.depth is None:
            return False
        reach, asked = self.reach, self.question
        families = frozenset(asked.families)
        checks = [(reach.last(certain=True), reach.reached(certain=True), families - {POSSIBLE})]
        if asked.possible:
            there = set(reach.reached(certain=False))
            last, from_slice = reach.last(certain=False), reach.last(certain=False, from_slice=True)
            ends = {*last, *from_slice}
            if any(edge.downstream in ends and edge.upstream not in there for edge in self.graph.wholes):
                return True
            checks += [(last, sorted(there), families), (from_slice, sorted(there), families - {PART})]
        return any(leads_on(database, asked, *check, bookmarks=bookmarks) for check in checks)


def lineage(database: Database, request: WalkRequest, *, bookmarks: Sequence[str] | None = None) -> LineageAnswer:
    """Walk upstream or downstream from an entity.

    Raises InvalidUrnError, InvalidRequestError, NotFoundError (with near misses in ``details['suggestions']``),
    QueryTimeoutError, DatabaseUnavailableError.
    """
    walked = walk(database, request, bookmarks=bookmarks)
    edges = walked.edges()
    return LineageAnswer(walked.start, request.direction, walked.nodes, edges, walked.completeness(len(edges)))


def walk(database: Database, request: WalkRequest, *, bookmarks: Sequence[str] | None = None) -> Walked:
    """Walk, and keep what an explanation needs. Raises as :func:`lineage` does."""
    asked = question(request)
    walked = Walked(database, asked, bookmarks)
    if not walked.start:
        raise not_found(database, asked.urn, bookmarks=bookmarks)
    return walked


def _gather(database: Database, asked: Question, bookmarks: Sequence[str] | None) -> Subgraph:
    try:
        return gather(database, asked, bookmarks)
    except QueryTimeoutError as error:
        raise QueryTimeoutError(
            "The walk took longer than it may and was stopped; nothing of it is shown.",
            hint="Ask for a smaller depth or limit.",
        ) from error
