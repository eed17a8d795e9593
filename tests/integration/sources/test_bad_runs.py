"""Captures that print, die, take everything or never end: each is one failed run, and nothing else is touched."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from registry.graph.database import Database
from registry.sources.file import ScheduledSource
from registry.sources.outcome import Outcome, State
from registry.sources.process import run_in_process
from tests.integration.sources.conftest import events_file

pytestmark = [pytest.mark.neo4j, pytest.mark.nightly]

CAPTURE = '''
"""A capture that does what ``where`` says."""
import os, sys, threading, time

class Rogue:
    name, summary, maps, does_not_map = "rogue", "Trouble.", {}, {}

    def count(self, where, options):
        return None

    def read(self, where, options):
        print("this is no answer", flush=True)
        yield {"entity": "Dataset", "namespace": "t", "name": "good", "event_id": "rogue-1", "producer": "rogue"}
        if where == "die":
            os._exit(7)
        if where == "eat":
            held = [bytearray(64 << 20) for _ in range(10_000)]
        if where == "hang":
            time.sleep(600)
        if where.startswith("tell"):
            print("the key is", os.environ["KEY"], file=sys.stderr, flush=True)
            raise RuntimeError(os.environ["KEY"])
        if where == "look":
            assert not [name for name in os.environ if name.startswith("NEO4J_") or name == "KEY_OF_ANOTHER"]
            sys.stdout.write("x" * 10_000_000)
            threading.Thread(target=time.sleep, args=(600,)).start()
'''


@pytest.fixture
def rogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_database: Database) -> None:
    """A package on the path that offers the capture."""
    package = tmp_path / "rogue-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: rogue\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[lineage_registry.captures]\nrogue = rogue_capture:Rogue\n")
    (tmp_path / "rogue_capture.py").write_text(CAPTURE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def run(url: str, where: str = "look", reason: Any = lambda: None, **more: Any) -> Outcome:
    facts = {"name": "rogue", "capture": "rogue", "where": where, "do": "sync", "every": "1h"} | more
    return run_in_process(
        ScheduledSource.model_validate(facts), url, os.environ["LINEAGE_TOKEN"], {"KEY_OF_ANOTHER"}, reason
    )


@pytest.mark.usefixtures("rogue")
def test_what_a_capture_does_is_its_own_runs_end(api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_ANOTHER", "x")
    monkeypatch.setenv("NEO4J_PASSWORD", "x")
    seen = run(api_url, "look")
    assert (seen.state, seen.found["created"]) == (State.SUCCEEDED, 1), seen
    died = run(api_url, "die")
    assert (died.state, "status 7" in died.message) == (State.FAILED, True), died
    ate = run(api_url, "eat", memory="1G")
    assert (ate.state, "memory" in ate.message) == (State.FAILED, True), ate
    began = time.monotonic()
    hung = run(api_url, "hang", timeout="3s")
    assert (hung.state, "longer than 3s" in hung.message) == (State.FAILED, True), hung
    assert time.monotonic() - began < 60


@pytest.mark.usefixtures("rogue")
def test_what_a_capture_tells_of_its_secrets_is_kept_nowhere(
    api_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REAL_KEY", "hunter/2222")
    told = run(api_url, "tell", secrets={"KEY": {"env": "REAL_KEY"}})
    assert told.state is State.FAILED
    out, err = capfd.readouterr()
    assert "hunter" not in str(told) + out + err
    assert "the key is ***" in out + err
    monkeypatch.delenv("REAL_KEY")
    missing = run(api_url, "tell", secrets={"KEY": {"env": "REAL_KEY"}})
    assert (missing.state, "REAL_KEY is not set" in missing.message) == (State.FAILED, True)


@pytest.mark.usefixtures("rogue")
def test_a_run_that_is_to_stop_leaves_no_process_and_no_files(
    api_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    stop = threading.Event()
    children: list[psutil.Process] = []

    def reason() -> str | None:
        children[:] = children or psutil.Process().children()
        if list(folder.iterdir()):
            stop.set()
        return "Enough." if stop.is_set() else None

    ended = run(api_url, "hang", reason)
    assert (ended.state, ended.message) == (State.STOPPED, "Enough.")
    assert list(folder.iterdir()) == []
    assert not any(child.is_running() for child in children)


@pytest.mark.usefixtures("rogue")
def test_what_cannot_be_taken_keeps_the_rest_back_only_where_that_was_said(
    api_url: str, tmp_path: Path, database: Database
) -> None:
    events = events_file(tmp_path / "events.ndjson", "orders")
    events.write_bytes(events.read_bytes() + b'{"run": 3}\n')
    facts = {"capture": "openlineage", "where": str(events)}
    nothing = run(api_url, mode="atomic", **facts)
    assert (nothing.state, nothing.found["created"], nothing.found["rejected"]) == (State.INCOMPLETE, 0, 1)
    assert database.read_text("MATCH (n:Run) RETURN count(n)")[0][0] == 0
    rest = run(api_url, **facts)
    assert (rest.state, rest.found["created"] > 0, rest.found["rejected"]) == (State.INCOMPLETE, True, 1)
    assert database.read_text("MATCH (q:Quarantined) RETURN count(q)")[0][0] == 1
