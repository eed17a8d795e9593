"""The registry compared with a real MLflow store, before and after somebody changed one of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from graph_schema.urn import parse_urn
from registry.cli.drawing.reconciling import draw_reconciliation
from registry.cli.errand import import_source
from registry.cli.repairing import reconcile_source
from registry.cli.terminal import output
from registry.errors import InvalidRequestError
from registry.graph.database import Database

pytestmark = pytest.mark.neo4j

VERSION = "urn:lineage:ModelVersion:mlflow:quality:2"


@pytest.fixture
def store(clean_database: Database, api_url: str, mlflow_store: Path, tmp_path: Path, monkeypatch: Any) -> Path:
    """A copy of the store, imported."""
    monkeypatch.setenv("LINEAGE_URL", api_url)
    path = tmp_path / "mlflow.db"
    shutil.copy(mlflow_store, path)
    assert import_source("mlflow", str(path), {}, keep_good=False, dry_run=False)["ok"]
    return path


def change(path: Path, *statements: str) -> None:
    database = sqlite3.connect(path)
    with database:
        for statement in statements:
            database.execute(statement)
    database.close()


def reconcile(path: Path, options: Mapping[str, str] | None = None, *, repair: bool = False) -> dict[str, Any]:
    answer = reconcile_source("mlflow", str(path), options or {}, repair=repair)
    json.dumps(answer)
    output().print(draw_reconciliation(answer))
    return answer


def test_what_was_just_imported_does_not_differ(store: Path) -> None:
    answer = reconcile(store)
    assert answer["ok"], answer
    assert (answer["differences"], answer["compared"] > 40) == (0, True)


def test_an_empty_registry_misses_everything_and_repair_brings_it(
    store: Path, database: Database, clean_database: Database
) -> None:
    database.execute_schema("MATCH (n:Entity|Event|EntityState) DETACH DELETE n")
    answer = reconcile(store)
    assert not answer["ok"]
    assert len(answer["missing_here"]) == answer["compared"]
    assert reconcile(store, repair=True)["ok"]
    assert reconcile(store)["ok"]


def test_changes_on_both_sides_are_found_field_by_field_and_mended(store: Path, api: httpx.Client) -> None:
    change(
        store,
        "UPDATE model_versions SET description = 'Changed there.' WHERE version = 2",
        "UPDATE runs SET name = 'second, renamed' WHERE name = 'second'",
    )
    record = {"entity": "ModelVersion", "urn": VERSION, "attributes": {"framework": "changed here"}}
    assert api.post("/api/v1/records", json={"records": [record]}).is_success
    answer = reconcile(store)
    assert {(item["field"], item["here"], item["there"]) for item in answer["differing"]} == {
        ("description", "Once more.", "Changed there."),
        ("title", "second", "second, renamed"),
        ("framework", "changed here", "sklearn"),
    }
    assert answer["missing_here"] == answer["missing_there"] == answer["edges_missing_there"] == []
    assert reconcile(store)["differences"] == 3, "looking changes nothing"
    assert reconcile(store, repair=True)["ok"]
    assert reconcile(store)["differences"] == 0


def test_what_is_gone_renamed_or_no_longer_named_is_told_apart(store: Path) -> None:
    change(
        store,
        "DELETE FROM registered_model_aliases",
        "UPDATE registered_models SET name = 'unused, renamed' WHERE name = 'unused'",
        "DELETE FROM tags WHERE key LIKE 'feast%'",
    )
    answer = reconcile(store)
    assert answer["missing_there"] == ["urn:lineage:Alias:mlflow:quality/champion"]
    assert answer["renamed"] == [
        {"from": "urn:lineage:Model:mlflow:unused", "to": "urn:lineage:Model:mlflow:unused,%20renamed"}
    ]
    assert {item["relation"] for item in answer["edges_missing_there"]} == {"USED"}
    assert reconcile(store, repair=True)["repaired"]
    again = reconcile(store)
    assert (again["missing_there"], again["renamed"], again["edges_missing_there"]) == ([], [], [])


@pytest.mark.parametrize("option", ["traces", "files"])
def test_what_an_option_leaves_out_is_not_gone(store: Path, option: str) -> None:
    answer = reconcile(store, {option: "no"})
    assert (answer["missing_there"], answer["edges_missing_there"], answer["orphaned"]) == ([], [], [])
    assert f"{option}=no" in answer["gone_not_sought"]
    with pytest.raises(InvalidRequestError, match=f"{option}=no"):
        reconcile(store, {option: "no"}, repair=True)
    assert reconcile(store)["differences"] == 0
    assert reconcile(store)["gone_not_sought"] is None


def test_a_part_that_could_not_be_read_is_not_gone(store: Path) -> None:
    change(store, "UPDATE inputs SET destination_id = ' m' WHERE destination_type = 'MODEL_INPUT'")
    answer = reconcile(store, repair=True)
    assert answer["rejected"]
    assert (answer["missing_there"], answer["edges_missing_there"], answer["ok"]) == ([], [], False)


def test_another_server_with_the_same_data_is_not_touched(store: Path) -> None:
    assert import_source("mlflow", str(store), {"namespace": "other"}, keep_good=False, dry_run=False)["ok"]
    change(store, "UPDATE datasets SET dataset_schema = NULL", "DELETE FROM registered_model_aliases")
    answer = reconcile(store, {"namespace": "other"}, repair=True)
    assert answer["missing_there"] == ["urn:lineage:Alias:other:quality/champion"]
    gone = [*answer["orphaned"], *(item["from"] for item in answer["edges_missing_there"])]
    assert {parse_urn(urn).namespace for urn in gone} == {"other"}, "columns of shared data are the other's to end"
