"""The generated graph holds what it promises, and the search that everything is compared with is right."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.breadth_first import Downstream
from benchmarks.lineage_graph import (
    CHAIN,
    DATASET_VERSION,
    DEPLOYED,
    DEPLOYMENT,
    MODEL_VERSION,
    RUN,
    SHAPES,
    LineageGraph,
    Shape,
    generate,
)
from benchmarks.lineage_names import Names, records
from graph_schema.times import now_micros
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope

SHAPE = SHAPES["10k"]


@pytest.fixture(scope="module")
def graph() -> LineageGraph:
    return generate(SHAPE)


@pytest.fixture(scope="module")
def downstream(graph: LineageGraph) -> Downstream:
    return Downstream(graph)


def test_the_same_seed_gives_the_same_graph(graph: LineageGraph) -> None:
    assert generate(SHAPE) == graph
    assert generate(SHAPE, seed=8) != graph


def test_it_has_the_size_that_was_asked_for(graph: LineageGraph) -> None:
    assert len(graph) == pytest.approx(SHAPE.nodes, rel=0.02)
    assert len(graph.downstream) == pytest.approx(SHAPE.edges_per_node * SHAPE.nodes, rel=0.1)


def test_more_edges_are_made_where_more_are_wanted() -> None:
    dense = generate(Shape(20_000, edges_per_node=5.0, widest=6_000))
    assert len(dense.downstream) == pytest.approx(5 * len(dense), rel=0.1)


def test_edges_lead_back_in_time_and_join_what_they_may(graph: LineageGraph) -> None:
    kinds = Counter((graph.kind[down], graph.kind[up]) for down, up in graph.edges())
    version = (DATASET_VERSION, MODEL_VERSION)
    assert set(kinds) == {*((RUN, kind) for kind in version), *((kind, RUN) for kind in version)} | {
        (DEPLOYMENT, MODEL_VERSION)
    }
    assert all(down > up for down, up in graph.edges())
    assert len(set(graph.edges())) == len(graph.downstream)
    assert list(graph.downstream) == sorted(graph.downstream)


def test_the_hub_has_its_readers_and_the_widest_impact(graph: LineageGraph, downstream: Downstream) -> None:
    assert len(downstream.readers(graph.hub)) == pytest.approx(0.034 * SHAPE.nodes, rel=0.15)
    assert len(downstream.reached(graph.hub)) == pytest.approx(SHAPE.widest, rel=0.02)
    assert max(len(downstream.reached(source)) for source in graph.sources) < SHAPE.widest


def test_chains_have_twenty_versions_and_nothing_lies_deeper(graph: LineageGraph, downstream: Downstream) -> None:
    versions = Counter(
        graph.chain[node] for node, kind in enumerate(graph.kind) if kind in (DATASET_VERSION, MODEL_VERSION)
    )
    lengths = Counter(versions.values())
    assert set(lengths) == {1, CHAIN}
    assert lengths[1] == len(graph.sources) + 1
    longest = [0] * len(graph)
    for down, up in graph.edges():  # those of one node come together, behind those of what it depends on
        longest[down] = max(longest[down], longest[up] + 1)
    assert max(longest) == 2 * CHAIN + 1
    assert max(longest[node] for node in range(len(graph)) if graph.place[node] < DEPLOYED) == 2 * CHAIN
    assert any(graph.kind[node] == DEPLOYMENT for node in downstream.reached(graph.hub))


def test_every_project_has_a_ladder_of_diamonds(graph: LineageGraph) -> None:
    paths = [0] * len(graph)
    for source in graph.sources:
        paths[source] = 1
    ladders = {graph.chain[source] + 1 for source in graph.sources} | {
        graph.chain[source] + 2 for source in graph.sources
    }
    for down, up in graph.edges():
        if graph.chain[down] in ladders and graph.project[up]:
            paths[down] += paths[up]
    ends = [
        paths[node] for node in range(len(graph)) if graph.chain[node] in ladders and graph.place[node] == CHAIN - 1
    ]
    assert set(ends) == {2 ** (CHAIN - 1)}


@pytest.mark.parametrize("until", [None, 7])
def test_the_search_finds_every_node_once_at_its_least_depth(
    graph: LineageGraph, downstream: Downstream, until: int | None
) -> None:
    edges = [(down, up) for down, up in graph.edges() if until is None or graph.place[down] <= until]
    for start in (graph.hub, graph.sources[0], graph.sources[-1]):
        least = {start: 0}
        changed = True
        while changed:  # relax every edge until nothing changes: another way to the same truth
            changed = False
            for down, up in edges:
                if up in least and least[up] + 1 < least.get(down, len(graph)):
                    least[down], changed = least[up] + 1, True
        del least[start]
        assert downstream.reached(start, until=until) == least


def test_starts_have_as_many_results_as_asked_for(downstream: Downstream) -> None:
    small = downstream.versions_with(30, 90, 5)
    assert len(set(small)) == 5
    assert all(30 <= len(downstream.reached(node)) <= 90 for node in small)
    large = downstream.sources_with(900, 1_100, 2)
    assert large
    assert all(900 <= len(downstream.reached(node)) <= 1_100 for node in large)


def test_records_are_what_the_registry_takes(graph: LineageGraph) -> None:
    small = generate(Shape(600, widest=200))
    reader = BatchReader(Envelope("whole", now_micros()))
    for line, record in enumerate(records(small), 1):
        reader.add(record, line)
    assert reader.errors == []
    batch = reader.finish()
    assert len(list(batch.entities())) == len(small)
    assert [(edge.downstream, edge.upstream) for edge in batch.edges()] == [
        (Names(small).urn(down), Names(small).urn(up)) for down, up in small.edges()
    ]
