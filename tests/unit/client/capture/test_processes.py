"""What processes that a run starts read and write is the run's, however they start and end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import lineage_client
from lineage_client.capture import child_runs, places, quiet, watch
from tests.unit.client.capture.test_column_steps import claims
from tests.unit.client.capture.test_hooks import names
from tests.unit.client.capture.test_running import Events, checked

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


@pytest.fixture(autouse=True)
def _watched() -> Iterator[None]:
    quiet._said.clear()
    watch()
    yield
    assert quiet._said == set()
    assert child_runs.PARENT not in os.environ
    assert "startup" not in os.environ.get("PYTHONPATH", "")


@pytest.fixture
def events() -> Events:
    return []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINEAGE_SPOOL_DIR", str(tmp_path / "spool"))
    pd.DataFrame({"a": [1, 2], "b": [3, 4]}).to_csv("in.csv", index=False)
    return tmp_path


def convert(target: str) -> None:
    frame = pd.read_csv("in.csv")
    frame["c"] = frame["a"] * frame["b"]
    frame.to_csv(target, index=False)


def test_workers_tell_files_and_columns(folder: Path, events: Events) -> None:
    context = multiprocessing.get_context("fork")
    with lineage_client.run("pool", sink=events.append):
        with context.Pool(1) as pool:  # which is ended by a signal
            pool.map(convert, ["out.csv"])
        pd.read_csv("out.csv")
    assert names(events, "USED") == {"in.csv"}  # what the worker wrote is no input
    assert names(events, "GENERATED_BY") == {"out.csv"}
    assert {name for name, _ in claims(events)["c"]} == {"in.csv.a", "in.csv.b"}
    assert list(places.process_journals(folder / "spool").iterdir()) == []


def test_processes_that_start_anew_tell_too(folder: Path) -> None:
    Path("script.py").write_text(
        "import multiprocessing, pathlib\n"
        "def work(name):\n    pathlib.Path(name).write_text(pathlib.Path('in.csv').read_text())\n"
        "if __name__ == '__main__':\n"
        "    one = multiprocessing.get_context('spawn').Process(target=work, args=('out.csv',))\n"
        "    one.start()\n    one.join()\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "lineage_client.capture", "run", "script.py"]
    environment = {**os.environ, "LINEAGE_CAPTURE_SEND": "off"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    (file,) = (folder / "spool").glob("*.ndjson")
    told = file.read_text(encoding="utf-8")
    assert "out.csv:sha256-" in told
    assert "in.csv:sha256-" in told


def test_a_child_that_is_killed_has_told_what_it_did(folder: Path, events: Events) -> None:
    with lineage_client.run("killed", sink=events.append):
        child = os.fork()
        if child == 0:
            convert("out.csv")
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
    assert names(events, "USED") == {"in.csv"}
    assert names(events, "GENERATED_BY") == {"out.csv"}


def test_a_command_of_python_is_part_of_the_run_and_has_its_own_customs(folder: Path, events: Events) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "sitecustomize.py").write_text("import sys\nsys.own = True\n", encoding="utf-8")
    code = "import sys; assert sys.own; open('out.json', 'w').write(open('in.csv').read()); print(sys.path)"
    environment = {**os.environ, "PYTHONPATH": str(folder / "own")}
    plain = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    Path("out.json").unlink()
    os.environ["PYTHONPATH"] = str(folder / "own")
    try:
        with lineage_client.run("command", sink=events.append):
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert os.environ["PYTHONPATH"] == str(folder / "own")
    finally:
        del os.environ["PYTHONPATH"]
    assert (done.stdout, done.stderr) == (plain.stdout, "")
    assert names(events, "USED") == {"in.csv"}
    assert names(events, "GENERATED_BY") == {"out.json"}


def test_files_that_a_command_names_are_written_if_they_changed_and_else_probably_read(
    folder: Path, events: Events
) -> None:
    Path("old.csv").write_text("a\n", encoding="utf-8")
    os.utime("old.csv", (1_700_000_000, 1_700_000_000))
    with lineage_client.run("shell", sink=events.append):
        subprocess.run(["cp", "in.csv", "copied.csv"], check=True)
        subprocess.run("sort in.csv>sorted.csv; cat missing.csv old.csv; true", shell=True, check=True)
        os.system("cp in.csv 'with blank.csv'")
        pd.read_csv("copied.csv")
    assert names(events, "GENERATED_BY") == {"copied.csv", "sorted.csv", "with%20blank.csv"}
    used = {Path(item["to"].split(":")[4]).name: item for item in checked(events) if item.get("edge") == "USED"}
    assert set(used) == {"in.csv", "old.csv"}
    assert {(item["evidence"], item["confidence"]) for item in used.values()} == {("inferred", 0.6)}


def test_two_runs_at_once_have_no_children_that_nobody_can_tell_apart(folder: Path) -> None:
    first, second = (lineage_client.run(name, sink=lambda _: None) for name in ("first", "second"))
    with first:
        assert first.urn in os.environ[child_runs.PARENT]
        with second:
            assert second.urn in os.environ[child_runs.PARENT]
        assert first.urn in os.environ[child_runs.PARENT]


def test_a_run_within_a_child_is_a_part_of_the_parents(folder: Path, events: Events) -> None:
    code = (
        "import lineage_client, json; told = []\n"
        "with lineage_client.run('inner', sink=told.append): pass\n"
        "print([r['to'] for e in told for r in e['records'] if r.get('edge') == 'PART_OF'][0])"
    )
    with lineage_client.run("outer", sink=events.append) as run:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == run.urn


def test_journals_that_nobody_read_are_forgotten_after_a_week(tmp_path: Path) -> None:
    folder = places.process_journals(tmp_path)
    for name, days in (("old", 8), ("fresh", 6)):
        (folder / name).mkdir(parents=True)
        then = time.time() - days * 24 * 3600
        os.utime(folder / name, (then, then))
    places.forget_journals(tmp_path)
    assert [item.name for item in folder.iterdir()] == ["fresh"]
