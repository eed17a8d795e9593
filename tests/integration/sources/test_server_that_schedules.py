"""The server process with a list of sources: it runs them, ends cleanly with them, and takes them up again."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from registry.cli.app import app
from registry.graph.database import Database
from registry.settings import Settings
from registry.sources.store import SourceStore
from tests.integration.api.test_serve import server
from tests.integration.sources.conftest import ended, events_file, wait_for, write_list
from tests.unit.capture.marquez_answers import FakeMarquez, marquez

pytestmark = [pytest.mark.neo4j, pytest.mark.nightly]


def _slow() -> FakeMarquez:
    fake = FakeMarquez()

    def answer(_query: dict[str, str]) -> tuple[int, object]:
        time.sleep(20)
        return 200, {"namespaces": []}

    fake.answers["/namespaces"] = answer
    return fake


def _children(pid: int) -> list[psutil.Process]:
    return [item for item in psutil.Process(pid).children() if "registry.cli.scheduled" in item.cmdline()]


def test_a_list_that_cannot_be_used_is_said_before_anything_starts(settings: Settings, tmp_path: Path) -> None:
    listed = write_list(tmp_path / "sources.toml", a='capture = "nothing"')
    with server(settings, LINEAGE_SOURCES_FILE=str(listed), NEO4J_URI="bolt://127.0.0.1:1") as process:
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "configuration\n")


def test_it_reads_again_and_again_and_the_command_line_shows_it(
    settings: Settings, clean_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = events_file(tmp_path / "e.ndjson", "orders")
    listed = write_list(
        tmp_path / "sources.toml",
        often=f'capture = "openlineage"\nwhere = "{events}"\nevery = "1s"\ndo = "sync"',
        night=f'capture = "openlineage"\nwhere = "{events}"\ncron = "0 2 1 1 *"\ndo = "reconcile"',
        bad='capture = "openlineage"\nwhere = "/nowhere"\ndo = "sync"\nevery = "1h"\nenabled = false',
    )
    store = SourceStore(clean_database)
    with server(settings, LINEAGE_SOURCES_FILE=str(listed)) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        ended(store, "often", runs=2)
        monkeypatch.setenv("LINEAGE_URL", url)
        runner = CliRunner()
        shown = runner.invoke(app, ["sources", "run", "night", "--json"])
        assert shown.stdout, shown.stderr
        answer = json.loads(shown.stdout)
        assert (shown.exit_code, answer["state"], answer["found"]["differences"]) == (0, "succeeded", 0)
        failed = runner.invoke(app, ["sources", "run", "bad"])
        assert (failed.exit_code, "nowhere" in failed.stdout) == (1, True)
        listing = runner.invoke(app, ["sources", "list"]).stdout
        assert re.search(r"often.*succeeded", listing)
        assert re.search(r"bad.*by hand only", listing)
        one = json.loads(runner.invoke(app, ["sources", "show", "night", "--json"]).stdout)
        assert (one["report"]["id"], len(one["runs"])) == (answer["id"], 1)
        assert "the registry says the same" in runner.invoke(app, ["sources", "show", "night"]).stdout
        assert runner.invoke(app, ["sources", "show", "nothing"]).exit_code == 1
        assert runner.invoke(app, ["sources", "forget", "night"]).exit_code == 1
        status = json.loads(runner.invoke(app, ["status", "--json"]).stdout)
        assert status["sources"] == {"scheduled": 3, "ailing": {"failing": ["bad"]}}
        doctor = json.loads(runner.invoke(app, ["doctor", "--json"]).stdout)
        assert [
            (item["outcome"], "bad" in item["found"]) for item in doctor["checks"] if item["name"] == "Sources"
        ] == [("warn", True)]
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize("kill", [False, True])
def test_a_run_does_not_outlive_its_server(
    settings: Settings, clean_database: Database, tmp_path: Path, kill: bool
) -> None:
    store = SourceStore(clean_database)
    with marquez(_slow()) as where:
        listed = write_list(
            tmp_path / "sources.toml", slow=f'capture = "marquez"\nwhere = "{where}"\nevery = "1h"\ndo = "sync"'
        )
        with server(settings, LINEAGE_SOURCES_FILE=str(listed)) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            (child,) = wait_for(lambda: _children(process.pid))
            assert httpx.get(f"{url}/readyz").status_code == 200
            running = wait_for(lambda: store.read("slow")["running"])
            began = time.monotonic()
            process.kill() if kill else process.terminate()
            process.communicate(timeout=60)
            assert time.monotonic() - began < 30
            wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
        if kill:
            assert store.run("slow", running)["state"] == "running", "nobody could say that it ended"
            clean_database.execute_schema("MATCH (s:ScheduledSource) SET s.held_until = 1")
        else:
            assert store.run("slow", running)["state"] == "stopped"
        assert store.due() == ["slow"], "it is taken up again when a server starts"
        assert store.claim("slow", "next") is not None
        assert store.run("slow", running)["state"] == "stopped"
