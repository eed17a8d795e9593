"""The demo: what its pipeline does, what it reports, and that it fails where the registry's answer is wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.demo.account import Account, Entry
from examples.demo.things import Read, Thing
from registry.graph.database import Database
from tests.conftest import empty

ROOT = Path(__file__).resolve().parents[2]
V3 = "urn:lineage:DatasetVersion:demo:wine:v3"
FOREST = "urn:lineage:ModelVersion:demo:cultivar-forest:1"
COUNT = '{ search(namespace: "demo", first: 1) { totalCount } }'


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first_run(api_url: str, database: Database, workdir: Path) -> subprocess.CompletedProcess[str]:
    # Other tests name their things alike, and the demo's own answer allows nothing else.
    empty(database)
    return run("--url", api_url, "--workdir", str(workdir))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "examples.demo", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)


def impact(api: httpx.Client, urn: str) -> dict[str, Any]:
    query = (
        "query ($urn: URN!) { impact(urn: $urn, kinds: [ModelVersion, Deployment]) "
        "{ items { node { name version } } completeness { complete } } }"
    )
    answer = api.post("/graphql", json={"query": query, "variables": {"urn": urn}}).json()
    return dict(answer["data"]["impact"])


def send(api: httpx.Client, event_id: str, *records: dict[str, Any]) -> None:
    response = api.post("/api/v1/records", json={"event_id": event_id, "records": list(records)})
    assert response.status_code == 200, response.text


def test_the_demo_ends_with_the_right_answer(first_run: subprocess.CompletedProcess[str], api: httpx.Client) -> None:
    assert first_run.returncode == 0, first_run.stderr
    answer = impact(api, V3)
    assert answer["completeness"]["complete"]
    assert {(item["node"]["name"], item["node"]["version"]) for item in answer["items"]} == {
        ("cultivar-linear", "2"),
        ("cultivar-network", "1"),
        ("cultivar-reserve", "1"),  # never read v3: fine-tuned from a model that did
        ("reserve-desk", None),
    }


def test_the_demo_explains_its_answer_and_says_what_next(first_run: subprocess.CompletedProcess[str]) -> None:
    printed = first_run.stdout
    assert "cultivar-reserve v1 was fine-tuned from cultivar-linear v2" in printed
    assert "evaluated on wine v3, but made from wine v1, wine v2" in printed
    assert "/graphql?query=" in printed
    assert "lineage down" in printed


def test_a_second_run_does_nothing_twice(
    first_run: subprocess.CompletedProcess[str], api: httpx.Client, api_url: str, workdir: Path
) -> None:
    assert first_run.returncode == 0, first_run.stderr
    files = {path: path.stat().st_mtime_ns for path in workdir.rglob("*") if path.is_file()}
    count = api.post("/graphql", json={"query": COUNT}).json()
    second = run("--url", api_url, "--workdir", str(workdir))
    assert second.returncode == 0, second.stderr
    assert "19 steps, 19 of them done before" in second.stdout
    assert "created 0, changed 0" in second.stdout
    assert {path: path.stat().st_mtime_ns for path in workdir.rglob("*") if path.is_file()} == files
    assert api.post("/graphql", json={"query": COUNT}).json() == count


def test_a_run_in_a_new_folder_adds_runs_and_keeps_the_answer(
    first_run: subprocess.CompletedProcess[str], api_url: str, tmp_path: Path
) -> None:
    assert first_run.returncode == 0, first_run.stderr
    again = run("--url", api_url, "--workdir", str(tmp_path))
    assert again.returncode == 0, again.stderr
    assert "19 steps, 0 of them done before" in again.stdout
    assert "finding" not in again.stdout  # the same inputs and seeds gave the same digests


def test_the_demo_fails_where_the_registry_says_otherwise(
    first_run: subprocess.CompletedProcess[str], api: httpx.Client, api_url: str, workdir: Path
) -> None:
    assert first_run.returncode == 0, first_run.stderr
    untrue = {"edge": "DERIVED_FROM", "from": FOREST, "to": V3}
    send(api, "demo-test/untrue", untrue)
    try:
        wrong = run("--url", api_url, "--workdir", str(workdir))
    finally:
        send(api, "demo-test/retracted", untrue | {"op": "retract", "reason": "It was said to see who notices."})
    assert wrong.returncode == 1
    assert f"not made from wine v3: {FOREST}" in wrong.stderr
    right = run("--url", api_url, "--workdir", str(workdir))
    assert right.returncode == 0, right.stderr


def test_no_registry_is_an_error_that_says_what_to_do(workdir: Path) -> None:
    with _unused_port() as port:
        done = run("--url", f"http://127.0.0.1:{port}", "--workdir", str(workdir))
    assert done.returncode == 1
    assert "lineage up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_result_is_made_again(tmp_path: Path) -> None:
    folder, first, second = tmp_path / "work", tmp_path / "first.ndjson", tmp_path / "second.ndjson"
    assert run("--dry-run", str(first), "--workdir", str(folder)).returncode == 0
    model = folder / "models" / "cultivar-linear-v2.joblib"
    whole = model.read_bytes()
    model.write_bytes(whole[:-1])
    repaired = run("--dry-run", str(second), "--workdir", str(folder))
    assert "19 steps, 18 of them done before" in repaired.stdout
    assert model.read_bytes() == whole
    assert len(_events(first) - _events(second)) == 1


def test_records_of_a_dry_run_can_be_imported(api: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "records.ndjson"
    assert run("--dry-run", str(file), "--workdir", str(tmp_path / "work")).returncode == 0
    # The runs of the other tests are in this registry already: these are events of their own.
    lines = file.read_bytes().replace(b'"event_id": "', b'"event_id": "dry-run/')
    response = api.post("/api/v1/records", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert response.status_code == 200, response.text
    for some_event in _events(file):
        assert api.get(f"/api/v1/events/dry-run/{some_event}").status_code == 200


def test_the_account_follows_what_goes_in_and_not_what_judges() -> None:
    data, other, model, tuned, result = (Thing("DatasetVersion", name, "1") for name in "abcde")
    evaluation, run_of_model = Thing("Evaluation", "f"), Thing("Run", "g")
    account = Account(
        [
            Entry((Read(data, "train"), Read(other, "validate")), (model,), run_of_model),
            Entry((Read(model, "input"), Read(other, "train")), (tuned,)),
            Entry((Read(result, "input"), Read(data, "test")), (evaluation,)),
        ]
    )
    assert account.made_from(data) == {model, run_of_model, tuned}
    assert account.made_from(other) == {tuned}
    assert account.made_from(tuned) == set()
    assert account.judged_on(data) == {evaluation}
    assert account.judged_on(other) == {run_of_model}


def _events(file: Path) -> set[str]:
    return {json.loads(line)["event_id"] for line in file.read_text(encoding="utf-8").splitlines()}


@contextmanager
def _unused_port() -> Iterator[int]:
    """A port that nobody listens on while the block runs: bound, but not listening."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
