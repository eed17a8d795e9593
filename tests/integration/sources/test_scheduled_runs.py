"""Sources that are read by themselves: real processes, a real API, a real database."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from registry.cli.app import app
from registry.graph.database import Database
from registry.sources.store import SourceStore
from tests.integration.sources.conftest import ended, events_file, scheduling, write_list

pytestmark = pytest.mark.neo4j


@pytest.fixture
def store(clean_database: Database) -> SourceStore:
    return SourceStore(clean_database)


def test_sources_come_in_by_themselves_and_what_each_run_found_is_kept(
    store: SourceStore, database: Database, api: httpx.Client, api_url: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("TEST_PASSWORD", "hunter/2")
    events = events_file(tmp_path / "events.ndjson", "orders")
    place = 'capture = "openlineage"\nwhere = "{where}"\nevery = "{every}"\ndo = "{do}"\n'
    listed = write_list(
        tmp_path / "sources.toml",
        files=place.format(where=events, every="1h", do="sync"),
        checked=place.format(where=events, every="1h", do="reconcile") + "enabled = false",
        gone='capture = "mlflow"\nwhere = "http://ann:${PW}@127.0.0.1:1"\nevery = "1h"\ndo = "sync"\n'
        'secrets = { PW = { env = "TEST_PASSWORD" } }',
    )
    with scheduling(database, listed, api_url):
        first = ended(store, "files")
        assert (first["state"], first["message"]) == ("succeeded", ""), first
        assert first["found"]["created"] == first["report"]["created"] > 0
        failed = ended(store, "gone")
        assert (failed["state"], failed["report"]["problem"]["code"]) == ("failed", "invalid-source")
        assert "127.0.0.1:1" in failed["message"]
        events_file(events, "orders", "customers")
        asked = api.post("/api/v1/scheduled-sources/checked/runs", json={})
        assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
        second = ended(store, "checked")
    assert (second["id"], second["state"]) == (asked.json()["id"], "differs")
    assert second["found"]["missing_here"] == len(second["report"]["missing_here"]) > 0

    kept = database.read_text("MATCH (n:ScheduledSource|SourceRun) RETURN properties(n)")
    assert not re.search("hunter", str(kept) + str(failed)), "where secrets are is kept, and never a secret"

    listing = {item["name"]: item for item in api.get("/api/v1/scheduled-sources").json()["sources"]}
    assert {name: item["last"]["state"] for name, item in listing.items()} == {
        "files": "succeeded", "checked": "differs", "gone": "failed",
    }  # fmt: skip
    assert (listing["gone"]["failures"], listing["gone"]["last_success_at"]) == (1, None)
    assert listing["files"]["last_success_at"] == listing["files"]["last"]["ended_at"]
    assert listing["files"]["next_at"] > listing["files"]["last"]["ended_at"]
    assert listing["checked"]["next_at"] is None, "by hand only"
    assert all(item["active"] and item["running"] is None for item in listing.values())
    assert api.get("/readyz").status_code == 200, "a failing source is no reason not to serve"
    metrics = api.get("/metrics").text
    assert 'lineage_source_last_state{source="gone",state="failed"} 1.0' in metrics
    assert re.search(r'lineage_source_last_success_timestamp_seconds\{source="files"\} 1\.\d+e\+09', metrics)
    assert f'lineage_source_differences{{source="checked"}} {float(second["found"]["differences"])}' in metrics

    question = "{ scheduledSources { name task active failures nextAt lastSuccessAt lastRun { state found endedAt } } }"
    told = api.post("/graphql", json={"query": question}).json()["data"]["scheduledSources"]
    assert [(item["name"], item["task"], item["lastRun"]["state"]) for item in told] == [
        ("checked", "reconcile", "DIFFERS"), ("files", "sync", "SUCCEEDED"), ("gone", "sync", "FAILED"),
    ]  # fmt: skip
    assert told[0]["lastRun"]["found"] == second["found"]
    assert told[1]["lastSuccessAt"] == listing["files"]["last_success_at"]

    monkeypatch.setenv("LINEAGE_URL", api_url)
    monkeypatch.setenv("COLUMNS", "250")
    shown = CliRunner().invoke(app, ["sources", "list"]).stdout
    assert all(
        re.search(line, shown) for line in ("files.*succeeded.*created", "gone.*failed", "checked.*by hand only")
    )
    shown = CliRunner().invoke(app, ["sources", "show", "checked", "--run", second["id"][:8]]).stdout
    assert re.search(r"difference.*--repair makes the registry say what the source says", shown)
    assert "differing: checked" in CliRunner().invoke(app, ["status"]).stdout
    assert CliRunner().invoke(app, ["sources", "show", "checked", "--run", "z"]).exit_code == 1


@pytest.mark.nightly
def test_two_servers_with_one_list_never_run_a_source_at_once(
    store: SourceStore, database: Database, api_url: str, tmp_path: Path
) -> None:
    events = events_file(tmp_path / "events.ndjson", "orders")
    often = f'capture = "openlineage"\nwhere = "{events}"\nevery = "1s"\ndo = "sync"'
    listed = write_list(tmp_path / "sources.toml", a=often, b=often)
    with scheduling(database, listed, api_url, at_once=1), scheduling(database, listed, api_url, at_once=2):
        for name in ("a", "b"):
            ended(store, name, runs=5)
    for name in ("a", "b"):
        runs = [run for run in store.runs(name, limit=50, offset=0)[0] if run["ended_at"]]
        spans = sorted((run["started_at"], run["ended_at"]) for run in runs)
        assert len(spans) >= 5
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
        assert {run["state"] for run in runs} <= {"succeeded", "stopped"}
