"""Which version a run read or made: exact where any of its events says so, never both, never the latest."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import httpx
import pytest

from registry.graph.database import Database
from registry.intake.taking import Intake, incoming
from registry.settings import Settings
from registry.writer import Writer
from tests.conftest import authorization, empty
from tests.integration.openlineage.conftest import Graph, dataset, event, facet, send

_SCHEMA = facet(fields=[{"name": "id", "type": "long"}])
_TRAP = [
    event("START", 1, inputs=[dataset("orders", schema=_SCHEMA)], outputs=[dataset("report", schema=_SCHEMA)]),
    event("RUNNING", 2, run_facets={"progress": facet(done=1)}, inputs=[dataset("orders")]),
    event("COMPLETE", 3, inputs=[dataset("orders", "v3")], outputs=[dataset("report", "v7")]),
    event("OTHER", 4, inputs=[dataset("orders")], outputs=[dataset("report")], run_facets={"other": facet(x=1)}),
]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1, 2, 0)], ids=str)
def test_a_version_that_one_event_names_is_the_only_one(
    api: httpx.Client, database: Database, order: tuple[int, ...]
) -> None:
    for index in order:
        send(api, _TRAP[index])
    graph = Graph(database)
    assert graph.joined("USED") == {("Run:jobs:r1", "DatasetVersion:s3%3A//b:orders:v3")}
    assert graph.joined("GENERATED_BY") == {("DatasetVersion:s3%3A//b:report:v7", "Run:jobs:r1")}
    assert "urn:lineage:DatasetVersion:s3%3A//b:report:r1" not in graph.nodes
    # What START said of the unnamed versions holds for the named ones.
    having = {a for a, _ in graph.joined("HAS_SCHEMA")}
    assert {"DatasetVersion:s3%3A//b:orders:v3", "DatasetVersion:s3%3A//b:report:v7"} <= having
    run = graph.of("Run:jobs:r1")
    assert run["state"] == "completed"
    assert "progress" in run["facets"]
    assert "other" in run["facets"]


def test_every_order_makes_the_same_graph(api: httpx.Client, database: Database) -> None:
    seen: list[tuple[Any, Any]] = []
    for order in list(itertools.permutations(range(4)))[::5]:
        empty(database)
        for index in (*order, order[0]):
            send(api, _TRAP[index])
        graph = Graph(database)
        seen.append((graph.nodes, graph.edges))
    assert all(found == seen[0] for found in seen[1:])


def test_events_of_a_run_that_arrive_at_once(api_url: str, api: httpx.Client, database: Database) -> None:
    def post(index: int) -> None:
        with httpx.Client(base_url=api_url, timeout=60.0, headers=authorization()) as client:
            answers.append(client.post("/api/v1/lineage", json=_TRAP[index % 4]).status_code)

    answers: list[int] = []
    threads = [threading.Thread(target=post, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    graph = Graph(database)
    assert graph.joined("USED") == {("Run:jobs:r1", "DatasetVersion:s3%3A//b:orders:v3")}
    assert graph.joined("GENERATED_BY") == {("DatasetVersion:s3%3A//b:report:v7", "Run:jobs:r1")}


def test_events_of_a_run_that_come_to_several_servers_at_once(database: Database, settings: Settings) -> None:
    def serve(order: list[int]) -> None:
        intake = Intake(database, Writer(database, settings), settings)
        start.wait()
        for index in order:
            taken = intake.take([incoming(_TRAP[index])])
            failures.extend(item.error for item in taken.events if item.error is not None)

    failures: list[Exception] = []
    start = threading.Barrier(3)
    orders = ([0, 1, 2], [2, 3, 0], [3, 1, 2])
    threads = [threading.Thread(target=serve, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    at_once = Graph(database)
    empty(database)
    intake = Intake(database, Writer(database, settings), settings)
    intake.take([incoming(item) for item in _TRAP])
    assert (at_once.nodes, at_once.edges) == (Graph(database).nodes, Graph(database).edges)


def test_without_a_version_an_input_is_unknown_and_an_output_is_the_runs(api: httpx.Client, database: Database) -> None:
    send(api, event("COMPLETE", 1, inputs=[dataset("orders")], outputs=[dataset("report")]))
    graph = Graph(database)
    assert graph.joined("USED") == {("Run:jobs:r1", "DatasetVersion:s3%3A//b:orders:*")}
    assert graph.joined("GENERATED_BY") == {("DatasetVersion:s3%3A//b:report:r1", "Run:jobs:r1")}
    (used,) = (edge for key, edge in graph.edges.items() if key[0] == "USED")
    assert (used["version_is"], used["evidence"]) == ("unknown", "observed")
