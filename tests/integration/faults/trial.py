"""Sixteen writers, a server and a Neo4j of its own, any of which can be killed; and what must hold afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from registry.graph import local
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import authorization
from tests.integration.writer.test_ledger import held, log, replayed, thing, urn

WRITERS = 16
_START_SECONDS = 300.0


def event(number: int) -> dict[str, Any]:
    """What one pipeline run sends: the run, what it read and what it made. Several speak of the same data sets."""
    run, made = urn("Run", f"r{number}"), urn("DatasetVersion", f"made{number % 7}", f"v{number}")
    return {
        "event_id": f"e{number}",
        "event_time": "2026-05-01T00:00:00Z",
        "records": [
            thing(run) | {"attributes": {"state": "completed"}},
            {"edge": "USED", "from": run, "to": urn("DatasetVersion", f"read{number % 5}", "v1")},
            {"edge": "GENERATED_BY", "from": made, "to": run},
        ],
    }


@dataclass(slots=True)
class Sent:
    """What the writers sent, and what was acknowledged."""

    numbers: Iterator[int] = field(default_factory=count)
    sent: set[int] = field(default_factory=set)
    acknowledged: set[int] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)


class Trial:
    """A Neo4j and a server in front of it, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        facts = {"data_dir": folder / "data", "log_dir": folder / "logs", "heap": "512m", "page_cache": "128m"}
        self._settings = Settings.model_validate(facts)
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.writings = Sent()
        self._neo4j: local.LocalServer | None = None
        self._api: subprocess.Popen[bytes] | None = None

    def start_neo4j(self) -> None:
        self._neo4j = local.start(self._settings, owner="tests")

    def start_api(self) -> None:
        assert self._neo4j is not None
        environment = os.environ | {
            "NEO4J_URI": self._neo4j.uri,
            "NEO4J_USERNAME": self._neo4j.username,
            "NEO4J_PASSWORD": self._neo4j.password or "",
            "LINEAGE_DATA_DIR": str(self._folder / "api"),
            "LINEAGE_LOG_DIR": str(self._folder / "api-logs"),
            "LINEAGE_PORT": str(self._port),
        }
        with (self._folder / "api.log").open("ab") as output:
            self._api = subprocess.Popen(
                [sys.executable, "-m", "registry.cli", "up"], env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._ready():
            assert self._api.poll() is None, (self._folder / "api.log").read_text()[-3000:]
            assert time.monotonic() < deadline, (self._folder / "api.log").read_text()[-3000:]
            time.sleep(0.1)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def kill_api(self) -> None:
        assert self._api is not None
        self._api.kill()
        self._api.wait(30)
        self._api = None

    def kill_neo4j(self) -> None:
        assert self._neo4j is not None
        os.kill(self._neo4j.pid, signal.SIGKILL)
        local.stop(self._settings)
        self._neo4j = None

    def stop(self) -> None:
        if self._api is not None:
            self._api.send_signal(signal.SIGTERM)
            self._api.wait(60)
            self._api = None
        local.stop(self._settings)

    @contextmanager
    def database(self) -> Iterator[Database]:
        assert self._neo4j is not None
        with Database(self._neo4j.uri, self._neo4j.username, self._neo4j.password) as database:
            yield database

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Within, sixteen writers send events as fast as they are taken; each ends when its request fails."""
        done = threading.Event()
        threads = [threading.Thread(target=self._write, args=(done,)) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            done.set()
            for thread in threads:
                thread.join(120)

    def _write(self, done: threading.Event) -> None:
        with self.client() as client:
            while not done.is_set():
                number = next(self.writings.numbers)
                self.writings.sent.add(number)
                if not self._send(client, number):
                    time.sleep(0.05)

    def _send(self, client: httpx.Client, number: int) -> bool:
        try:
            answer = client.post("/api/v1/records", json=event(number))
        except httpx.TransportError:
            return False
        if answer.status_code == httpx.codes.OK:
            self.writings.acknowledged.add(number)
        elif answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            self.writings.refused.append(answer.text[:500])
        return answer.status_code == httpx.codes.OK

    def wait_for_acknowledged(self, more: int) -> None:
        """Return when that many further events were acknowledged."""
        wanted, deadline = len(self.writings.acknowledged) + more, time.monotonic() + _START_SECONDS
        while len(self.writings.acknowledged) < wanted:
            assert time.monotonic() < deadline, "nothing is acknowledged"
            time.sleep(0.01)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60.0, headers=authorization())

    def check(self) -> None:
        """Nothing acknowledged is lost, no gap, no entity without its entry; replaying everything changes nothing."""
        assert not self.writings.refused
        with self.database() as database, self.client() as client:
            present = {name for (name,) in database.read_text("MATCH (e:Event) RETURN e.id")}
            lost = {f"e{number}" for number in self.writings.acknowledged} - present
            assert not lost, f"acknowledged, and gone: {sorted(lost)[:10]}"
            entries = log(database)
            written = [item.act.event for item in entries if item.act.action == "records.write"]
            assert len(written) == len(set(written))
            assert set(written) == present
            before = dict(held(database))
            assert replayed(entries) == before
            for number in sorted(int(name[1:]) for name in present):
                answer = client.post("/api/v1/records", json=event(number)).json()
                assert (answer["replayed"], answer["created"], answer["changed"]) == (True, 0, 0)
            assert dict(held(database)) == before
            assert [item for item in log(database) if item.act.action == "records.write"] == [
                item for item in entries if item.act.action == "records.write"
            ]
