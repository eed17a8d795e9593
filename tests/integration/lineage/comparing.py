"""Answers beside the truth: at once, page by page, and cut short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Edge, LineageAnswer, Node, PathStep, Reason
from registry.lineage.request import Direction, WalkRequest
from registry.lineage.walk import lineage, walk
from tests.integration.lineage.facts import Graph
from tests.integration.lineage.truth import MissingError, Row, Truth, Truths
from tests.integration.lineage.truth_steps import EdgeName, Place

MORE_DEPTHS = 2
"""How often a bounded walk is gone on with: each depth is a statement that Neo4j has to plan."""


def told(request: WalkRequest) -> str:
    """A question in short: what differs from the plain one."""
    plain = WalkRequest(request.urn)
    given = {name: getattr(request, name) for name in WalkRequest.__slots__}
    return f"ask {request.urn[12:]} " + " ".join(
        f"{name}={value}" for name, value in given.items() if name != "urn" and value != getattr(plain, name)
    )


def name_of(edge: Edge) -> EdgeName:
    return edge.downstream, edge.upstream, edge.relation, edge.key


def rows_of(nodes: Iterable[Node]) -> list[Row]:
    return [Row(node.depth, node.kind, node.urn, node.certainty, node.direction, node.members) for node in nodes]


def find_truths(database: Database, graph: Graph, request: WalkRequest) -> Truths | None:
    """What is to be answered; None where an error is, which then was one."""
    try:
        return Truths(graph, request)
    except MissingError:
        with pytest.raises(NotFoundError):
            lineage(database, request)
        return None


def compare_at_once(database: Database, truths: Truths, request: WalkRequest) -> LineageAnswer:
    """The whole answer, which is the truth; for a restricted reader it may say that it met something hidden."""
    answer, rows = lineage(database, request), truths.rows
    assert rows_of(answer.start) == truths.start_rows
    assert rows_of(answer.nodes) == rows
    got = [name_of(edge) for edge in answer.edges]
    assert len(set(got)) == len(got)
    assert set(got) == truths.edges
    told = answer.completeness
    assert (Reason.DEPTH in told.reasons) == truths.goes_on
    assert set(told.reasons) <= {Reason.DEPTH, *((Reason.PERMISSION,) if database.restricted else ())}
    assert told.complete == (not told.reasons)
    assert (told.nodes, told.edges) == (len(rows), len(got))
    assert told.depth == max((row.depth for row in rows), default=0)
    assert told.by_kind == told.total_by_kind == Counter(row.kind for row in rows)
    assert told.total == len(rows)
    assert (told.cursor is not None) == truths.goes_on
    for node in (*answer.start, *answer.nodes):
        assert (node.placeholder, node.title, node.true_to) == truths.parts[0].looks(node.urn)
    again = lineage(database, request)
    assert replace(again, completeness=replace(again.completeness, cursor=told.cursor)) == answer
    return answer


def compare_pages(database: Database, graph: Graph, truths: Truths, request: WalkRequest, sizes: Sequence[int]) -> None:
    """Pages of these sizes, in turn, are together the answer; going on from there finds what lies deeper."""
    shown, edges, request = list[Row](), set[EdgeName](), replace(request, limit=sizes[0])
    for deeper in range(MORE_DEPTHS + 1):
        rows = [row for row in truths.rows if row not in set(shown)] if deeper else truths.rows
        answer = _compare_rest(database, truths, rows, request, sizes, first=not deeper)
        edges |= {name_of(edge) for page in answer for edge in page.edges}
        shown += rows
        assert edges == truths.edges
        cursor = answer[-1].completeness.cursor
        assert (cursor is not None) == truths.goes_on
        if cursor is None or request.depth is None:
            return
        truths = Truths(graph, replace(request, depth=request.depth * (deeper + 2)))
        request = replace(request, after=cursor)


def _compare_rest(
    database: Database, truths: Truths, rows: list[Row], request: WalkRequest, sizes: Sequence[int], *, first: bool
) -> list[LineageAnswer]:
    """The pages to the end of this depth."""
    pages, at, after = list[LineageAnswer](), 0, request.after
    while True:
        size = sizes[len(pages) % len(sizes)]
        page = lineage(database, replace(request, limit=size, after=after))
        pages.append(page)
        assert rows_of(page.nodes) == rows[at : at + size]
        if first:
            assert {name_of(edge) for edge in page.edges} == truths.page_edges(at, at + size)
        at += size
        told = page.completeness
        assert (Reason.SIZE in told.reasons) == (at < len(rows))
        assert told.total in (None, len(truths.rows))
        assert told.nodes == len(page.nodes)
        if Reason.SIZE not in told.reasons:
            assert (Reason.DEPTH in told.reasons) == truths.goes_on
            # Of two walks a later page may see the second alone.
            assert told.total is not None or request.direction is Direction.BOTH
            return pages
        assert truths.goes_on or Reason.DEPTH not in told.reasons
        assert told.cursor is not None
        after = told.cursor


def compare_cut(database: Database, truths: Truths, request: WalkRequest) -> None:
    """What a budget cuts is said to be cut, and nothing in it is false: at worst farther or less sure than it is."""
    answer = lineage(database, request)
    true = {(row.urn, row.direction): row for row in truths.rows}
    starts = {row.urn: row for row in truths.start_rows}  # second names of them, which the budget may have hidden
    for row in rows_of(answer.nodes):
        known = starts.get(row.urn) or true[row.urn, row.direction]
        if request.roll_up:
            assert set(row.members) <= set(known.members)
        assert row.certainty is Certainty.POSSIBLE or known.certainty is Certainty.CERTAIN
        if row.certainty is known.certainty:
            assert row.depth >= known.depth
    assert {name_of(edge) for edge in answer.edges} <= truths.edges
    told = answer.completeness
    if Reason.SIZE not in told.reasons:
        assert rows_of(answer.nodes) == truths.rows
    assert told.total in (None, len(truths.rows))
    assert told.complete == (not told.reasons)


def compare_paths(database: Database, graph: Graph, request: WalkRequest) -> None:
    """Each path is one by the rules, as long as the depth of its end says and as sure as that is."""
    for way in (Direction.UPSTREAM, Direction.DOWNSTREAM):
        if request.direction in (way, Direction.BOTH):
            one = replace(request, direction=way, roll_up=False)
            truth, walked = Truth(graph, one), walk(database, one, all_of_it=True)
            assert rows_of(walked.nodes) == truth.rows
            for node in walked.nodes:
                path = walked.reach.path(node.urn)
                assert path[-1].node.urn == node.urn
                check_path(truth, path, node)


def check_path(truth: Truth, path: Sequence[PathStep], end: Node) -> None:
    assert sum(step.edge.relation != "SAME_AS" for step in path) == end.depth
    places = {Place(urn) for urn in truth.starts}
    sure_only = end.certainty is Certainty.CERTAIN
    for number, step in enumerate(path):
        edge, there = name_of(step.edge), step.node.urn
        if step.edge.relation == "SAME_AS":
            assert any(fact.name == edge for fact in truth.rules.same)
            ends = set(edge[:2])
            places = {Place(there, place.whole_of) for place in places if {place.urn, there} == ends}
        else:
            places = {
                onward.to
                for place in places
                for onward in truth.steps(place)
                if onward.edge == edge and onward.to.urn == there and (onward.sure or not sure_only)
            }
        assert places, f"step {number} of {[name_of(one.edge) for one in path]}"
