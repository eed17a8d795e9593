"""The server process itself: what it refuses to start with, and how it stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from registry.api.serve import listen, open_database, prepare
from registry.errors import RegistryError, SchemaNotReadyError
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import authorization

PROGRAM = """
import sys
from registry.api.serve import serve
from registry.errors import RegistryError
from registry.settings import load_settings
try:
    serve(load_settings(), on_ready=lambda url, token: print(url, flush=True))
    print("stopped", flush=True)
except RegistryError as error:
    print(error.code, flush=True)
    sys.exit(3)
"""


@contextmanager
def server(settings: Settings, **more: str) -> Iterator[subprocess.Popen[str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    password = settings.neo4j_secret
    environment = os.environ | {
        "NEO4J_URI": settings.neo4j_uri or "",
        "NEO4J_USERNAME": settings.neo4j_username,
        **({"NEO4J_PASSWORD": password} if password else {}),
        **({"NEO4J_DATABASE": settings.neo4j_database} if settings.neo4j_database else {}),
        "LINEAGE_DATA_DIR": str(settings.data_dir),
        "LINEAGE_LOG_DIR": str(settings.log_dir),
        "LINEAGE_PORT": port,
        "LINEAGE_LOG_FORMAT": "json",
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serves_until_told_to_stop(settings: Settings, clean_database: Database, number: signal.Signals) -> None:
    with server(settings) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/readyz").status_code == 200
        answer = httpx.post(
            f"{url}/graphql",
            json={"query": "{ search { totalCount } }"},
            headers={"X-Request-ID": "mine"} | authorization(),
        )
        assert answer.json() == {"data": {"search": {"totalCount": 0}}}
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "stopped\n")
    lines = [json.loads(line) for line in err.splitlines()]
    mine = [line for line in lines if line.get("request_id") == "mine"]
    assert [(line["path"], line["status"]) for line in mine] == [("/graphql", 200)]
    assert (settings.neo4j_secret or "no password at all") not in err


def test_requests_in_flight_are_finished(settings: Settings, clean_database: Database) -> None:
    records = [{"entity": "Run", "namespace": "t", "name": f"r{number}"} for number in range(3_000)]
    answers: list[httpx.Response] = []
    with server(settings) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        body = json.dumps({"event_id": "in-flight", "records": records})
        sending = threading.Thread(
            target=lambda: answers.append(
                httpx.post(
                    f"{url}/api/v1/records",
                    content=body,
                    headers={"content-type": "application/json"} | authorization(),
                    timeout=60,
                )
            )
        )
        sending.start()
        _wait_for_flight(url)
        process.terminate()
        sending.join(60)
        process.communicate(timeout=60)
    assert answers[0].status_code == 200
    assert clean_database.read_text("MATCH (n:Run) RETURN count(n)")[0][0] == len(records)


def _wait_for_flight(url: str) -> None:
    for _ in range(200):
        if "lineage_http_requests_in_flight 2.0" in httpx.get(f"{url}/metrics", headers=authorization()).text:
            return


def test_a_port_in_use_is_said_before_anything_starts(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        # The database is out of reach: had it been asked, the answer would be another.
        with server(settings, LINEAGE_PORT=port, NEO4J_URI="bolt://127.0.0.1:1") as process:
            out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "already-running\n")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"neo4j_uri": "bolt://127.0.0.1:1"}, "database-unavailable"),
        ({"neo4j_uri": "nonsense"}, "configuration"),
        ({"host": "203.0.113.7"}, "configuration"),
        ({"host": "no such name"}, "configuration"),
        ({"neo4j_password": "wrong-password"}, "database-auth"),
    ],
)
def test_what_cannot_be_served_is_named(settings: Settings, more: dict[str, str], code: str) -> None:
    if "neo4j_password" in more and settings.neo4j_secret is None:
        pytest.skip("this Neo4j asks for no password")
    unfit = Settings.model_validate(settings.model_dump() | {"port": 1_024 + os.getpid() % 60_000} | more)
    with pytest.raises(RegistryError) as caught, listen(unfit), open_database(unfit):
        pytest.fail("it opened")
    assert caught.value.code == code
    assert caught.value.hint
    assert "wrong-password" not in caught.value.diagnostics()


def test_an_unready_database_is_refused(settings: Settings, clean_database: Database) -> None:
    clean_database.execute_schema("DROP INDEX entity_name")
    try:
        with pytest.raises(SchemaNotReadyError, match="entity_name"), open_database(settings) as database:
            prepare(database, settings)
    finally:
        clean_database.execute_schema("CREATE RANGE INDEX entity_name IF NOT EXISTS FOR (n:Entity) ON (n.name)")
        clean_database.execute_schema("CALL db.awaitIndexes(60)")
