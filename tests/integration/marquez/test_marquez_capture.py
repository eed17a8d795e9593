"""A registry read as a Marquez by another: the same pipeline, known both ways, is one pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from registry.capture.marquez.capture import MarquezCapture
from registry.capture.source import Rejected
from registry.cli.repairing import reconcile_source
from registry.graph.database import Database
from tests.conftest import empty
from tests.integration.openlineage.conftest import Graph, events_of, send

pytestmark = pytest.mark.neo4j


@pytest.fixture(autouse=True)
def _server(api_url: str, clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", api_url)


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
