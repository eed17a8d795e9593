"""Neo4j goes away in the middle: clear errors at once, nothing half-written, and all well on the next start."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from registry.api.app import create_app
from registry.graph import local
from registry.graph.database import Database
from registry.graph.migrate import migrate
from registry.settings import Settings
from tests.conftest import authorization

RECORDS = [{"entity": "Run", "namespace": "t", "name": f"r{number}"} for number in range(4_000)]


@pytest.fixture
def own_settings(tmp_path: Path) -> Settings:
    """A Neo4j of this test's own: it is going to be killed."""
    return Settings.model_validate(
        {"data_dir": tmp_path / "data", "log_dir": tmp_path / "logs", "heap": "512m", "page_cache": "128m"}
    )


@pytest.fixture
def server(own_settings: Settings) -> Iterator[local.LocalServer]:
    yield local.start(own_settings, owner="tests")
    local.stop(own_settings)


def test_a_killed_neo4j(server: local.LocalServer, own_settings: Settings) -> None:
    with Database(server.uri, server.username, server.password) as database:
        migrate(database)
        with TestClient(
            create_app(own_settings, database), base_url="http://127.0.0.1", headers=authorization()
        ) as client:
            _write_while_it_is_killed(client, server.pid)
            _everything_says_so_within_seconds(client)
    local.stop(own_settings)
    again = local.start(own_settings, owner="tests")
    with Database(again.uri, again.username, again.password) as database:
        whole_batches = {0, len(RECORDS)}
        found = database.read_text("MATCH (e:Event) WITH count(e) AS events MATCH (n:Run) RETURN events, count(n)")
        assert found in ([], [(1, len(RECORDS))])
        runs = database.read_text("MATCH (n:Run) RETURN count(n)")[0][0]
        assert runs in whole_batches


def _write_while_it_is_killed(client: TestClient, pid: int) -> None:
    answers: list[Any] = []
    body = {"event_id": "e1", "records": RECORDS}
    writing = threading.Thread(target=lambda: answers.append(client.post("/api/v1/records", json=body)))
    writing.start()
    time.sleep(0.3)
    os.kill(pid, signal.SIGKILL)
    writing.join(60)
    assert answers
    assert answers[0].status_code in (200, 503)


def _everything_says_so_within_seconds(client: TestClient) -> None:
    for answer in (
        client.post("/api/v1/records", json={"records": RECORDS[:1]}),
        client.get("/api/v1/events/e1"),
        client.get("/readyz"),
    ):
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"]
    assert client.post("/api/v1/records", json={"records": RECORDS[:1]}).json()["code"] == "database-unavailable"
    query = client.post("/graphql", json={"query": "{ search { totalCount } }"}).json()
    assert query["errors"][0]["extensions"]["code"] == "database-unavailable"
    assert client.get("/healthz").status_code == 200
