"""Neo4j goes away and comes back, or stands still, under a server that keeps running."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.graph import local
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import Neo4jServer
from tests.integration.hardening.conftest import environment_of, served
from tests.integration.hardening.target import Target

pytestmark = pytest.mark.nightly

_PATIENCE = 240.0
"""Seconds until what has to come by itself is given up; nothing is measured."""
_GIVEN_UP = 90.0
"""A client that waits so long has been left hanging."""


@pytest.fixture
def neo4j(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a managed server of this test's own, which it stops and starts."""
    facts = {"data_dir": tmp_path / "graph", "log_dir": tmp_path / "graph-logs", "heap": "512m", "page_cache": "64m"}
    made = Settings.model_validate(facts)
    local.start(made, owner="tests")
    yield made
    local.stop(made)


@pytest.fixture
def target(neo4j: Settings, tmp_path: Path) -> Iterator[Target]:
    """A server process on that Neo4j."""
    there = local.running(neo4j)
    assert there is not None
    server = Neo4jServer(there.uri, there.username, there.password, None, "managed")
    quick = {"LINEAGE_QUERY_TIMEOUT_SECONDS": "10"}
    with (
        Database(there.uri, there.username, there.password) as database,
        served(environment_of(server, tmp_path, **quick), tmp_path, database) as target,
    ):
        target.client.timeout = httpx.Timeout(_GIVEN_UP)
        yield target


def batch(number: int) -> dict[str, Any]:
    return {"event_id": f"e{number}", "records": [{"entity": "Run", "namespace": "restarts", "name": f"r{number}"}]}


def write(target: Target, number: int) -> httpx.Response:
    return target.client.post("/api/v1/records", json=batch(number))


def until(condition: Any) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


def ready(target: Target) -> bool:
    return target.client.get("/readyz").status_code == 200


def says_that_it_cannot(target: Target) -> None:
    """Alive, not ready, and whoever asks or writes is told to come back."""
    assert target.client.get("/healthz").status_code == 200
    for answer in (target.client.get("/readyz"), write(target, 99), target.client.get("/api/v1/events/e1")):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) >= 1
    asked = target.ask("{ search { totalCount } }")
    assert asked.status_code == 503
    assert asked.json()["errors"][0]["extensions"]["code"] in ("database-unavailable", "query-timeout")
    assert "bolt://" not in asked.text


def recorded(target: Target) -> int | None:
    """How many runs there are; None where that is not answered yet."""
    data = target.ask('{ search(namespace: "restarts") { totalCount } }').json()["data"]
    return None if data is None else data["search"]["totalCount"]


def test_neo4j_stops_and_comes_back(target: Target, neo4j: Settings) -> None:
    before = local.running(neo4j)
    assert before is not None
    assert write(target, 1).status_code == 200
    local.stop(neo4j)
    until(lambda: not ready(target))
    for _ in range(3):
        says_that_it_cannot(target)
    again = local.start(neo4j, owner="tests")
    assert again.uri == before.uri  # it takes its port again where that is free
    until(lambda: ready(target))
    for _ in range(2):  # what was refused is sent again, twice
        until(lambda: write(target, 99).status_code == 200)
    assert recorded(target) == 2
    assert target.process.poll() is None


def test_neo4j_stands_still_and_goes_on(target: Target, neo4j: Settings) -> None:
    running = local.running(neo4j)
    assert running is not None
    assert write(target, 1).status_code == 200
    os.kill(running.pid, signal.SIGSTOP)
    try:
        until(lambda: not ready(target))
        says_that_it_cannot(target)
    finally:
        os.kill(running.pid, signal.SIGCONT)
    until(lambda: ready(target))
    until(lambda: write(target, 99).status_code == 200)
    assert write(target, 99).json()["replayed"] is True
    until(lambda: recorded(target) == 2)
