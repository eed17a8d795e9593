"""A Neo4j that is there and says nothing: probes and reads give up by themselves, and come back by themselves."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from registry.api.app import create_app
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import authorization

QUERY = {"query": "{ search { totalCount } }"}


class Wire:
    """A TCP proxy to Neo4j that can keep every byte to itself, or refuse connections."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.open = threading.Event()
        self.open.set()
        self._stopped = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._stopped.set()
        self.open.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, contextlib.suppress(OSError):
            while not self._stopped.is_set():
                ready, _, _ = select.select([near, far], [], [], 0.1)
                for side in ready:
                    self.open.wait()
                    data = side.recv(65_536)
                    if not data:
                        return
                    (far if side is near else near).sendall(data)


@pytest.fixture
def wire(settings: Settings, database: Database) -> Iterator[Wire]:
    parts = urlsplit(settings.neo4j_uri or "")
    wire = Wire((parts.hostname or "127.0.0.1", parts.port or 7687))
    yield wire
    wire.close()


@pytest.fixture
def client(settings: Settings, wire: Wire) -> Iterator[TestClient]:
    quick = settings.model_copy(update={"neo4j_uri": f"bolt://127.0.0.1:{wire.port}", "query_timeout_seconds": 0.5})
    with (
        Database.from_settings(quick) as database,
        TestClient(create_app(quick, database), base_url="http://localhost", headers=authorization()) as client,
    ):
        yield client


def test_silence_ends_in_503_and_then_in_answers(client: TestClient, wire: Wire) -> None:
    assert _until(lambda: client.post("/graphql", json=QUERY).status_code == 200)
    assert _until(lambda: client.get("/readyz").status_code == 200)
    wire.open.clear()
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["code"], ready.headers["retry-after"]) == (503, "database-unavailable", "1")
    read = client.post("/graphql", json=QUERY)
    assert read.status_code == 503
    assert read.headers["retry-after"] == "1"
    assert read.json()["errors"][0]["extensions"]["code"] == "database-unavailable"
    assert client.get("/healthz").status_code == 200
    wire.open.set()
    assert _until(lambda: client.get("/readyz").status_code == 200)
    assert client.post("/graphql", json=QUERY).status_code != 503  # ready is ready: nobody is refused any more
    assert _until(lambda: client.post("/graphql", json=QUERY).status_code == 200)


def _until(condition: Callable[[], bool]) -> bool:
    gate = threading.Event()
    for _ in range(100):
        if condition():
            return True
        gate.wait(0.1)
    return False
