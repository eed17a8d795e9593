"""The command as a person uses it: real processes, a real API, a real Neo4j on folders of their own."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.neo4j

_WAIT_SECONDS = 120.0
WINE = "urn:lineage:DatasetVersion:demo:wine:v3"
EVIL = "evil\u202e[red]name[/red]"

RECORDS: list[dict[str, Any]] = [
    {"entity": "Team", "namespace": "demo", "name": "data"},
    {"entity": "DatasetVersion", "namespace": "demo", "name": "wine", "version": "v2", "attributes": {"rows": 170}},
    {
        "entity": "DatasetVersion",
        "namespace": "demo",
        "name": "wine",
        "version": "v3",
        "attributes": {"rows": 178, "description": "Chemical analyses of wines."},
        "owners": ["urn:lineage:Team:demo:data"],
    },
    {"entity": "Run", "namespace": "demo", "name": "train-3"},
    {"entity": "ModelVersion", "namespace": "demo", "name": "quality", "version": "1"},
    {"entity": "ModelVersion", "namespace": "demo", "name": EVIL, "version": "1"},
    {"entity": "Model", "namespace": "demo", "name": "quality"},
    {"entity": "Deployment", "namespace": "demo", "name": "quality-live"},
    {
        "edge": "USED",
        "from": "urn:lineage:Run:demo:train-3",
        "to": WINE,
        "attributes": {"role": "train"},
        "evidence": "observed",
    },
    {
        "edge": "GENERATED_BY",
        "from": "urn:lineage:ModelVersion:demo:quality:1",
        "to": "urn:lineage:Run:demo:train-3",
    },
    {
        "edge": "DERIVED_FROM",
        "from": {"kind": "ModelVersion", "namespace": "demo", "name": EVIL, "version": "1"},
        "to": "urn:lineage:ModelVersion:demo:quality:1",
        "attributes": {"relation": "finetune"},
    },
    {
        "edge": "DEPLOYS",
        "from": "urn:lineage:Deployment:demo:quality-live",
        "to": "urn:lineage:ModelVersion:demo:quality:1",
    },
    {"entity": "Run", "namespace": "demo", "name": "check-2"},
    {
        "edge": "USED",
        "from": "urn:lineage:Run:demo:check-2",
        "to": WINE,
        "attributes": {"role": "test"},
    },
]
LINES = b"".join(json.dumps(record).encode() + b"\n" for record in RECORDS)


class Terminal:
    """One user's machine: folders, a port, and the command."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        own = {
            "LINEAGE_DATA_DIR": str(home / "data"),
            "LINEAGE_LOG_DIR": str(home / "logs"),
            "LINEAGE_PORT": str(self.port),
            "LINEAGE_HEAP": "512m",
            "LINEAGE_PAGE_CACHE": "128m",
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
        self.home = home
        self.environment: Mapping[str, str] = inherited | own

    @property
    def server_file(self) -> Path:
        return self.home / "data" / "server.json"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "registry.cli", *arguments]

    def run(self, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments), env=self.environment, input=stdin, capture_output=True, timeout=_WAIT_SECONDS
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    def json(self, *arguments: str) -> Any:
        """The JSON document on standard output, which must hold nothing else."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self) -> subprocess.Popen[str]:
        """The server in the foreground, ready."""
        child = subprocess.Popen(
            self.command("up", "--json"),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        wait_until(lambda: child.poll() is not None or self._says_ready(child.pid))
        assert self.run("status").returncode == 0
        return child

    def _says_ready(self, pid: int) -> bool:
        """From the state file, because asking by a command costs a second of processor each time."""
        if not self.server_file.exists():
            return False
        record = json.loads(self.server_file.read_text())
        return bool(record["pid"] == pid and record["ready"])


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """A machine with a server in the background that holds the records above."""
    terminal = Terminal(tmp_path_factory.mktemp("machine"))
    started = terminal.run("up", "--detach")
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{terminal.port}/graphql" in started.stdout
    assert "lineage down" in started.stdout
    try:
        (terminal.home / "wine.ndjson").write_bytes(LINES)
        first = terminal.json("import", str(terminal.home / "wine.ndjson"))
        assert first["records"] == len(RECORDS)
        yield terminal
    finally:
        stopped = terminal.run("down")
    assert stopped.returncode == 0, stopped.stderr
    assert terminal.run("down").returncode == 0
    assert not terminal.server_file.exists()


def test_status_and_doctor_are_content(terminal: Terminal) -> None:
    status = terminal.json("status")
    assert status["ready"]
    assert status["pid"] == json.loads(terminal.server_file.read_text())["pid"]
    assert status["managed_neo4j"]["running"]
    doctor = terminal.json("doctor")
    assert {check["outcome"] for check in doctor["checks"]} == {"ok"}, doctor
    assert {"Schema", "API", "Clock of Neo4j", "Clock of the API"} <= {check["name"] for check in doctor["checks"]}


def test_a_second_server_is_told_who_has_the_folder(terminal: Terminal) -> None:
    pid = str(terminal.json("status")["pid"])
    for arguments in (("up",), ("up", "--detach")):
        second = terminal.run(*arguments)
        assert second.returncode == 1
        assert pid in second.stderr
        assert "lineage down" in second.stderr
    assert terminal.json("status")["ready"]


def test_the_same_file_again_changes_nothing_packed_or_not(terminal: Terminal) -> None:
    assert terminal.json("import", str(terminal.home / "wine.ndjson"))["replayed"]
    (terminal.home / "wine.gz").write_bytes(gzip.compress(LINES))
    assert terminal.json("import", str(terminal.home / "wine.gz"))["replayed"]
    done = terminal.run("import", "-", stdin=LINES)
    assert "was imported before: nothing changed." in done.stdout


def test_a_json_body_is_imported_whole(terminal: Terminal) -> None:
    path = terminal.home / "batch.json"
    path.write_text(json.dumps({"records": [{"entity": "Dataset", "namespace": "batch", "name": "a"}]}, indent=1))
    assert terminal.json("import", str(path))["created"] >= 1
    assert terminal.json("import", str(path))["replayed"]


def test_bad_records_are_named_by_line_field_and_rule(terminal: Terminal) -> None:
    good = {"entity": "Dataset", "namespace": "bad", "name": "good"}
    lines = [good, {"entity": "Datset", "namespace": "bad", "name": "x"}, good | {"attributes": {"rows": "many"}}]
    path = terminal.home / "bad.ndjson"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"entity": \n')
    done = terminal.run("import", str(path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert all(part in done.stderr for part in ("Line", "Field", "Rule", "--mode per-item"))
    assert "Traceback" not in done.stderr
    assert terminal.run("show", "Dataset:bad:good").returncode == 1
    problem = json.loads(terminal.run("import", str(path), "--json").stderr)
    assert problem["code"] == "invalid-record"
    assert {error["line"] for error in problem["errors"]} >= {2, 4}
    kept = terminal.run("import", str(path), "--mode", "per-item", "--json")
    assert kept.returncode == 1
    assert json.loads(kept.stdout)["records"] == 4 - json.loads(kept.stdout)["failed"]
    assert terminal.run("show", "Dataset:bad:good").returncode == 0


def test_a_long_stream_with_an_error_at_its_end_says_how_to_go_on(terminal: Terminal) -> None:
    many = "".join(
        json.dumps({"entity": "Dataset", "namespace": "long", "name": f"d{index}"}) + "\n" for index in range(6_000)
    )
    path = terminal.home / "long.ndjson"
    path.write_text(many + "broken\n")
    done = terminal.run("import", str(path))
    assert done.returncode == 1
    assert "6001" in done.stderr
    assert "Lines 1 to 5000 are recorded" in done.stderr
    path.write_text(many)
    assert terminal.json("import", str(path))["records"] == 6_000


def test_a_line_without_end_is_refused_early(terminal: Terminal) -> None:
    path = terminal.home / "line.ndjson"
    path.write_bytes(b'{"entity": "Dataset", "namespace": "n", "name": "' + b"x" * 50_000_000 + b'"}\n')
    done = terminal.run("import", str(path))
    assert done.returncode == 1
    assert "Line 1 is longer than" in done.stderr


def test_search_finds_and_shows(terminal: Terminal) -> None:
    assert "quality" in terminal.run("search", "quality").stdout
    found = terminal.json("search", "--kind", "model", "--namespace", "demo")
    assert "urn:lineage:Model:demo:quality" in {edge["node"]["urn"] for edge in found["edges"]}
    assert terminal.run("search", "nothing-like-it").returncode == 0


def test_show_says_what_is_known(terminal: Terminal) -> None:
    text = terminal.run("show", "DatasetVersion:demo:wine:v3", "--history").stdout
    for part in ("Chemical analyses of wines.", "178", "data", "train-3", "History"):
        assert part in text
    versions = terminal.json("show", "Dataset:demo:wine")["versions"]
    assert {edge["node"]["version"] for edge in versions["edges"]} >= {"v2", "v3"}


def test_a_missing_name_brings_the_nearest(terminal: Terminal) -> None:
    for command in ("show", "impact", "upstream"):
        done = terminal.run(command, "Model:demo:qualty")
        assert done.returncode == 1
        assert "Did you mean" in done.stderr
        assert "urn:lineage:Model:demo:quality" in done.stderr


def test_what_was_not_there_then_is_told_apart_from_what_never_was(terminal: Terminal) -> None:
    done = terminal.run("show", WINE, "--as-of", "2001-01-01")
    assert done.returncode == 1
    assert "at that time" in done.stderr
    assert "Did you mean" not in done.stderr


def test_downstream_upstream_and_impact_agree(terminal: Terminal) -> None:
    live = "urn:lineage:Deployment:demo:quality-live"
    downstream = {node["urn"] for node in terminal.json("downstream", WINE)["nodes"]}
    assert live in downstream
    assert "urn:lineage:Run:demo:check-2" not in downstream
    assert WINE in {node["urn"] for node in terminal.json("upstream", live)["nodes"]}
    impact = terminal.json("impact", WINE, "--kind", "deployment", "-k", "ModelVersion")
    assert {item["node"]["kind"] for item in impact["items"]} == {"Deployment", "ModelVersion"}
    assert impact["completeness"]["complete"]
    assert impact["items"][0]["path"]
    assert terminal.json("impact", "DatasetVersion:demo:wine:v2")["total"] == 0


def test_people_see_trees_and_reasons(terminal: Terminal) -> None:
    tree = terminal.run("downstream", "DatasetVersion:demo:wine:v3", "--why").stdout
    assert "USED (train) train-3" in tree
    assert "observed" in tree
    text = terminal.run("impact", "DatasetVersion:demo:wine:v3", "--why").stdout
    assert "Certainly affected" in text
    assert "Paths" in text
    assert "Complete:" in text
    assert "\u202e" not in text
    assert "[red]name[/red]" in text


def test_a_cut_answer_says_so(terminal: Terminal) -> None:
    for arguments in (("--depth", "1"), ("--limit", "1")):
        assert "Incomplete answer" in terminal.run("impact", WINE, *arguments).stdout
        assert not terminal.json("downstream", WINE, *arguments)["completeness"]["complete"]


@pytest.mark.nightly
def test_killed_it_leaves_no_java_and_its_data_and_interrupted_it_ends_cleanly(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    server = terminal.start()
    try:
        java = terminal.json("status")["managed_neo4j"]["pid"]
        done = terminal.run("import", "-", stdin=LINES)
        assert done.returncode == 0, done.stderr
        server.send_signal(signal.SIGKILL)
        server.wait()
        wait_until(lambda: not psutil.pid_exists(java))
        assert terminal.server_file.exists()
        assert not json.loads(terminal.run("status", "--json").stdout)["running"]
        assert terminal.run("down").returncode == 0
    finally:
        server.kill()
        server.communicate()

    server = terminal.start()
    try:
        assert terminal.json("show", WINE)["attributes"]["rows"] == 178
        java = terminal.json("status")["managed_neo4j"]["pid"]
        server.send_signal(signal.SIGINT)
        ready, _ = server.communicate(timeout=_WAIT_SECONDS)
        assert server.returncode == 0
        assert json.loads(ready)["url"].endswith(str(terminal.port))
        assert not psutil.pid_exists(java)
        assert not terminal.server_file.exists()
    finally:
        server.kill()
        server.communicate()


def test_interrupted_while_it_starts_it_leaves_nothing(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    with subprocess.Popen(
        terminal.command("up"), env=terminal.environment, stderr=subprocess.DEVNULL, start_new_session=True
    ) as server:
        wait_until(terminal.server_file.exists)
        server.send_signal(signal.SIGINT)
        server.wait(_WAIT_SECONDS)
    assert not terminal.server_file.exists()
    ours = [
        item.pid
        for item in psutil.process_iter(["cmdline"])
        if any(str(tmp_path) in part for part in item.info["cmdline"] or ())
    ]
    assert ours == []
