"""An older dump is put back with the product's own commands: the server notices, says so, and goes on once it is explained."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import authorization

SECONDS = 300


class Machine:
    """A machine with a managed server of its own, worked with by the command line."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
        self.url = f"http://127.0.0.1:{port}"
        self.environment = kept | {
            "LINEAGE_DATA_DIR": str(folder / "data"), "LINEAGE_LOG_DIR": str(folder / "logs"),
            "LINEAGE_PORT": str(port), "LINEAGE_HEAP": "512m", "LINEAGE_PAGE_CACHE": "64m",
        }  # fmt: skip

    def run(self, *arguments: str, expect: int = 0) -> str:
        command = [sys.executable, "-m", "registry.cli", *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout

    def write(self, name: str) -> httpx.Response:
        body = {"event_id": name, "records": [{"entity": "Run", "namespace": "demo", "name": name}]}
        return httpx.post(f"{self.url}/api/v1/records", json=body, headers=authorization(), timeout=60)

    def verified(self, expect: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("audit", "verify", "--graph", "--json", expect=expect))
        return found


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_dump_that_was_put_back_is_noticed_named_and_explained(tmp_path: Path) -> None:
    machine, dump = Machine(tmp_path), str(tmp_path / "older.dump")
    try:
        machine.run("up", "--detach")
        assert machine.write("before").status_code == 200
        machine.run("down")
        machine.run("db", "dump", dump)
        machine.run("up", "--detach")
        assert machine.write("after").status_code == 200
        assert machine.verified(0)["verified"]
        machine.run("down")
        machine.run("db", "load", dump, "--overwrite")
        machine.run("up", "--detach")
        answer = machine.write("later")
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger-shrunk")
        assert httpx.get(f"{machine.url}/readyz").json()["writes"] == "refused"
        assert "ledger-shrunk" in machine.run("doctor", expect=1)
        report = machine.verified(1)
        assert report["problems"]["shrunk"] == 1
        assert "urn:lineage:Run:demo:after" in {item.get("target") for item in report["findings"]}
        machine.run("audit", "explain-incident", "--reason", "restored by a test")
        assert machine.write("later").status_code == 200
        assert machine.write("after").status_code == 200  # sent again
        assert machine.verified(0)["verified"]
    finally:
        machine.run("down")
