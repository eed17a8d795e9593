"""The 74 events of OpenLineage's compatibility tests, over HTTP, with the graph that they must make."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import httpx

from registry.graph.database import Database
from registry.intake.taking import Intake, incoming
from registry.settings import Settings
from registry.writer import Writer
from tests.conftest import empty
from tests.integration.openlineage.conftest import URL, Graph, events_of

_A, _B, _C = "Field:file:/tmp/cll_test/cll_source1.a", "Field:file:/tmp/cll_test/cll_source1.b", "c"
_A2, _C2 = "Field:file:/tmp/cll_test/cll_source2.a", "Field:file:/tmp/cll_test/cll_source2.c"
_OUT = "Field:file:/tmp/cll_test/tbl1"
_SELECT = "019127df-0850-72bc-b214-b255290588a6"
_JOB = "Run:testColumnLevelLineage"


def batch(api: httpx.Client, events: Sequence[object]) -> None:
    answer = api.post(f"{URL}/batch", json=events).json()
    assert (answer["status"], answer["summary"]["successful"]) == ("success", len(events)), answer


def test_all_events_are_taken_and_their_lineage_is_there(
    api: httpx.Client, database: Database, scenarios: Path
) -> None:
    folders = sorted(item for item in scenarios.iterdir() if item.is_dir())
    events = [event for folder in folders for event in events_of(folder)]
    assert len(events) == 74
    batch(api, events)
    graph = Graph(database)
    runs = {(event["job"]["namespace"], event["run"]["runId"]) for event in events}
    named = {(item["namespace"], item["name"]) for item in graph.nodes.values() if item["kind"] == "Run"}
    assert runs <= named
    data = {
        (item["namespace"], item["name"])
        for event in events
        for item in (*(event.get("inputs") or ()), *(event.get("outputs") or ()))
    }
    known = {(item["namespace"], item["name"]) for item in graph.nodes.values() if item["kind"] == "Dataset"}
    assert data <= known
    assert not [item for item in graph.nodes.values() if item["kind"] == "Run" and item.get("placeholder")]
    before = Graph(database)
    batch(api, events)
    assert (Graph(database).nodes, Graph(database).edges) == (before.nodes, before.edges)


def test_any_order_and_any_number_of_times_make_the_same_graph(
    database: Database, settings: Settings, scenarios: Path
) -> None:
    events = [item for folder in sorted(scenarios.iterdir()) if folder.is_dir() for item in events_of(folder)]
    chance = random.Random(74)
    shuffled = chance.sample(events, len(events)) + chance.sample(events, 20)
    graphs = []
    for order, size in ((events, 10), (shuffled, 7)):
        empty(database)
        intake = Intake(database, Writer(database, settings), settings)
        for start in range(0, len(order), size):
            intake.take([incoming(item) for item in order[start : start + size]])
        graphs.append(Graph(database))
    assert graphs[0].nodes == graphs[1].nodes
    assert graphs[0].edges == graphs[1].edges


def test_column_lineage_is_that_of_the_sql(api: httpx.Client, database: Database, scenarios: Path) -> None:
    events = events_of(scenarios / "CLL")
    random.Random(5).shuffle(events)
    for event in events:
        assert api.post(URL, json=event).status_code == 200
    graph = Graph(database)
    # SELECT t1.a AS ident, CONCAT(b, 'test') AS trans, SUM(c) AS agg
    # FROM (SELECT a, c FROM cll_source2 WHERE a > 1) t2 JOIN cll_source1 t1 ON t1.a = t2.a GROUP BY t1.a, b
    found = graph.joined("DERIVED_FROM")
    behind_all = {_A, _B, _A2}
    assert found == {
        *((f"{_OUT}.ident", source) for source in behind_all),
        *((f"{_OUT}.trans", source) for source in behind_all),
        *((f"{_OUT}.agg", source) for source in behind_all | {_C2}),
    }
    how = {(a, b): edge["transformation"] for (kind, a, b, _), edge in graph.edges.items() if kind == "DERIVED_FROM"}
    words = {key: value for key, value in how.items() if "DIRECT:" in value.replace("INDIRECT:", "")}
    assert {(a.rpartition(".")[2], b.rpartition(".")[2]) for a, b in words} == {
        ("ident", "a"), ("trans", "b"), ("agg", "c"),
    }  # fmt: skip
    assert how[f"urn:lineage:{_OUT}.agg", f"urn:lineage:{_C2}"] == "DIRECT:AGGREGATION"


def test_the_run_of_the_select_has_its_inputs_output_and_parent(
    api: httpx.Client, database: Database, scenarios: Path
) -> None:
    batch(api, events_of(scenarios / "CLL"))
    graph = Graph(database)
    run = f"{_JOB}:{_SELECT}"
    assert {b for a, b in graph.joined("USED") if a == run} == {
        f"DatasetVersion:file:/tmp/cll_test/cll_source{number}:*" for number in (1, 2)
    }
    made = f"DatasetVersion:file:/tmp/cll_test/tbl1:{_SELECT}"
    assert {a for a, b in graph.joined("GENERATED_BY") if b == run} == {made}
    assert (run, f"{_JOB}:019127de-fd25-7707-bfa4-3ec02693a531") in graph.joined("PART_OF")
    assert (run, "LibraryVersion:generic:spark:3.3.4") in graph.joined("DEPENDS_ON")
    assert graph.of(run)["state"] == "completed"
    assert "spark.logicalPlan" in graph.of(run)["facets"]
    assert ("Dataset:file:/tmp/cll_test/tbl1", "Dataset:file%3A/tmp/cll_test:default.tbl1") in graph.joined("SAME_AS")


def test_what_a_table_is_made_from_is_found_by_a_walk(api: httpx.Client, scenarios: Path) -> None:
    batch(api, events_of(scenarios / "CLL"))
    query = "query($urn: URN!) { impact(urn: $urn) { items { node { urn certainty } } } }"
    start = "urn:lineage:Dataset:file:/tmp/cll_test/cll_source1"
    answer = api.post("/graphql", json={"query": query, "variables": {"urn": start}}).json()
    found = {item["node"]["urn"] for item in answer["data"]["impact"]["items"]}
    assert f"urn:lineage:DatasetVersion:file:/tmp/cll_test/tbl1:{_SELECT}" in found
