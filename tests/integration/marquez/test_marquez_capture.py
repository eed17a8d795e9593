"""A registry read as a Marquez by another: the same pipeline, known both ways, is one pipeline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from registry.capture.marquez.capture import MarquezCapture
from registry.capture.source import Rejected
from registry.cli.errand import import_source
from registry.cli.repairing import reconcile_source
from registry.graph.database import Database
from tests.conftest import empty
from tests.integration.openlineage.conftest import Graph, events_of, send
from tests.unit.capture.marquez_answers import FakeMarquez, dataset, job, marquez, run, run_event

pytestmark = pytest.mark.neo4j


@pytest.fixture(autouse=True)
def _server(api_url: str, clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", api_url)
    monkeypatch.setenv("MARQUEZ_API_KEY", os.environ["LINEAGE_TOKEN"])


def reconcile(url: str, *, repair: bool = False, **options: str) -> dict[str, Any]:
    return reconcile_source("marquez", url, options, repair=repair)


def differing(answer: dict[str, Any]) -> list[Any]:
    parts = ("missing_here", "missing_there", "differing", "edges_missing_there", "renamed", "orphaned", "rejected")
    return [item for part in parts for item in answer[part]]


def test_what_a_marquez_has_of_real_pipelines_is_what_came_here(
    api: httpx.Client, api_url: str, database: Database, shared_data: Path
) -> None:
    folder = shared_data / "openlineage-compatibility" / "scenarios"
    for scenario in ("CLL",):
        for item in events_of(folder / scenario):
            send(api, item)
    before = Graph(database)
    assert differing(reconcile(api_url)) == []
    read = list(MarquezCapture().read(api_url, {}))
    assert [item for item in read if isinstance(item, Rejected)] == []
    empty(database)
    body = b"".join(orjson.dumps(item) + b"\n" for item in read if isinstance(item, dict))
    answer = api.post("/api/v1/records", content=body, headers={"content-type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    after = Graph(database)
    assert set(after.nodes) == set(before.nodes)
    assert set(after.edges) == set(before.edges)
    assert after.nodes == before.nodes


def test_a_marquez_is_imported_compared_and_mended(api: httpx.Client, database: Database) -> None:
    fake = FakeMarquez()
    fake.jobs = {"etl": [job("load", description="Loads.")], "other": [job("report", "other")]}
    fake.runs = {("etl", "load"): [run("r1")]}
    fake.datasets = {"s3://lake": [dataset("orders", description="Orders.")]}
    fake.events = [run_event("r0", "COMPLETE", outputs=[{"namespace": "s3://lake", "name": "orders"}])]
    with marquez(fake) as url:
        assert import_source("marquez", url, {}, keep_good=False, dry_run=False)["ok"]
        assert differing(reconcile(url)) == []
        again = import_source("marquez", url, {}, keep_good=False, dry_run=False)
        assert (again["created"], again["changed"]) == (0, 0)

        # The same run comes here by itself, too: it is the same one.
        send(api, run_event("r0", "COMPLETE", outputs=[{"namespace": "s3://lake", "name": "orders"}]))
        assert differing(reconcile(url)) == []

        fake.events.append(run_event("r2", "FAIL"))
        fake.jobs["etl"][0]["description"] = "Loads anew."
        fake.runs["etl", "load"] = []
        partly = reconcile(url)
        assert partly["missing_here"] == ["urn:lineage:Run:etl:r2"]
        assert (partly["missing_there"], "one source of several" in partly["gone_not_sought"]) == ([], True)
        whole = reconcile(url, namespace="etl", whole="yes")
        assert (whole["missing_there"], whole["gone_not_sought"]) == (["urn:lineage:Run:etl:r1"], None)
        assert reconcile(url, repair=True, namespace="etl", whole="yes")["ok"]
        assert differing(reconcile(url, namespace="etl", whole="yes")) == []
    assert database.read_text("MATCH (n:Job {namespace: 'other'}) RETURN count(n)")[0][0] == 1
