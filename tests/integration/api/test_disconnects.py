"""A request that its client drops ends in Neo4j, whichever way it came in; what others ask goes on."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import neo4j
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from registry.api.access import needs
from registry.api.app import create_app
from registry.graph.database import Database
from registry.permission.role import Permission
from registry.settings import Settings
from tests.conftest import authorization

SLOW = "UNWIND range(1, $many) AS a UNWIND range(1, $many) AS b WITH a, b WHERE a * b = $never RETURN count(*)"
RUNNING = "SHOW TRANSACTIONS YIELD parameters WHERE parameters.never IS NOT NULL RETURN parameters.never"
DOCUMENT = '{ entity(urn: "urn:lineage:Dataset:slow:%s") { urn } }'


class SlowDatabase(Database):
    """Neo4j takes minutes over whatever is asked about a name that begins with `slow`."""

    def _read(self, text: str, parameters: dict[str, Any] | None = None, **more: Any) -> list[neo4j.Record]:
        mark = next((mark for mark in ("first", "second") if f"slow:{mark}" in str(parameters)), None)
        if mark is not None:
            return super()._read(SLOW, {"many": 10_000_000, "never": mark}, **more)
        return super()._read(text, parameters, **more)


@pytest.fixture
def slow_database(settings: Settings, clean_database: Database) -> Iterator[SlowDatabase]:
    patient = settings.model_copy(update={"query_timeout_seconds": 120.0})
    with SlowDatabase.from_settings(patient) as database:
        yield database


@pytest.fixture
def app(settings: Settings, slow_database: SlowDatabase) -> FastAPI:
    app = create_app(settings.model_copy(update={"query_timeout_seconds": 120.0}), slow_database)

    @app.get("/stream/{mark}")
    @needs(Permission.READ)
    def stream(mark: str) -> StreamingResponse:
        def lines() -> Iterator[bytes]:
            yield b"first line\n"
            yield json.dumps(slow_database.read_text("", {"urn": f"slow:{mark}"})).encode()

        return StreamingResponse(lines())

    return app


@contextmanager
def serving(app: FastAPI) -> Iterator[tuple[str, uvicorn.Server]]:
    config = uvicorn.Config(app, log_config=None, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    with serving(app) as (url, _):
        yield url


def until(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true within a time that no healthy machine needs."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def running(database: Database) -> set[str]:
    return {mark for (mark,) in database.read_text(RUNNING)}


class Call:
    """A request over a connection of its own, which can be dropped at any time."""

    def __init__(self, url: str, head: str, body: bytes = b"") -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=20)
        self._socket.sendall(
            f"{head} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization()['Authorization']}\r\n".encode()
        )
        if body:
            self._socket.sendall(f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n".encode())
        self._socket.sendall(b"\r\n" + body)

    def read_until(self, text: bytes) -> None:
        seen = b""
        while text not in seen:
            data = self._socket.recv(4096)
            assert data, seen
            seen += data

    def drop(self) -> None:
        self._socket.close()


def graphql(url: str, mark: str) -> Call:
    return Call(url, "POST /graphql", json.dumps({"query": DOCUMENT % mark}).encode())


def event(url: str, mark: str) -> Call:
    return Call(url, f"GET /api/v1/events/slow:{mark}")


def stream(url: str, mark: str) -> Call:
    call = Call(url, f"GET /stream/{mark}")
    call.read_until(b"first line")
    return call


@pytest.mark.parametrize("ask", [graphql, event, stream])
def test_a_dropped_request_ends_in_neo4j(url: str, slow_database: Database, ask: Callable[[str, str], Call]) -> None:
    first, second = ask(url, "first"), ask(url, "second")
    assert until(lambda: running(slow_database) == {"first", "second"})
    first.drop()
    assert until(lambda: running(slow_database) == {"second"})
    assert httpx.post(
        f"{url}/graphql", json={"query": "{ search { totalCount } }"}, headers=authorization(), timeout=60
    ).json() == {"data": {"search": {"totalCount": 0}}}
    assert running(slow_database) == {"second"}
    second.drop()
    assert until(lambda: running(slow_database) == set())


def test_stopping_the_server_ends_what_runs(app: FastAPI, slow_database: Database) -> None:
    with serving(app) as (url, _):
        call = graphql(url, "first")
        assert until(lambda: running(slow_database) == {"first"})
    call.drop()
    assert until(lambda: running(slow_database) == set())


def test_a_dropped_request_is_no_error_of_the_server(
    url: str, slow_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    for ask in (graphql, event, stream):
        call = ask(url, "first")
        assert until(lambda: running(slow_database) == {"first"})
        call.drop()
        assert until(lambda: running(slow_database) == set())
    assert until(
        lambda: (
            "lineage_http_requests_in_flight 1.0"
            in httpx.get(f"{url}/metrics", headers=authorization(), timeout=60).text
        )
    )
    assert [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
