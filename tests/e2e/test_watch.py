"""`lineage watch` as a person or a script uses it: a real process, a real API that stops and starts, a real Neo4j."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from registry.api import serve
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import authorization

pytestmark = pytest.mark.neo4j

DATA = "urn:lineage:DatasetVersion:demo:wine:v3"
EVIL = "evil\u202e[red]name"


@contextmanager
def serving(settings: Settings, database: Database, port: int) -> Iterator[str]:
    with serve.listen(settings.model_copy(update={"port": port})) as listener:
        server = serve._Server(settings, database, lambda: None)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert until(lambda: server.started)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


def until(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true within a time that no healthy machine needs."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


@contextmanager
def watch(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "registry.cli", "watch", "DatasetVersion:demo:wine:v3", *arguments]
    environment = os.environ | {"LINEAGE_URL": url, "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def derive(url: str, model: str, **edge: str) -> None:
    name = {"kind": "ModelVersion", "namespace": "demo", "name": model, "version": "1"}
    record = {"edge": "DERIVED_FROM", "from": name, "to": DATA, **edge}
    answer = httpx.post(f"{url}/api/v1/records", json={"records": [record]}, headers=authorization(), timeout=60)
    assert answer.status_code == 200, answer.text


def test_a_program_reads_one_document_a_line_over_a_restart(
    settings: Settings, clean_database: Database, port: int
) -> None:
    with serving(settings, clean_database, port) as url:
        derive(url, "first")
        watching = watch(url, "--json")
        process = watching.__enter__()
        state = json.loads(line(process))
        assert (state["event"], state["count"]) == ("state", 1)
        derive(url, EVIL)
        change = json.loads(line(process))
        assert [item["label"] for item in change["added"]] == [f"{EVIL} v1"]
        assert change["id"] != state["id"]
    with serving(settings, clean_database, port) as url:
        derive(url, "while it was away")
        change = json.loads(line(process))
        assert [item["label"] for item in change["added"]] == ["while it was away v1"]
    with serving(settings, clean_database, port) as url:
        assert until(lambda: "lineage_watchers 1.0\n" in httpx.get(f"{url}/metrics", headers=authorization()).text)
        derive(url, "when it was back")  # that it is back, and nothing changed, is no line of its own
        change = json.loads(line(process))
        assert [item["label"] for item in change["added"]] == ["when it was back v1"]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, "")
        assert "Trying again" in err
        assert "Traceback" not in err
        watching.__exit__(None, None, None)


def test_a_person_reads_what_happened(settings: Settings, clean_database: Database, port: int) -> None:
    with serving(settings, clean_database, port) as url:
        derive(url, "first")
        with watch(url, "--once") as process:
            assert "1 affected" in line(process)
            derive(url, EVIL)
            assert "2 affected" in line(process)
            said = line(process)
            assert "+ evil\\u202e[red]name v1  ModelVersion" in said
            assert process.wait(60) == 0
        with watch(url, "--since", "2020-01-01", "--once", "--json") as process:
            assert [item["label"] for item in json.loads(line(process))["added"]] == [f"{EVIL} v1", "first v1"]
            assert process.wait(60) == 0


def test_what_cannot_be_watched_is_said_and_ends(settings: Settings, clean_database: Database, port: int) -> None:
    with serving(settings, clean_database, port) as url:
        with watch(url) as process:
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (1, "")
        assert "Nothing is recorded as" in err
    with watch(url, "--json") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert json.loads(err)["code"] == "not-running"
