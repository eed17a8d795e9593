"""What a second reading of a real MLflow store gives: all that a full one would say anew, and little else."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.capture.mlflow.capture import MLflow
from registry.capture.source import IncrementalCapture, Progressed, Reached
from registry.errors import InvalidRequestError
from tests.integration.capture.mlflow.conftest import mlflow_environment

RUN = "(SELECT run_uuid FROM runs WHERE name = '{}')"
COLUMNS = "run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id"


def read(where: object, **options: str) -> tuple[set[str], str, int]:
    """What is said, each document as a text; the mark; how far the progress came."""
    said, mark, gone = set(), "", 0
    for item in MLflow().read(str(where), {"overlap": "0"} | options):
        if isinstance(item, Progressed):
            gone += item.things
        elif isinstance(item, Reached):
            assert not mark, "the last word"
            mark = item.mark
        else:
            said.add(json.dumps(item, sort_keys=True) if isinstance(item, dict) else repr(item))
    return said, mark, gone


def runs(said: set[str]) -> int:
    return sum('"entity": "Run"' in item for item in said)


@pytest.fixture
def store(mlflow_store: Path, tmp_path: Path) -> Path:
    """A copy of the store, in which everything is past."""
    path = tmp_path / "mlflow.db"
    shutil.copy(mlflow_store, path)
    change(path, "UPDATE runs SET status = 'FINISHED', end_time = start_time + 1 WHERE status = 'RUNNING'")
    return path


def change(path: Path, *statements: str) -> None:
    now = time.time_ns() // 1_000_000
    database = sqlite3.connect(path)
    with database:
        for statement in statements:
            database.execute(statement.replace(":now", str(now)).replace(":then", str(now - 90 * 86_400_000)))
    database.close()


def new_run(name: str, start: str = ":now", end: str = ":now", experiment: int = 1) -> str:
    return f"INSERT INTO runs ({COLUMNS}) VALUES ('{name}', '{name}', 'u', 'FINISHED', {start}, {end}, 'active', 's3://a', {experiment})"


AGAIN = (
    new_run("reader", experiment=9),
    "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema,"
    " dataset_profile) SELECT 'x', 9, name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile"
    " FROM datasets WHERE name = 'in memory' AND experiment_id = 1",
    "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id)"
    " VALUES ('i', 'DATASET', 'x', 'RUN', 'reader')",
)
EXPERIMENT = (
    "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace)"
    " VALUES (9, 'nine', 's3://a', 'active', :then, :then, 'default')"
)
REGISTERED = (
    "INSERT INTO model_versions (name, version, creation_time, last_updated_time, current_stage, source, run_id, status,"
    " workspace) SELECT name, 7, :now, :now, current_stage, source, run_id, status, workspace FROM model_versions WHERE version = 1"
)
# What is done → statements before the first reading, statements after it, and how many runs are read again at most.
SEEN: dict[str, tuple[tuple[str, ...], tuple[str, ...], int]] = {
    "nothing": ((), (), 0),
    "a run began and ended": ((), (new_run("n"),), 1),
    "a run that was under way ended": (
        ("UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE name = 'second'",),
        ("UPDATE runs SET status = 'FAILED', end_time = :now WHERE name = 'second'",),
        1,
    ),
    "a run under way got a parameter": (
        ("UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE name = 'second'",),
        (f"INSERT INTO params (key, value, run_uuid) VALUES ('late', '1', {RUN.format('second')})",),
        1,
    ),
    "a run of long ago came": ((), (new_run("old", ":then", ":then"),), 9),
    "a run without times came": ((), (new_run("timeless", "NULL", "NULL"),), 1),
    "a run was deleted": (
        (),
        ("UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = :now WHERE name = 'second'",),
        3,
    ),
    "a run was restored": (
        ("UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = :then WHERE name = 'second'",),
        ("UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL WHERE name = 'second'",),
        3,
    ),
    "runs were removed for good": (
        (),
        (
            f"DELETE FROM latest_metrics WHERE run_uuid = {RUN.format('failed')}",
            f"DELETE FROM tags WHERE run_uuid = {RUN.format('failed')}",
            "DELETE FROM runs WHERE name = 'failed'",
        ),
        9,
    ),
    "an experiment came": ((), (EXPERIMENT, new_run("inside", ":then", ":then", 9)), 1),
    "an experiment was renamed": ((), ("UPDATE experiments SET name = 'other' WHERE experiment_id = 2",), 0),
    "an experiment got a tag": (
        (),
        ("INSERT INTO experiment_tags (key, value, experiment_id) VALUES ('a', 'b', 2)",),
        0,
    ),
    "an alias moved": ((), ("UPDATE registered_model_aliases SET version = 2",), 0),
    "a version got a tag": (
        (),
        ("INSERT INTO model_version_tags (name, version, key, value, workspace) VALUES ('quality', 1, 'a', 'b', 'default')",),
        0,
    ),
    "a version was described": ((), ("UPDATE model_versions SET description = 'Other.' WHERE version = 1",), 0),
    "a logged model was registered again": ((), (REGISTERED,), 2),
    "data were read that another experiment read": ((EXPERIMENT,), AGAIN, 1),
    "a trace came": (
        (),
        (
            "INSERT INTO trace_info (request_id, experiment_id, timestamp_ms, status) VALUES ('t', 1, :now, 'OK')",
        ),
        0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SEEN)
def test_a_reading_since_the_last_says_all_that_is_new(store: Path, what: str) -> None:
    before, after, most = SEEN[what]
    change(store, *before)
    everything, mark, _ = read(store)
    change(store, *after)
    said, following, gone = read(store, since=mark)
    full, _, _ = read(store)
    assert full - everything <= said, "what a full reading would say that the first did not"
    assert runs(said) <= most
    capture = MLflow()
    assert isinstance(capture, IncrementalCapture)
    if "long ago" not in what and "restored" not in what and "removed" not in what:
        assert gone == capture.count(str(store), {"overlap": "0", "since": mark})
    assert runs(read(store, since=following)[0]) == (1 if "without times" in what or "under way got" in what else 0)


@pytest.mark.parametrize("start", ["'x'", "-5", "4611686018427387904", "0", "1.5"])
def test_times_that_are_none_are_read_past(store: Path, start: str) -> None:
    _, mark, _ = read(store)
    change(store, new_run("odd", start, start))
    said, following, _ = read(store, since=mark)
    assert any("urn:lineage:Run:mlflow:odd" in item for item in said)
    assert runs(read(store, since=following)[0]) <= 1


def test_what_cannot_be_seen_is_said_and_seen_by_a_full_reading(store: Path) -> None:
    everything, mark, _ = read(store)
    change(store, f"INSERT INTO tags (key, value, run_uuid) VALUES ('late', 'tag', {RUN.format('first')})")
    assert read(store, since=mark)[0] == set()
    assert any('"late": "tag"' in item for item in read(store)[0] - everything)
    assert any("ended run got later" in what for what in MLflow.misses)


def test_an_alias_that_is_gone_ends(store: Path) -> None:
    _, mark, _ = read(store)
    change(store, "DELETE FROM registered_model_aliases")
    ended = [json.loads(item) for item in read(store, since=mark)[0] if '"op": "delete"' in item]
    assert [(item["edge"], item["from"].rsplit(":", 1)[1], item["to"].rsplit(":", 1)[1]) for item in ended] == [
        ("POINTS_TO", "quality/champion", "1")
    ]


def test_another_store_in_the_place_of_the_first_is_read_whole(store: Path) -> None:
    _, mark, _ = read(store)
    change(store, "UPDATE experiments SET creation_time = creation_time - 5")
    assert runs(read(store, since=mark)[0]) == runs(read(store)[0]) > 4


def test_a_time_in_place_of_a_mark(store: Path) -> None:
    change(store, new_run("n", ":now + 60000", ":now + 60000"))
    said, _, _ = read(store, since=f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 30))}")
    assert runs(said) == 1
    assert runs(read(store, since="1971-01-01T00:00:00Z")[0]) == runs(read(store)[0])


@pytest.mark.parametrize("mark", ["", "yesterday", "{", "{}", '{"form": 1, "colour": 2}', "[]"])
def test_what_is_no_mark_is_refused(store: Path, mark: str) -> None:
    with pytest.raises(InvalidRequestError):
        read(store, since=mark)


def test_a_mark_of_another_form_reads_everything(store: Path) -> None:
    assert read(store, since='{"form": 0, "x": 1}')[0] == read(store)[0]


@pytest.fixture
def live(mlflow_store: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A tracking server over a copy of the store that may be written to."""
    path = tmp_path / "mlflow.db"
    shutil.copy(mlflow_store, path)
    script = Path(__file__).with_name("make_store.py")
    command = [sys.executable, str(script), f"sqlite:///{path}", "serve"]
    with subprocess.Popen(
        command, env=mlflow_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}", path
        finally:
            server.terminate()


