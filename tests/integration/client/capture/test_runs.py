"""Runs captured in Python arrive in a real registry, and are answered for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

import lineage_client
from lineage_client.capture import flush
from tests.conftest import authorization

STEPS = """
import lineage_client
from pathlib import Path

with lineage_client.run("clean", namespace="shop", inputs="raw.csv", outputs="clean.csv"):
    Path("clean.csv").write_text(Path("raw.csv").read_text().replace("n/a", ""))
with lineage_client.run("train", namespace="shop", inputs={"train": "clean.csv", "test": "test.csv"}, seed=7,
                        activity="training", parameters={"depth": 3, "api_key": "k-123"}) as run:
    Path("model.joblib").write_bytes(b"a model")
    run.model("price", "model.joblib", version="1")
    run.metric("mae", 0.25)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "raw.csv").write_text("id,price\n1,2\n2,n/a\n", encoding="utf-8")
    (tmp_path / "test.csv").write_text("id,price\n3,4\n", encoding="utf-8")
    return tmp_path


def run_python(code: str, folder: Path, url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LINEAGE_URL": url, "LINEAGE_SPOOL_DIR": str(folder / "spool"), **more}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def downstream(url: str, urn: str) -> dict[str, str]:
    with lineage_client.connect(url) as client:
        return {item.node.urn: item.node.kind for item in client.impact(urn, limit=None)}


def version_of(path: Path) -> str:
    import hashlib

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return lineage_client.urn("DatasetVersion", "file", str(path), f"sha256-{digest[:16]}")


def test_what_a_script_did_can_be_asked_once_it_ended(folder: Path, api_url: str) -> None:
    done = run_python(STEPS, folder, api_url, LINEAGE_CAPTURE_WAIT="30")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert list((folder / "spool").glob("*.ndjson")) == []
    found = downstream(api_url, version_of(folder / "raw.csv"))
    assert lineage_client.urn("ModelVersion", "shop", "price", "1") in found
    assert version_of(folder / "clean.csv") in found
    # Tested on it is not made from it.
    assert "ModelVersion" not in downstream(api_url, version_of(folder / "test.csv")).values()


def test_a_run_carries_its_facts(folder: Path, api_url: str) -> None:
    assert run_python(STEPS, folder, api_url, LINEAGE_CAPTURE_WAIT="30").returncode == 0
    with lineage_client.connect(api_url) as client:
        upstream = client.lineage("ModelVersion:shop:price:1", "upstream", software=True, limit=None)
        kinds = {node.kind for node in upstream.nodes}
        assert {"Run", "DatasetVersion", "Environment", "LibraryVersion"} <= kinds
        runs = [client.entity(node.urn) for node in upstream.nodes if "train" in node.name and node.kind == "Run"]
    facts = runs[-1].attributes
    assert facts["state"] == "completed"
    assert facts["seed"] == 7
    assert facts["parameters"] == {"depth": 3, "api_key": "(hidden)"}
    assert facts["activity"] == "training"
    assert facts["started_at"] < facts["ended_at"]


def test_the_packages_of_an_environment_are_told_once(folder: Path, api: httpx.Client, api_url: str) -> None:
    for _ in range(2):
        assert run_python(STEPS, folder, api_url, LINEAGE_CAPTURE_SEND="off").returncode == 0
    files = sorted((folder / "spool").glob("*.ndjson"))
    assert len(files) == 4
    assert max(path.stat().st_size for path in files) < 20_000
    first = flush(api_url, folder=folder / "spool")
    assert (first.runs, first.refused, first.waiting, first.reason) == (4, 0, 0, "")
    (description,) = (folder / "spool/environments").glob("*.json")
    event = json.loads(description.read_text(encoding="utf-8"))
    assert api.get(f"/api/v1/events/{event['event_id']}").status_code == 200
    assert any(record["attributes"].get("purl", "").startswith("pkg:pypi/httpx@") for record in event["records"])


def test_a_failing_run_is_told_as_failed_and_its_error_is_the_users(folder: Path, api_url: str) -> None:
    code = """
import lineage_client
with lineage_client.run("broken", namespace="shop", run_id="broken-1", inputs="raw.csv"):
    raise KeyError("price")
"""
    done = run_python(code, folder, api_url, LINEAGE_CAPTURE_WAIT="30")
    assert done.returncode == 1
    assert "KeyError: 'price'" in done.stderr
    with lineage_client.connect(api_url) as client:
        facts = client.entity("Run:shop:broken-1").attributes
    assert facts["state"] == "failed"
    assert facts["facets"]["errorMessage"]["type"] == "KeyError"


def test_a_killed_run_is_told_with_what_it_had_read(folder: Path, api_url: str) -> None:
    code = """
import lineage_client, os, pathlib, signal, time
with lineage_client.run("killed", namespace="shop", run_id="killed-1") as run:
    open(run.input("raw.csv")).read()
    until = time.monotonic() + 30
    while time.monotonic() < until and not any("sha256-" in file.read_text() for file in pathlib.Path("spool").iterdir()):
        time.sleep(0.01)
    time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert run_python(code, folder, api_url).returncode == -9
    (file,) = (folder / "spool").glob("*.ndjson")
    with file.open("ab") as torn:
        torn.write(b'{"event_id": "half a li')
    done = flush(api_url, folder=folder / "spool")
    assert (done.runs, done.refused, done.waiting) == (1, 0, 0), done
    with lineage_client.connect(api_url) as client:
        assert client.entity("Run:shop:killed-1").attributes["state"] == "aborted"
        upstream = client.lineage("Run:shop:killed-1", "upstream")
    assert version_of(folder / "raw.csv") in {node.urn for node in upstream.nodes}


def test_without_a_registry_the_run_goes_on_and_says_so_once(folder: Path, api_url: str) -> None:
    away = "http://127.0.0.1:9"
    done = run_python(STEPS, folder, away, LINEAGE_CAPTURE_WAIT="30")
    assert done.returncode == 0
    assert done.stderr.count("lineage capture") == 1
    assert "flush" in done.stderr
    status = [sys.executable, "-m", "lineage_client.capture", "status", "--json", "--spool", str(folder / "spool")]
    waits = subprocess.run(status, capture_output=True, text=True, check=False)
    assert waits.returncode == 1
    assert json.loads(waits.stdout)["runs"] == 2
    command = [sys.executable, "-m", "lineage_client.capture", "flush", "--spool", str(folder / "spool"), "--url"]
    stopped = subprocess.run([*command, away], capture_output=True, text=True, check=False)
    assert stopped.returncode == 1
    assert "Nothing is lost" in stopped.stdout
    sent = subprocess.run([*command, api_url], capture_output=True, text=True, check=False)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert "Sent 2 runs" in sent.stdout
    assert "ModelVersion" in downstream(api_url, version_of(folder / "raw.csv")).values()


def test_two_that_send_at_once_send_everything_once(folder: Path, api_url: str, api: httpx.Client) -> None:
    for _ in range(3):
        assert run_python(STEPS, folder, api_url, LINEAGE_CAPTURE_SEND="off").returncode == 0
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: flush(api_url, folder=folder / "spool"), range(4)))
    assert sum(item.runs for item in done) == 6
    assert not any(item.reason or item.refused for item in done)
    assert list((folder / "spool").glob("*.ndjson")) == []


def test_what_was_sent_before_an_answer_got_lost_is_sent_again_without_effect(folder: Path, api_url: str) -> None:
    assert run_python(STEPS, folder, api_url, LINEAGE_CAPTURE_SEND="off").returncode == 0
    kept = {path: path.read_bytes() for path in (folder / "spool").glob("*.ndjson")}
    flush(api_url, folder=folder / "spool")
    for path, content in kept.items():
        path.write_bytes(content)
    again = flush(api_url, folder=folder / "spool")
    assert (again.runs, again.refused, again.reason) == (2, 0, "")


def test_one_refused_event_keeps_no_other_back_and_is_kept(folder: Path, api_url: str) -> None:
    code = """
import lineage_client
with lineage_client.run("odd", namespace="shop", run_id="odd-1") as run:
    run.relate("USED", "Run:shop:odd-1", "Team:shop:nobody-uses-a-team")
with lineage_client.run("good", namespace="shop", run_id="good-1"):
    pass
"""
    assert run_python(code, folder, api_url, LINEAGE_CAPTURE_SEND="off").returncode == 0
    done = flush(api_url, folder=folder / "spool")
    assert (done.runs, done.refused, done.waiting) == (2, 1, 0)
    (reason,) = (folder / "spool/refused").glob("*.reason.txt")
    assert "USED does not lead" in reason.read_text(encoding="utf-8")
    with lineage_client.connect(api_url) as client:
        assert client.entity("Run:shop:good-1").attributes["state"] == "completed"


NASTY = [
    "a b.csv",
    "ümlaut 🍷.csv",
    "co:lon.csv",
    "per%20cent.csv",
    "quo'te\".csv",
    "star*.csv",
    "new\nline.csv",
    " lead.csv",
]


@pytest.mark.parametrize("name", NASTY)
def test_names_with_anything_in_them_arrive(name: str, tmp_path: Path, api_url: str) -> None:
    path = tmp_path / name
    path.write_text("a\n1\n", encoding="utf-8")
    events: list[dict[str, Any]] = []
    with lineage_client.run(f"read {name}", namespace="shop", inputs=path, sink=events.append):
        pass
    response = httpx.post(f"{api_url}/api/v1/records", json=events[-1], headers=authorization())
    assert response.status_code == 200, response.text
