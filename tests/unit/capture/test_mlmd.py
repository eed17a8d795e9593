"""Stores of ML Metadata: read as they are, refused where they are broken, and never written."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest

from registry.capture.mlmd.capture import MlmdCapture
from registry.errors import InvalidSourceError
from tests.unit.capture.documents import ODD_NAME, Reading, write
from tests.unit.capture.mlmd_store import StoreFile, pipeline


def test_a_pipeline(tmp_path: Path) -> None:
    store = pipeline(tmp_path / "metadata.db")
    before = hashlib.sha256(store.path.read_bytes()).hexdigest()
    found = Reading(MlmdCapture(), store.path)
    assert found.edges("USED") == {("Trainer#1", "orders@mlmd-1"), ("Pusher#2", "fraud#3")}
    assert found.edges("GENERATED_BY") == {("fraud#3", "Trainer#1")}
    assert found.edges("DEPLOYS") == {("live#4", "fraud#3")}
    assert found.edges("INSTANCE_OF") == {("Trainer#1", "fraud/Trainer"), ("Pusher#2", "Pusher")}
    assert found.edges("PART_OF") == {
        ("Trainer#1", "pipeline_run/r1"),
        ("Trainer#1", "Study/s"),
        ("pipeline_run/r1", "Study/s"),
    }
    run = found.entity("Run", "Trainer#1")
    assert (run["state"], run["parameters"]) == ("completed", {"lr": 0.1})
    assert run["facets"]["mlmd"]["events"][1] == {"artifact": 2, "type": 5, "path": ["examples"]}
    assert found.entity("DatasetVersion", "orders", "mlmd-1")["facets"]["mlmd"]["properties"] == {"b": "/w=="}
    ended = [record for record in found.records if "true_to" in record]
    assert [record["urn"].rsplit(":", 2)[1] for record in ended] == ["old"]
    assert hashlib.sha256(store.path.read_bytes()).hexdigest() == before


def test_the_same_again_and_another_store(tmp_path: Path) -> None:
    store = pipeline(tmp_path / "metadata.db")
    assert Reading(MlmdCapture(), store.path).records == Reading(MlmdCapture(), store.path).records
    other = Reading(MlmdCapture(), f"sqlite:///{store.path}", namespace="other")
    assert other.edges("USED") == {("Trainer#1", "orders@other-1"), ("Pusher#2", "fraud#3")}


def test_odd_names_cycles_and_torn_events(tmp_path: Path) -> None:
    store = StoreFile(tmp_path / "metadata.db")
    odd, bad = store.node("Artifact", "Model", ODD_NAME), store.node("Artifact", "Model", "two\nlines")
    run = store.node("Execution", "Trainer", ODD_NAME)
    for artifact, sort in ((odd, 3), (odd, 4), (bad, 3), (99, 3)):
        store.event(artifact, run, sort)
    found = Reading(MlmdCapture(), store.path)
    assert found.edges("USED") == {(f"{ODD_NAME}#1", f"{ODD_NAME}#1")}
    assert [item.where for item in found.rejected] == ["artifact 2"]
    assert "[2, 99]" in found.unmapped[0].what


def test_more_than_a_batch(tmp_path: Path) -> None:
    store = StoreFile(tmp_path / "metadata.db")
    row = "INSERT INTO Artifact (type_id, name, uri) VALUES (1, ?, NULL)"
    store.connection.executemany(row, [(f"a{n}",) for n in range(2_500)])
    store.connection.executemany(
        "INSERT INTO Execution (type_id, name) VALUES (4, ?)", [(f"e{n}",) for n in range(1_200)]
    )
    events = "INSERT INTO Event (artifact_id, execution_id, type) VALUES (?, ?, 3)"
    store.connection.executemany(events, [(n + 1, n + 1) for n in range(1_200)])
    store.connection.commit()
    kinds = Reading(MlmdCapture(), store.path).kinds()
    assert (kinds["DatasetVersion"], kinds["Run"], kinds["USED"]) == (2_500, 1_200, 1_200)


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\0" + b"x" * 4096])
def test_what_is_no_store(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidSourceError):
        Reading(MlmdCapture(), write(tmp_path / "metadata.db", content))


def test_cut_short(tmp_path: Path) -> None:
    path = pipeline(tmp_path / "whole.db").path
    with pytest.raises(InvalidSourceError):
        Reading(MlmdCapture(), write(tmp_path / "cut.db", path.read_bytes()[: 4096 * 3]))


@pytest.mark.parametrize("version", [5, 11])
def test_versions_not_understood(tmp_path: Path, version: int) -> None:
    with pytest.raises(InvalidSourceError, match="understood"):
        Reading(MlmdCapture(), StoreFile(tmp_path / "metadata.db", version).path)


def test_half_migrated(tmp_path: Path) -> None:
    store = StoreFile(tmp_path / "metadata.db", 9)
    store.run("INSERT INTO MLMDEnv VALUES (10)")
    with pytest.raises(InvalidSourceError, match="half migrated"):
        Reading(MlmdCapture(), store.path)
    store.run("DELETE FROM MLMDEnv WHERE schema_version = 9")
    store.run("DROP TABLE Event")
    store.node("Execution", "Trainer", "x")
    with pytest.raises(InvalidSourceError, match="cannot be read"):
        Reading(MlmdCapture(), store.path)


def test_locked(tmp_path: Path) -> None:
    path = pipeline(tmp_path / "metadata.db").path
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(InvalidSourceError, match="locked"):
        Reading(MlmdCapture(), f"sqlite:///{path}?timeout=0.1")
    writer.close()


@pytest.mark.parametrize("where", ["absent.db", "nonsense://user:secret@host/x", "mysql+nodriver://user:secret@host/x"])
def test_where_there_is_nothing(tmp_path: Path, where: str) -> None:
    with pytest.raises(InvalidSourceError) as caught:
        Reading(MlmdCapture(), where)
    assert "secret" not in caught.value.diagnostics()