def test_over_rest_the_new_is_read_and_the_rest_is_not(live: tuple[str, Path]) -> None:
    url, path = live
    change(path, "UPDATE runs SET status = 'FINISHED', end_time = start_time + 1 WHERE status = 'RUNNING'", EXPERIMENT)
    everything, mark, _ = read(url)
    assert runs(everything) > 4
    assert runs(read(url, since=mark)[0]) == 0

    server = httpx.Client(base_url=f"{url}/api/2.0/mlflow", timeout=30)

    def post(route: str, **body: Any) -> Any:
        answer = server.post(route, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    now = time.time_ns() // 1_000_000
    begun = post("runs/create", experiment_id="9", start_time=now, run_name="new")["run"]["info"]["run_id"]
    with sqlite3.connect(path) as database:
        row = database.execute(
            "SELECT name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile FROM datasets"
            " WHERE name = 'in memory' AND experiment_id = 1"
        ).fetchone()
        deleted = database.execute("SELECT run_uuid FROM runs WHERE name = 'failed'").fetchone()[0]
        model = database.execute("SELECT source FROM model_versions WHERE version = 1").fetchone()[0]
    database.close()
    dataset = dict(zip(("name", "digest", "source_type", "source", "schema", "profile"), row, strict=True))
    post("runs/log-inputs", run_id=begun, datasets=[{"dataset": dataset, "tags": []}])
    post("runs/delete", run_id=deleted)
    post("model-versions/create", name="quality", source=model, model_id=model.removeprefix("models:/"))
    post("registered-models/alias", name="quality", alias="challenger", version="2")
    said, following, _ = read(url, since=mark)
    new = read(url)[0] - everything
    unseen = {item for item in new - said if not ('"role": "input"' in item and ":quality:3" in item)}
    assert not unseen, "all but that a run read the model before it was registered"
    assert any('"SAME_AS"' in item for item in new), "joined with what another experiment read long before"
    assert runs(said) <= 4

    post("runs/log-parameter", run_id=begun, key="late", value="1")
    said, following, _ = read(url, since=following)
    assert any('"late": "1"' in item for item in said), "a run under way is read each time"
    post("runs/update", run_id=begun, status="FINISHED", end_time=time.time_ns() // 1_000_000)
    said, following, _ = read(url, since=following)
    assert any('"completed"' in item for item in said)
    assert runs(read(url, since=following)[0]) == 0
