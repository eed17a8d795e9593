"""Reading a real MLflow store: alike over REST and from the database, and what happens where it is damaged."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.capture.mlflow import database as reading
from registry.capture.mlflow import tables
from registry.capture.mlflow.capture import MLflow
from registry.capture.mlflow.revisions import REVISIONS
from registry.capture.source import Progressed, Reached, Rejected, Unmapped
from registry.errors import InvalidRequestError, InvalidSourceError

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


def read(where: object, **options: str) -> tuple[list[str], int]:
    """Every document as a text, sorted, and how far the progress came."""
    said, gone = [], 0
    for item in MLflow().read(str(where), options):
        if isinstance(item, Progressed):
            gone += item.things
        elif not isinstance(item, Reached):
            said.append(repr(item) if isinstance(item, Rejected | Unmapped) else json.dumps(item, sort_keys=True))
    return sorted(said), gone


def change(path: Path, *statements: str, values: tuple[Any, ...] = ()) -> None:
    database = sqlite3.connect(path)
    with database:
        for statement in statements:
            database.execute(statement, values)
    database.close()


@pytest.fixture
def copy(mlflow_store: Path, tmp_path: Path) -> Path:
    """A copy of the store that a test may spoil."""
    path = tmp_path / "mlflow.db"
    shutil.copy(mlflow_store, path)
    return path


def test_both_ways_give_the_same_documents(mlflow_store: Path, mlflow_server: str) -> None:
    assert read(mlflow_store)[0] == read(mlflow_server)[0]
    plain = {"files": "no", "traces": "no", "namespace": "team/a"}
    assert read(mlflow_store, **plain)[0] == read(mlflow_server, **plain)[0]


@given(note=TEXT, value=st.floats(allow_nan=True, allow_infinity=False), tag=TEXT, param=TEXT.filter(bool))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_ways_agree_on_whatever_people_write(
    mlflow_store: Path, mlflow_server: str, note: str, value: float, tag: str, param: str
) -> None:
    """The texts go in by SQL where MLflow would put them; the server reads the same file."""
    run = "(SELECT run_uuid FROM runs WHERE name = 'failed')"
    nan = value != value
    put = [
        (f"INSERT OR REPLACE INTO tags (key, value, run_uuid) VALUES ('note', ?, {run})", (tag,)),
        (f"INSERT OR REPLACE INTO params (key, value, run_uuid) VALUES ('p', ?, {run})", (param,)),
        ("UPDATE model_versions SET description = ?", (note,)),
        (
            "INSERT OR REPLACE INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid)"
            f" VALUES ('m', ?, 1, 0, ?, {run})",
            (0.0 if nan else value, nan),
        ),
    ]
    for statement, values in put:
        change(mlflow_store, statement, values=values)
    try:
        assert read(mlflow_store, files="no")[0] == read(mlflow_server, files="no")[0]
    finally:
        change(mlflow_store, f"DELETE FROM tags WHERE key = 'note' AND run_uuid = {run}")
        change(mlflow_store, f"DELETE FROM params WHERE key = 'p' AND run_uuid = {run}")
        change(mlflow_store, f"DELETE FROM latest_metrics WHERE key = 'm' AND run_uuid = {run}")
        change(mlflow_store, "UPDATE model_versions SET description = NULL WHERE version = 1")
        change(mlflow_store, "UPDATE model_versions SET description = 'Once more.' WHERE version = 2")


def test_pages_of_any_size_give_the_same_and_the_progress_adds_up(
    mlflow_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, gone = read(mlflow_store)
    assert gone == MLflow().count(str(mlflow_store), {})
    for size in (1, 2, 3):
        monkeypatch.setattr(reading, "PAGE", size)
        assert read(mlflow_store) == (whole, gone)


def test_reading_writes_nothing_beside_or_into_the_file(copy: Path) -> None:
    before = copy.read_bytes()
    copy.chmod(0o444)
    read(copy)
    assert copy.read_bytes() == before
    assert [item.name for item in copy.parent.iterdir()] == ["mlflow.db"]


def test_names_that_are_none_are_rejected_and_the_rest_is_read(copy: Path) -> None:
    change(copy, "UPDATE inputs SET destination_id = ' m' WHERE destination_type = 'MODEL_INPUT'")
    said, gone = read(copy)
    assert gone == MLflow().count(str(copy), {})
    assert len([item for item in said if item.startswith("Rejected(")]) == 1
    assert sum('"entity": "Run"' in item for item in said) == 5


@pytest.mark.parametrize("revision", [REVISIONS[0], "400f98739977", "cbc13b556ace"])
def test_older_stores_are_read_as_far_as_they_go(copy: Path, revision: str) -> None:
    change(copy, "UPDATE alembic_version SET version_num = ?", values=(revision,))
    said, _ = read(copy)
    assert any('"role": "train"' in item for item in said)


def cut(path: Path, length: int) -> None:
    content = path.read_bytes()[:length]
    path.write_bytes(content)


def overwrite(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def replace_by_another(path: Path) -> None:
    path.unlink()
    change(path, "CREATE TABLE runs (id)", "CREATE TABLE other (id)")


SPOILED: dict[str, tuple[Callable[[Path], None], str]] = {
    "unknown revision": (lambda p: change(p, "UPDATE alembic_version SET version_num = 'ffffffffffff'"), "not known"),
    "no revision": (lambda p: change(p, "DELETE FROM alembic_version"), "half-migrated"),
    "two revisions": (lambda p: change(p, "INSERT INTO alembic_version VALUES ('400f98739977')"), "half-migrated"),
    "a table is missing": (lambda p: change(p, "DROP TABLE logged_model_metrics"), "half-migrated"),
    "a column is missing": (lambda p: change(p, "ALTER TABLE runs RENAME COLUMN status TO state"), "no such column"),
    "cut short": (lambda p: cut(p, p.stat().st_size // 3), "cannot be read"),
    "only its head": (lambda p: cut(p, 100), "cannot be read"),
    "empty": (lambda p: cut(p, 0), "no SQLite database"),
    "a text": (lambda p: overwrite(p, b"experiment,run"), "no SQLite database"),
    "another database": (replace_by_another, "not MLflow's"),
}


@pytest.mark.parametrize("way", SPOILED)
def test_a_spoiled_store_is_told_what_is_wrong_with_it(copy: Path, way: str) -> None:
    spoil, expected = SPOILED[way]
    spoil(copy)
    with pytest.raises(InvalidSourceError) as caught:
        read(copy)
    assert expected in caught.value.message
    assert caught.value.hint


def test_a_locked_store_says_so(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_WAIT_SECONDS", 0.1)
    holder = sqlite3.connect(copy, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(InvalidSourceError, match="locked") as caught:
        read(copy)
    assert "Another program" in caught.value.hint
    holder.close()


@pytest.mark.parametrize(
    "where", ["/nowhere/mlflow.db", "ftp://host/x", "databricks://profile", "http://[", "sqlite:///"]
)
def test_a_place_that_is_none(where: str) -> None:
    with pytest.raises(InvalidSourceError):
        read(where)


def test_a_folder_is_the_old_file_store(tmp_path: Path) -> None:
    for where in (tmp_path, f"sqlite:///{tmp_path}", tmp_path.as_uri()):
        with pytest.raises(InvalidSourceError, match="file store") as caught:
            read(where)
        assert "mlflow server" in caught.value.hint


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(InvalidSourceError, match="Nothing answers") as caught:
        read(f"http://me:secret@127.0.0.1:{port}")
    assert "secret" not in caught.value.diagnostics()


ANSWERS = {
    "a web page": (200, "text/html", b"<html>hello</html>", "no JSON"),
    "refused": (403, "application/json", b"{}", "refuses"),
    "broken inside": (500, "application/json", b'{"message": "no disk"}', "no disk"),
    "another form": (200, "application/json", b'{"experiments": [{"name": "x"}]}', "another form"),
    "no list": (200, "application/json", b'{"experiments": 7}', "another form"),
    "a list": (200, "application/json", b"[]", "does not answer as"),
    "cut short": (200, "application/json", b'{"experiments": [', "no JSON"),
}


@pytest.mark.parametrize("way", ANSWERS)
def test_what_answers_is_no_mlflow(way: str) -> None:
    status, media, body, expected = ANSWERS[way]

    class Stranger(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("content-type", media)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            with pytest.raises(InvalidSourceError, match=expected):
                read(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()


@pytest.mark.parametrize("options", [{"colour": "red"}, {"files": "maybe"}])
def test_an_option_that_is_none(mlflow_store: Path, options: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError):
        read(mlflow_store, **options)
