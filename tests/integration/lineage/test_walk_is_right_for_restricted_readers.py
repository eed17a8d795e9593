"""Walks of a reader who may not see everything, against an independent search over what is left for them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from graph_schema.times import OPEN
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.lineage.answer import LineageAnswer, Reason
from registry.lineage.request import Direction, WalkRequest
from registry.lineage.stream import stream_nodes
from registry.lineage.walk import lineage
from tests.integration.lineage.comparing import (
    compare_at_once,
    compare_cut,
    compare_pages,
    compare_paths,
    find_truths,
    rows_of,
    told,
)
from tests.integration.lineage.facts import Graph, Load
from tests.integration.lineage.generated_graphs import graphs
from tests.integration.lineage.generated_requests import requests
from tests.integration.lineage.restricted_reading import SEEN, Curtain, curtains, telling_from
from tests.integration.lineage.test_walk_is_right import QUESTIONS, on_a_real_database


def _ask(load: Load, database: Database, data: st.DataObject) -> None:
    graph = data.draw(graphs())
    curtain = data.draw(curtains(graph))
    note(f"hidden, in {curtain.scope!r}: {sorted(urn[12:] for urn in curtain.hidden)}")
    curtain.load(graph, load, database)
    for _ in range(QUESTIONS):
        request, tells = data.draw(requests(graph)), data.draw(st.sampled_from((1, 2, 5, 2000)))
        note(f"{told(request)}, telling from {tells} nodes on")
        with telling_from(tells):
            _compare(database, graph, curtain, request, data)


def _compare(database: Database, graph: Graph, curtain: Curtain, request: WalkRequest, data: st.DataObject) -> None:
    reader, left = database.seen_by(SEEN), curtain.left_of(graph)
    truths = find_truths(reader, left, request)
    if truths is None:
        return
    answer = compare_at_once(reader, truths, request)
    _compare_with_everything(database, curtain, request, answer)
    sizes = data.draw(st.lists(st.sampled_from((1, 2, 3, 7)), min_size=1, max_size=2))
    note(f"in pages of {sizes}")
    compare_pages(reader, left, truths, request, sizes)
    compare_paths(reader, left, request)
    budget = data.draw(st.sampled_from((1, 2, 4)))
    note(f"cut at {budget}")
    compare_cut(reader, truths, replace(request, limit=budget, max_walked=budget))
    assert lineage(reader, request, edges=False).nodes == answer.nodes
    for one in (request, replace(request, limit=budget)):
        assert _told_from(0, reader, one) == _told_from(OPEN, reader, one)
    assert lineage(database.seen_by(None), request).completeness.reasons in ((), (Reason.DEPTH,))


def _told_from(nodes: int, reader: Database, request: WalkRequest) -> LineageAnswer:
    """The answer, by one pass or by two. Cursors name the time of the question."""
    with telling_from(nodes):
        answer = lineage(reader, request)
    return replace(answer, completeness=replace(answer.completeness, cursor=None))


def _compare_with_everything(database: Database, curtain: Curtain, request: WalkRequest, answer: LineageAnswer) -> None:
    """An answer from which something is missing says so; in which nothing is hidden, or in sandboxes alone, does not."""
    hidden = Reason.PERMISSION in answer.completeness.reasons
    assert answer.completeness.complete == (not answer.completeness.reasons)
    if not curtain.hidden or curtain.sandboxed:
        assert not hidden
        return
    everything = lineage(database, request)
    if rows_of(everything.nodes) != rows_of(answer.nodes) and not _asks_about_others(request):
        assert hidden


def _asks_about_others(request: WalkRequest) -> bool:
    """Whether a filter asks who owns things and where they run: who is hidden is as if nobody was recorded."""
    return any(nodes.owners or nodes.environments for nodes in (request.report, request.within, request.stop_at))


@hypothesis_settings(on_a_real_database, max_examples=3)
@given(data=st.data())
def test_walks_find_what_is_left_for_the_reader(load: Load, database: Database, data: st.DataObject) -> None:
    _ask(load, database, data)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@hypothesis_settings(on_a_real_database, max_examples=300)
@given(data=st.data())
def test_walks_find_it_on_hundreds_of_graphs(load: Load, database: Database, data: st.DataObject) -> None:
    _ask(load, database, data)


def test_a_start_that_is_hidden_is_told_as_one_that_is_missing(load: Load, database: Database) -> None:
    there, missing = "urn:lineage:Run:t:secret-run", "urn:lineage:Run:t:absent-run"
    load([{"urn": there, "scope": "secret"}, {"urn": "urn:lineage:Run:t:other"}], [])
    reader = database.seen_by(SEEN)
    said = []
    for urn in (there, missing):
        with pytest.raises(NotFoundError) as error:
            lineage(reader, WalkRequest(urn))
        told = error.value
        said.append(
            (str(told).replace(urn, "URN"), str(told.hint).replace(urn, "URN"), told.details.get("suggestions"))
        )
    assert said[0] == said[1]


CROWD = [f"urn:lineage:Run:t:r{number}" for number in range(6)]


@pytest.mark.parametrize("scope", ["secret", "sandbox:mine"])
@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_what_is_hidden_takes_no_place_of_what_is_not(load: Load, database: Database, scope: str, limit: int) -> None:
    """Pages are as long as they would be without what is hidden, and say so where something is."""
    data = "urn:lineage:DatasetVersion:t:d:1"
    runs = [{"urn": urn, "scope": "t" if place % 2 else scope} for place, urn in enumerate(CROWD)]
    used = [{"relation": "USED", "downstream": urn, "upstream": data, "role": "input"} for urn in CROWD]
    load([{"urn": data}, *runs], used)
    request = WalkRequest(data, Direction.DOWNSTREAM, limit=limit)
    for tells in (0, OPEN):
        with telling_from(tells):
            answer = lineage(database.seen_by(SEEN), request)
        assert [node.urn for node in answer.nodes] == CROWD[1::2][:limit]
        assert (Reason.SIZE in answer.completeness.reasons) == (limit < 3)
        assert (Reason.PERMISSION in answer.completeness.reasons) == (scope == "secret")
        with telling_from(tells):
            stream = stream_nodes(database.seen_by(SEEN), request)
        assert [urn for chunk in stream.chunks for urn in chunk.urn] == [data, *CROWD[1::2][:limit]]
        assert stream.complete == (limit >= 3 and scope != "secret")
