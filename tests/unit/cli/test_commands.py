"""The commands where no server is needed: usage, errors, exit codes, the doctor, the reference page."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import graphql
import pytest
from typer.testing import CliRunner, Result

from registry.cli import reading, reference
from registry.cli.app import app
from registry.cli.client import error_from
from registry.cli.documents import DOCUMENTS
from registry.cli.terminal import print_json
from registry.errors import DatabaseUnavailableError, NotFoundError, RegistryError

from .answers import HOSTILE

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "tests" / "contract" / "schema.graphql"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "LOG", "CACHE"):
        monkeypatch.setenv(f"LINEAGE_{name}_DIR", str(tmp_path / name.lower()))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("LINEAGE_PORT", str(listener.getsockname()[1]))
    monkeypatch.delenv("NEO4J_URI", raising=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    "command", [item.name or item.callback.__name__ for item in app.registered_commands if item.callback]
)
def test_every_command_explains_itself_with_examples(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"lineage {command}" in result.output
    assert "Examples" in result.output


def test_version() -> None:
    assert run("--version").output.startswith("lineage ")


@pytest.mark.parametrize(
    "arguments", [("nope",), ("impact",), ("impact", "x", "--depth", "0"), ("up", "--port", "70000")]
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["show", "upstream", "downstream", "impact"])
def test_no_server_says_how_to_start_one(command: str) -> None:
    result = run(command, "Dataset:demo:wine")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Nothing answers at http://127.0.0.1:" in result.stderr
    assert "lineage up --detach" in result.stderr


def test_errors_of_json_commands_are_problem_documents_on_standard_error() -> None:
    result = run("show", "Dataset:demo", "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert json.loads(result.stderr)["code"] == "invalid-urn"


def test_hostile_names_in_errors_do_nothing() -> None:
    result = run("show", HOSTILE)
    assert result.exit_code == 1
    assert not set(result.output) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_an_error_nobody_foresaw_has_no_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken() -> None:
        raise ZeroDivisionError("pass1234")

    monkeypatch.setattr(reading, "load_settings", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    result = run("search", "x")
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.stderr
    assert "Traceback" not in result.output
    assert "pass1234" not in result.output
    kept = next(tmp_path.glob("lineage-error-*"))
    assert "pass1234" in kept.read_text()
    assert str(kept) in result.stderr


def test_bad_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_PORT", "99999")
    result = run("search", "x")
    assert result.exit_code == 1
    assert "port" in result.stderr.lower()
    doctor = json.loads(run("doctor", "--json").stdout)
    assert not doctor["ok"]
    assert doctor["checks"][-1]["name"] == "Settings"


def test_down_with_nothing_running_is_no_error() -> None:
    assert run("down").exit_code == 0
    assert json.loads(run("down", "--json").stdout) == {"stopped": False, "pid": None}


def test_status_with_nothing_running() -> None:
    result = run("status", "--json")
    assert result.exit_code == 1
    facts = json.loads(result.stdout)
    assert not facts["running"]
    assert not facts["ready"]
    assert "Not running" in run("status").stdout


def test_the_doctor_of_a_fresh_machine_fails_nothing() -> None:
    result = run("doctor", "--json")
    assert result.exit_code == 0, result.output
    outcomes = {check["name"]: check["outcome"] for check in json.loads(result.stdout)["checks"]}
    assert outcomes["Packages"] == outcomes["Data folder"] == outcomes["Port"] == "ok"
    assert outcomes["API"] == outcomes["Neo4j"] == "warn"
    assert "Nothing failed" in run("doctor").stdout


def test_the_doctor_sees_a_taken_port_a_bad_folder_and_an_open_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("LINEAGE_LOG_DIR", str(tmp_path / "a-file" / "logs"))
    password = tmp_path / "data" / "neo4j-2026" / "password"
    password.parent.mkdir(parents=True)
    password.write_text("x")
    password.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("LINEAGE_PORT", str(taken.getsockname()[1]))
        result = run("doctor", "--json")
    assert result.exit_code == 1
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert [checks[name]["outcome"] for name in ("Port", "Log folder", "Password file")] == ["fail"] * 3
    assert "chmod 600" in checks["Password file"]["remedy"]


def test_a_taken_port_is_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("LINEAGE_PORT", str(taken.getsockname()[1]))
        for arguments in (("up",), ("up", "--detach")):
            result = run(*arguments)
            assert result.exit_code == 1
            assert "is in use by" in result.stderr
            assert "--port" in result.stderr
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path / "data" / "server.json").exists()


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Some other program on the port."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("LINEAGE_URL", f"http://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()


@pytest.mark.usefixtures("stranger")
def test_another_program_on_the_port_is_recognised() -> None:
    result = run("search", "x")
    assert result.exit_code == 1
    assert "is not a lineage registry" in result.stderr
    assert run("status").exit_code == 1


def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", "example")
    assert "is not the address of an API" in run("search", "x").stderr


def test_errors_keep_their_code_hint_and_details() -> None:
    error = error_from({"code": "not-found", "detail": "no", "hint": "do", "suggestions": ["a"], "status": 404})
    assert type(error) is NotFoundError
    assert (error.message, error.hint, error.details) == ("no", "do", {"suggestions": ["a"]})
    assert type(error_from({"code": "database-unavailable"})) is DatabaseUnavailableError
    assert type(error_from({"code": "from-the-future", "detail": "x"})) is RegistryError


def test_json_output_is_json_and_inert(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"name": HOSTILE + "é\ud800\U000e0041", "list": [1, None]}
    print_json(value)
    text = capsys.readouterr().out
    assert json.loads(text) == value
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e", "\ud800", "\U000e0041"}
    assert "é" in text


def test_the_reference_page_has_every_command_and_nothing_of_this_machine() -> None:
    page = reference.render()
    for command in ("impact", "import", "up", "doctor", "db start"):
        assert f"## `lineage {command}`" in page
    assert str(ROOT) not in page
    assert str(Path.home()) not in page
    assert page == reference.render()


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_documents_fit_the_published_schema(name: str) -> None:
    if not SCHEMA.exists():
        pytest.skip("the schema snapshot does not exist yet")
    schema = graphql.build_schema(SCHEMA.read_text(encoding="utf-8"))
    assert graphql.validate(schema, graphql.parse(DOCUMENTS[name])) == []


def test_starting_the_command_imports_no_server() -> None:
    code = (
        "import sys, registry.cli.app; print(sorted({'neo4j', 'fastapi', 'strawberry', 'uvicorn'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
