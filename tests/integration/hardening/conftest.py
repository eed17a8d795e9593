"""The server as it is run, its log, and what is in the graph: what hostile requests are held against."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import Neo4jServer

pytest.register_assert_rewrite("tests.integration.hardening.target")
from tests.integration.hardening.target import Target  # noqa: E402 - its asserts are to be told in full

_START_SECONDS = 90.0


def administrator() -> dict[str, str]:
    """What a request of the administrator carries."""
    token = os.environ.get("LINEAGE_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def environment_of(server: Neo4jServer, home: Path, **settings: str) -> dict[str, str]:
    """The environment of a server process on a database, with folders of its own."""
    facts = {
        "NEO4J_URI": server.uri, "NEO4J_USERNAME": server.username, "NEO4J_PASSWORD": server.password or "",
        "LINEAGE_DATA_DIR": str(home / "data"), "LINEAGE_LOG_DIR": str(home / "logs"), "LINEAGE_LOG_FORMAT": "json",
    }  # fmt: skip
    database = {"NEO4J_DATABASE": server.database} if server.database else {}
    return {**os.environ, **facts, **database, **settings}


@contextmanager
def served(environment: dict[str, str], home: Path, database: Database) -> Iterator[Target]:
    """`lineage up` as a process of its own on a free port, and a client of it, the administrator."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = home / "server.log"
    command = [str(Path(sys.executable).with_name("lineage")), "up"]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, env=environment | {"LINEAGE_PORT": str(port)}, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60.0, headers=administrator()) as client:
            _wait_until_it_serves(client, process, log)
            yield Target(client, port, log, database, process)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except BaseException:
            process.kill()  # it must not go on keeping a ledger of a database that others empty
            raise


def _wait_until_it_serves(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)


@pytest.fixture(scope="module")
def target(
    neo4j_server: Neo4jServer, settings: Settings, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """A server to attack, with nothing in its graph but a few records.

    It keeps the ledger where other servers of the tests do, which may be running on the same database.
    """
    from tests.conftest import empty

    ledger = settings.data_dir / "ledger"
    empty(database)
    shutil.rmtree(ledger, ignore_errors=True)
    home = tmp_path_factory.mktemp("hardening")
    with served(environment_of(neo4j_server, home, LINEAGE_LEDGER_DIR=str(ledger)), home, database) as target:
        target.write(RECORDS)
        yield target


def urn(kind: str, name: str) -> str:
    return f"urn:lineage:{kind}:demo:{name}"


RECORDS: list[dict[str, Any]] = [
    {"entity": "Dataset", "urn": urn("Dataset", "wine"), "attributes": {"title": "Wine", "tags": ["demo"]}},
    {"entity": "DatasetVersion", "urn": urn("DatasetVersion", "wine:v1")},
    {"entity": "Run", "urn": urn("Run", "train")},
    {"entity": "ModelVersion", "urn": urn("ModelVersion", "taster:1")},
    {"edge": "USED", "from": urn("Run", "train"), "to": urn("DatasetVersion", "wine:v1"), "evidence": "observed"},
    {"edge": "GENERATED_BY", "from": urn("ModelVersion", "taster:1"), "to": urn("Run", "train"), "evidence": "observed"},
]  # fmt: skip


@pytest.fixture
def httpserver_seen() -> Iterator[list[str]]:
    """The address of a server that notes who comes, and after it what they asked for."""
    seen: list[str] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET  # noqa: N815 - names of the standard library

        def log_message(self, *_: object) -> None:
            """Say nothing: what came is in the list."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Noting) as server:
        seen.append(f"http://127.0.0.1:{server.server_port}/schema.json")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield seen
        server.shutdown()
        thread.join()
