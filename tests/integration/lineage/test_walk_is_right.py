"""Walks against an independent search, over graphs with everything that makes lineage hard."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from registry.graph.database import Database
from registry.lineage.request import Direction, NodeFilter, WalkRequest
from registry.lineage.walk import lineage
from tests.integration.lineage.comparing import (
    compare_at_once,
    compare_cut,
    compare_pages,
    compare_paths,
    find_truths,
    told,
)
from tests.integration.lineage.facts import Fact, Graph, Load, State, urn_of
from tests.integration.lineage.generated_graphs import graphs
from tests.integration.lineage.generated_requests import CHANNELS, requests
from tests.integration.lineage.truth import Truths

QUESTIONS = 6
"""How many questions are asked about each graph."""
on_a_real_database = settings(
    deadline=None,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes many loads of a real database
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _ask(load: Load, database: Database, data: st.DataObject) -> None:
    graph = data.draw(graphs())
    graph.load(load)
    for _ in range(QUESTIONS):
        request = data.draw(requests(graph))
        note(told(request))
        truths = find_truths(database, graph, request)
        if truths is None:
            continue
        compare_at_once(database, truths, request)
        sizes = data.draw(st.lists(st.sampled_from((1, 2, 3, 7)), min_size=1, max_size=2))
        note(f"in pages of {sizes}")
        compare_pages(database, graph, truths, request, sizes)
        compare_paths(database, graph, request)
        budget = data.draw(st.sampled_from((1, 2, 4)))
        note(f"cut at {budget}")
        compare_cut(database, truths, replace(request, limit=budget, max_walked=budget))
        assert lineage(database, request, edges=False).nodes == lineage(database, request).nodes


@settings(on_a_real_database, max_examples=6)
@given(data=st.data())
def test_walks_find_what_a_search_by_the_rules_finds(load: Load, database: Database, data: st.DataObject) -> None:
    _ask(load, database, data)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(on_a_real_database, max_examples=1000)
@given(data=st.data())
def test_walks_find_it_on_a_thousand_graphs(load: Load, database: Database, data: st.DataObject) -> None:
    _ask(load, database, data)


@settings(on_a_real_database, max_examples=2)
@given(data=st.data())
def test_walks_of_trusted_channels_find_it_too(load: Load, database: Database, data: st.DataObject) -> None:
    graph = data.draw(graphs())
    graph.load(load)
    for _ in range(QUESTIONS):
        request = replace(data.draw(requests(graph)), channels=data.draw(st.sampled_from(CHANNELS)))
        note(told(request))
        truths = find_truths(database, graph, request)
        if truths is not None:
            compare_at_once(database, truths, request)
            compare_paths(database, graph, request)


def test_a_wall_keeps_nothing_from_a_second_name_of_a_start(load: Load, database: Database) -> None:
    """Starts are exempt, and second names of starts are starts: also what leads back to them was walked."""
    one, other, run = urn_of("DatasetVersion:t:a:1"), urn_of("DatasetVersion:t:b:1"), urn_of("Run:t:r1")
    edges = [("SAME_AS", other, one), ("DERIVED_FROM", other, one), ("USED", run, one), ("GENERATED_BY", other, run)]
    graph = Graph(
        dict.fromkeys((one, other, run), (State(),)), tuple(Fact(*ends, "", (("role", "input"),)) for ends in edges)
    )
    graph.load(load)
    for direction in Direction:
        for start in (one, other):
            request = WalkRequest(start, direction, within=NodeFilter(kinds=("Run",)))
            compare_at_once(database, Truths(graph, request), request)
