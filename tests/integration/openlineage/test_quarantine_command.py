"""`lineage quarantine` and `lineage import openlineage`, as a person runs them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry.cli.app import app
from registry.graph.database import Database
from tests.integration.openlineage.conftest import URL, Graph, dataset, event, events_of, facet, send


@pytest.fixture(autouse=True)
def _server(api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", api_url)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def document(result: Result) -> Any:
    """The JSON that a command prints; the server of the test logs to the same place."""
    begins = re.search(r"^\{", result.stdout, re.MULTILINE)
    assert begins is not None, result.stdout
    found, _ = json.JSONDecoder().raw_decode(result.stdout, begins.start())
    return found


def test_what_could_not_be_taken_is_listed_shown_sent_again_and_dropped(api: httpx.Client) -> None:
    assert "empty" in run("quarantine", "list").stdout
    broken = event("START", 1) | {"eventTime": "soon \x1b[31m"}
    api.post(URL, json=broken)
    listed = document(run("quarantine", "list", "--json"))
    (entry,) = listed["entries"]
    assert "/eventTime" in run("quarantine", "list").stdout
    shown = run("quarantine", "show", entry["id"][:8])
    assert "/eventTime" in shown.stdout
    assert "\x1b[31m" not in shown.stdout
    assert document(run("quarantine", "show", entry["id"], "--content")) == broken
    again = run("quarantine", "retry", "--all", "--json")
    assert (again.exit_code, document(again)["failed"]) == (1, 1)
    assert run("quarantine", "drop").exit_code == 2
    assert run("quarantine", "drop", "zz").exit_code == 2
    assert run("quarantine", "drop", entry["id"][:8]).exit_code == 0
    assert document(run("quarantine", "list", "--json"))["total"] == 0


def test_the_same_log_by_http_and_as_a_file_is_no_conflict(
    api: httpx.Client, database: Database, tmp_path: Path
) -> None:
    from tests.conftest import empty

    events = [
        event("START", 1, inputs=[dataset("orders", inputStatistics=facet(rowCount=3))], outputs=[dataset("report")]),
        event("COMPLETE", 2, inputs=[dataset("orders", "v3")], run_facets={"x": facet(y=1)}),
        event("COMPLETE", 2, run="r2", outputs=[dataset("orders", "v3")]),
    ]
    for item in events:
        del item["producer"]
    file = tmp_path / "events.ndjson"
    lines = [json.dumps(item) for item in (*events, events[0])]  # repeated, as a client writes that tries again
    file.write_text("\n".join(lines), encoding="utf-8")
    graphs = []
    for file_first in (False, True):
        empty(database)
        for by_file in (file_first, not file_first):
            if by_file:
                result = run("import", "openlineage", str(file))
                assert result.exit_code == 0, result.output
            else:
                for item in events:
                    send(api, item)
            graphs.append(Graph(database))
    assert all((item.nodes, item.edges) == (graphs[0].nodes, graphs[0].edges) for item in graphs)


def test_a_file_of_events_makes_the_graph_that_the_events_make(
    api: httpx.Client, database: Database, scenarios: Path, tmp_path: Path
) -> None:
    from tests.conftest import empty

    events = events_of(scenarios / "CLL")
    for item in events:
        send(api, item)
    sent = Graph(database)
    empty(database)
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(json.dumps(item) for item in events) + "\n{broken\n", encoding="utf-8")
    result = run("import", "openlineage", str(file), "--mode", "per-item")
    assert result.exit_code == 1, result.output  # the broken line is told
    read = Graph(database)
    assert read.edges.keys() == sent.edges.keys()
    assert {urn: item.get("facets") for urn, item in read.nodes.items()} == {
        urn: item.get("facets") for urn, item in sent.nodes.items()
    }
    run("import", "openlineage", str(file), "--mode", "per-item")
    assert Graph(database).nodes == read.nodes
