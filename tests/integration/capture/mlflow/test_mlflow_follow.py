"""Importing an MLflow store again and again: what is read, what is gone on with, and what is followed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import IO, Any

import httpx
import pytest

from registry.cli import following
from registry.cli.client import Client, ConnectionLostError
from registry.cli.errand import import_source
from registry.cli.reached import From
from registry.errors import InvalidRequestError, InvalidSourceError, NotRunningError
from registry.graph.database import Database

pytestmark = pytest.mark.neo4j

COLUMNS = "run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id"


@pytest.fixture
def store(
    clean_database: Database, api_url: str, mlflow_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of the store, in which everything is long past, and an empty registry."""
    monkeypatch.setenv("LINEAGE_URL", api_url)
    path = tmp_path / "mlflow.db"
    shutil.copy(mlflow_store, path)
    change(
        path,
        "UPDATE runs SET status = 'FINISHED', start_time = 1000, end_time = 2000",
        "UPDATE runs SET deleted_time = 3000 WHERE lifecycle_stage = 'deleted'",
        "UPDATE model_versions SET creation_time = 4000",
        "UPDATE logged_models SET last_updated_timestamp_ms = 4000",
    )
    return path


def change(path: Path, *statements: str) -> None:
    database = sqlite3.connect(path)
    with database:
        for statement in statements:
            database.execute(statement.replace(":now", str(time.time_ns() // 1_000_000)))
    database.close()


def new_run(name: str) -> str:
    return (
        f"INSERT INTO runs ({COLUMNS}) VALUES ('{name}', '{name}', 'u', 'FINISHED', :now, :now, 'active', 's3://a', 1)"
    )


def run_import(path: Path, **begin: Any) -> dict[str, Any]:
    return import_source("mlflow", str(path), {}, keep_good=False, dry_run=False, begin=From(**begin))


def is_there(api: httpx.Client, name: str) -> bool:
    query = "query ($urn: URN!) { entity(urn: $urn) { placeholder } }"
    answer = api.post("/graphql", json={"query": query, "variables": {"urn": f"urn:lineage:Run:mlflow:{name}"}})
    found = answer.json()["data"]["entity"]
    return found is not None and not found["placeholder"]


def test_the_second_import_reads_what_is_new_and_a_full_one_finds_nothing_more(store: Path, api: httpx.Client) -> None:
    first = run_import(store)
    assert (first["incremental"], first["created"] > 100) == (False, True)
    again = run_import(store)
    assert (again["incremental"], again["read_by_kind"].get("Run", 0), again["created"]) == (True, 0, 0)
    change(store, new_run("later"), "UPDATE registered_model_aliases SET version = 2")
    third = run_import(store)
    assert (third["read_by_kind"]["Run"], third["created"] > 0) == (1, True)
    assert is_there(api, "later")
    full = run_import(store, full=True)
    assert (full["incremental"], full["read"] > 100) == (False, True)
    assert (full["created"], full["changed"], full["placeholders"]) == (0, 0, 0)
    listed = api.get("/api/v1/watermarks").json()["watermarks"]
    assert [(item["source"], item["where"], item["sending"]) for item in listed] == [("mlflow", str(store), None)]


def test_a_part_since_a_time_does_not_count_as_all_before_it(store: Path, api: httpx.Client) -> None:
    run_import(store)
    change(
        store, new_run("first"), new_run("second"), "UPDATE runs SET start_time = 1, end_time = 2 WHERE name = 'first'"
    )
    assert run_import(store, since="2026-01-01T00:00:00Z")["read_by_kind"]["Run"] == 1
    assert is_there(api, "second")
    assert not is_there(api, "first")
    run_import(store)
    assert is_there(api, "first")
    with pytest.raises(InvalidRequestError, match="since"):
        import_source("mlflow", str(store), {"since": "2026-01-01T00:00:00Z"}, keep_good=False, dry_run=False)
    with pytest.raises(InvalidRequestError, match="always read as a whole"):
        import_source("requirements", str(store), {}, keep_good=False, dry_run=False, begin=From(full=True))


def test_an_alias_that_is_gone_ends_and_one_that_comes_back_begins(store: Path, api: httpx.Client) -> None:
    query = (
        '{ entity(urn: "urn:lineage:Alias:mlflow:quality/champion") { neighbours(relations: [POINTS_TO])'
        " { node { version } } } }"
    )

    def pointed() -> list[str]:
        found = api.post("/graphql", json={"query": query}).json()["data"]["entity"]["neighbours"]
        return [item["node"]["version"] for item in found]

    run_import(store)
    assert pointed() == ["1"]
    change(store, "DELETE FROM registered_model_aliases")
    run_import(store)
    assert pointed() == []
    change(
        store,
        "INSERT INTO registered_model_aliases (alias, version, name, workspace)"
        " VALUES ('champion', 1, 'quality', 'default')",
    )
    run_import(store)
    assert pointed() == ["1"]


def test_nothing_counts_as_read_that_was_not_recorded(
    store: Path, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is lost after all was written: the next import sends the same event, which changes nothing."""
    sent: list[str] = []
    send = Client.send_stream

    def lose(self: Client, lines: Any, parameters: Any) -> dict[str, Any]:
        answer = send(self, lines, parameters)
        sent.append(parameters["event_id"])
        if len(sent) == 1:
            raise ConnectionLostError("The connection broke.")
        return answer

    monkeypatch.setattr(Client, "send_stream", lose)
    with pytest.raises(ConnectionLostError):
        run_import(store)
    again = run_import(store)
    assert (again["incremental"], again["created"]) == (False, 0)
    assert sent[0] == sent[1]
    assert run_import(store)["incremental"]


def test_a_part_that_is_rejected_is_read_again_next_time(store: Path) -> None:
    run_import(store)
    change(
        store, new_run("later"), "INSERT INTO tags (key, value, run_uuid) VALUES ('mlflow.parentRunId', ' x', 'later')"
    )
    assert not run_import(store)["ok"]
    change(store, "UPDATE tags SET value = 'parent' WHERE run_uuid = 'later'")
    answer = run_import(store)
    assert answer["ok"]
    assert answer["read_by_kind"]["Run"] == 1


@pytest.fixture
def followed(store: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Queue[dict[str, Any]]]]:
    """`lineage import --follow --json` over the store, and what it says line by line."""
    command = [sys.executable, "-m", "registry.cli", "import", "mlflow", str(store), "--follow", "--every", "200ms"]
    said: Queue[dict[str, Any]] = Queue()
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen([*command, "--json"], env=os.environ, stdout=subprocess.PIPE, stderr=log, text=True) as child,
    ):
        assert child.stdout is not None
        threading.Thread(target=_pass_on, args=(child.stdout, said), daemon=True).start()
        try:
            yield child, said
        finally:
            child.kill()


def _pass_on(lines: IO[str], said: Queue[dict[str, Any]]) -> None:
    for line in lines:
        said.put(json.loads(line))


def until(said: Queue[dict[str, Any]], event: str, **counts: int) -> dict[str, Any]:
    while True:
        item = said.get(timeout=60)
        if item["event"] == event and all(item[name] >= value for name, value in counts.items()):
            return item


def test_what_comes_is_followed_past_a_store_that_is_away_until_interrupted(
    store: Path, api: httpx.Client, followed: tuple[subprocess.Popen[str], Queue[dict[str, Any]]]
) -> None:
    child, said = followed
    assert not until(said, "import", created=100)["incremental"]
    change(store, new_run("one"))
    assert until(said, "import", created=1)["incremental"]
    assert is_there(api, "one")
    away = store.with_name("away.db")
    store.rename(away)
    assert until(said, "failed")["code"] == "invalid-source"
    change(away, new_run("two"))
    away.rename(store)
    until(said, "import", created=1)
    assert is_there(api, "two")
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 130


def test_the_wait_doubles_while_the_server_is_away(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    answers: list[Any] = ["new", "away", "away", "away", "nothing", "away", "new", KeyboardInterrupt()]
    answer = {
        "read": 3, "where": "x", "changed": 0, "placeholders": 0, "rejected": 0, "ok": True, "rejections": [], "sent": True,
    }  # fmt: skip

    def run(*, begin: From) -> dict[str, Any]:
        told = answers.pop(0)
        if told == "away":
            raise NotRunningError("Nothing answers.")
        if isinstance(told, BaseException):
            raise told
        return answer | {"created": 3 if told == "new" else 0}

    with pytest.raises(KeyboardInterrupt):
        following.follow_source(run, From(full=True), 10.0, as_json=False)
    assert waits == [10, 20, 40, 80, 10, 20, 10]
    printed = capsys.readouterr()
    assert printed.out.count("3 created") == 2
    assert printed.err.count("Nothing answers.") == 2
    with pytest.raises(InvalidSourceError):
        following.follow_source(_refuse, From(), 10.0, as_json=False)


def test_what_is_rejected_again_and_again_is_said_once(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    bad = [{"where": "run 1", "reason": "name", "message": "is no name", "payload": ""}]
    answer = {"read": 1, "where": "x", "created": 0, "changed": 0, "placeholders": 0, "rejected": 1, "ok": False,
              "sent": False}  # fmt: skip
    rounds: list[Any] = [bad, bad, bad, [], bad, KeyboardInterrupt()]

    def run(*, begin: From) -> dict[str, Any]:
        told = rounds.pop(0)
        if isinstance(told, BaseException):
            raise told
        return answer | {"rejections": told, "rejected": len(told)}

    with pytest.raises(KeyboardInterrupt):
        following.follow_source(run, From(), 1.0, as_json=False)
    assert capsys.readouterr().err.count("is no name") == 2


def _refuse(*, begin: From) -> dict[str, Any]:
    raise InvalidSourceError("There is no store.")
