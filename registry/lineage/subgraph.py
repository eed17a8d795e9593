"""What the database gives for a walk: nodes and edges as they are, before anybody asks how far or how sure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from graph_schema.core import Family
from graph_schema.times import OPEN
from queries.walk import APPEARANCE, WalkShape, beyond_query, walk_query, wholes_query
from queries.walk import Moment as Time
from queries.walk.rows import AppearanceParams, BeyondParams, EdgeRow, PastWalk, PresentWalk, WalkRow, WholesParams
from registry.graph.database import Database
from registry.lineage.answer import Edge
from registry.lineage.question import Question

_EDGES_PER_NODE = 20
_EDGES_AT_LEAST = 10_000
_STARTS = 10_000
POSSIBLE = Family.POSSIBLE.value
PART = Family.PART.value

RawNode = tuple[Any, ...]
"""The fields of :class:`registry.lineage.answer.Node` up to ``true_to``."""


@dataclass(slots=True)
class Subgraph:
    """Nodes by URN, edges in a stable order. ``wholes`` lead from slices to what they are part of.

    ``cut`` says that a budget left something out.
    """

    starts: tuple[str, ...] = ()
    nodes: dict[str, RawNode] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    wholes: list[Edge] = field(default_factory=list)
    cut: bool = False


def gather(database: Database, question: Question, bookmarks: Sequence[str] | None) -> Subgraph:
    """The subgraph that a question's walk covers, and where slices lead to their wholes a little more.

    Empty where nothing starts.
    """
    graph = Subgraph()
    row = _walk(database, question, [question.request.urn], question.request.depth, question.budget, bookmarks)
    graph.starts = tuple(sorted(row.urn[: row.starts]))
    _add(graph, row, question.budget)
    if question.downstream and question.possible:
        _add_wholes(database, question, graph, bookmarks)
    if question.request.known_at is not None:
        _look_back(database, graph, question.request.known_at, bookmarks)
    graph.edges.sort(key=edge_order)
    return graph


edge_order: Callable[[Edge], tuple[str, str, str, str]] = itemgetter(0, 1, 2, 13)
"""Names an edge among all others and sorts them the same way every time: both ends, relation and key."""


def leads_on(
    database: Database,
    question: Question,
    frontier: list[str],
    known: list[str],
    families: frozenset[str],
    *,
    bookmarks: Sequence[str] | None,
) -> bool:
    """Whether an edge of ``families`` leads from one of ``frontier`` to something that is not in ``known``."""
    if not frontier:
        return False
    when = question.moment
    params = BeyondParams(frontier, known, sorted(families), when.true_by, when.true_after, when.known_at)
    query = beyond_query(question.way, software=question.software)
    return bool(database.run(query, params, bookmarks=bookmarks))


def _walk(
    database: Database,
    question: Question,
    urns: list[str],
    depth: int | None,
    budget: int,
    bookmarks: Sequence[str] | None,
    *,
    on_the_way: bool = False,
) -> WalkRow:
    when = question.moment
    time = Time.PRESENT if when.present else Time.AT_TIME
    shape = WalkShape(question.way, question.software, depth, time)
    limits = (budget + 1, _most_edges(budget) + 1, _STARTS)
    families = list(question.families)
    params: PresentWalk | PastWalk
    if when.present:
        params = PresentWalk(urns, families, *limits, OPEN, when.true_after, 0 if on_the_way else OPEN)
    else:
        params = PastWalk(
            urns, families, *limits, OPEN, when.true_by, when.known_at, OPEN if on_the_way else when.known_at
        )
    return database.run(walk_query(shape), params, bookmarks=bookmarks)[0]


def _add(graph: Subgraph, row: WalkRow, budget: int) -> None:
    columns = (
        row.urn, row.kind, row.namespace, row.name, _or_none(row.version), row.version_unknown, row.placeholder,
        _or_none(row.title), _or_none(row.true_to, OPEN),
    )  # fmt: skip
    graph.nodes.update(zip(row.urn, zip(*columns, strict=True), strict=True))
    edges = _edges(row)
    seen = set(map(edge_order, graph.edges))
    graph.edges.extend([edge for edge in edges if edge_order(edge) not in seen] if seen else edges)
    graph.cut |= len(row.urn) - row.starts > budget or len(edges) > _most_edges(budget) or row.starts >= _STARTS


def _most_edges(budget: int) -> int:
    return max(budget * _EDGES_PER_NODE, _EDGES_AT_LEAST)


def _look_back(database: Database, graph: Subgraph, known_at: int, bookmarks: Sequence[str] | None) -> None:
    """Give every node the title, the end and the mark of a placeholder that were recorded by a time."""
    params = AppearanceParams(list(graph.nodes), known_at, OPEN)
    row = database.run(APPEARANCE, params, bookmarks=bookmarks)[0]
    for urn, *looks in zip(row.urn, row.placeholder, _or_none(row.title), _or_none(row.true_to, OPEN), strict=True):
        graph.nodes[urn] = (*graph.nodes[urn][:6], *looks)


def _edges(row: WalkRow) -> list[Edge]:
    columns = (
        row.downstream, row.upstream, row.relation, row.family, _or_none(row.role), _or_none(row.evidence),
        _or_none(row.confidence, -1.0), _or_none(row.version_is), _or_none(row.event_id), _or_none(row.producer),
        row.true_from, _or_none(row.edge_true_to, OPEN), row.recorded_from, row.key,
    )  # fmt: skip
    make: Callable[[Any], Edge] = Edge._make
    return list(map(make, zip(*columns, strict=True)))


def _or_none(column: Sequence[Any], missing: Any = "") -> Sequence[Any]:
    # Looking for the value that stands for a missing one is far cheaper than replacing it in every column.
    return [None if value == missing else value for value in column] if missing in column else column


def _add_wholes(database: Database, question: Question, graph: Subgraph, bookmarks: Sequence[str] | None) -> None:
    """Who uses the whole may have used the slice: go on from the wholes of every slice, until there is none new."""
    depth, asked, walked = question.request.depth, set[str](), set[str]()
    # Some of what these walks find is left out again, so that they need more room than the answer has.
    budget = max(question.budget, min(10 * question.budget + 1_000, question.request.max_walked))
    while not graph.cut:
        slices = sorted(urn for urn, node in graph.nodes.items() if node[1] == "DataSlice" and urn not in asked)
        if not slices:
            return
        asked.update(slices)
        found = _wholes_of(database, question, slices, _most_edges(budget) + 1, bookmarks)
        graph.cut |= len(found) > _most_edges(budget)
        graph.wholes.extend(found)
        # A bounded walk may have come to a whole too late to go on from it; the slice may be nearer.
        there = graph.nodes.keys() if depth is None else walked
        new = sorted({edge.upstream for edge in found} - there)
        walked.update(new)
        depth = None if depth is None else max(depth - 1, 1)
        if new:
            _add(graph, _walk(database, question, new, depth, budget, bookmarks, on_the_way=True), budget)


def _wholes_of(
    database: Database, question: Question, slices: list[str], limit: int, bookmarks: Sequence[str] | None
) -> list[Edge]:
    when = question.moment
    params = WholesParams(slices, when.true_by, when.true_after, when.known_at, limit)
    return [_edge(row) for row in database.run(wholes_query(), params, bookmarks=bookmarks)]


def _edge(row: EdgeRow) -> Edge:
    return Edge(
        row.downstream, row.upstream, row.relation, row.family, row.role, row.evidence, row.confidence,
        row.version_is, row.event_id, row.producer, row.true_from, None if row.true_to == OPEN else row.true_to,
        row.recorded_from, row.key,
    )  # fmt: skip
