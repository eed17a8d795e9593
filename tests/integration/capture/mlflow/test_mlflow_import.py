"""A real MLflow store imported into a real registry, and what the registry then answers."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from registry.cli.errand import import_source
from registry.cli.reached import From
from registry.graph.database import Database

pytestmark = pytest.mark.neo4j

ALIAS = "urn:lineage:Alias:mlflow:quality/champion"


@pytest.fixture
def registry(clean_database: Database, api_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LINEAGE_URL", api_url)
    return api_url


def run_import(where: object, **options: str) -> dict[str, Any]:
    answer = import_source("mlflow", str(where), options, keep_good=False, dry_run=False, begin=From(full=True))
    assert answer["ok"], answer["rejections"]
    return answer


def ask(api: httpx.Client, document: str, **variables: Any) -> Any:
    answer = api.post("/graphql", json={"query": document, "variables": variables}).json()
    assert "errors" not in answer, answer
    return answer["data"]


def impact(api: httpx.Client, urn: str, *kinds: str) -> dict[str, Any]:
    document = (
        "query ($urn: URN!, $kinds: [Kind!]) { impact(urn: $urn, kinds: $kinds) { items { certainty node { urn } }"
        " evaluations { evaluation { urn } model } completeness { complete } } }"
    )
    return dict(ask(api, document, urn=urn, kinds=list(kinds))["impact"])


def neighbours(api: httpx.Client, urn: str) -> list[dict[str, Any]]:
    document = (
        "query ($urn: URN!) { entity(urn: $urn) { neighbours(first: 200) { direction relation node { urn kind }"
        " edge { role confidence evidence trueFrom trueTo versionIs } } } }"
    )
    return list(ask(api, document, urn=urn)["entity"]["neighbours"])


def wine(store: Path) -> str:
    return f"file:{quote(str(store.parent / 'data' / 'wine.csv'), safe='/')}"


def items(answer: dict[str, Any]) -> set[str]:
    return {item["node"]["urn"] for item in answer["items"]}


def test_which_models_use_a_data_set_and_again_changes_nothing(
    mlflow_store: Path, mlflow_server: str, registry: str, api: httpx.Client
) -> None:
    first = run_import(f"sqlite:///{mlflow_store}")
    assert first["created"] > 100
    assert first["rejected"] == 0
    versions = items(impact(api, f"urn:lineage:Dataset:{wine(mlflow_store)}", "ModelVersion"))
    assert versions == {"urn:lineage:ModelVersion:mlflow:quality:1", "urn:lineage:ModelVersion:mlflow:quality:2"}

    # What is read over REST names the same things: nothing is new, in whichever order.
    for where in (mlflow_server, mlflow_store, f"sqlite:///{mlflow_store}"):
        again = run_import(where)
        assert (again["created"], again["changed"], again["placeholders"]) == (0, 0, 0)
        assert again["unchanged"] > 100

    tested = impact(api, "urn:lineage:Dataset:s3%3A//lake:wine/test.csv")
    assert items(tested) == set(), "measured on is not made from"
    assert [item["model"] for item in tested["evaluations"]] == ["urn:lineage:ModelVersion:mlflow:quality:1"]


def test_libraries_features_predictions_and_the_same_data_in_two_experiments(
    mlflow_store: Path, registry: str, api: httpx.Client
) -> None:
    run_import(mlflow_store)
    document = "query ($urn: URN!) { impact(urn: $urn, software: true) { items { certainty node { urn } } } }"
    library = ask(api, document, urn="urn:lineage:LibraryVersion:pypi:scikit-learn:1.9.1")["impact"]
    assert "urn:lineage:ModelVersion:mlflow:quality:2" in items(library)
    feature = impact(api, "urn:lineage:Feature:shop:wines%3Ahue", "ModelVersion")
    assert "urn:lineage:ModelVersion:mlflow:quality:1" in items(feature)
    assert any("InferenceBatch" in urn for urn in items(impact(api, "urn:lineage:ModelVersion:mlflow:quality:1")))

    # Data without a place are one per experiment, and joined by name, digest and columns.
    first = items(
        impact(api, "urn:lineage:DatasetVersion:mlflow:2/in%20memory:" + _digest(mlflow_store), "ModelVersion")
    )
    assert first == {"urn:lineage:ModelVersion:mlflow:quality:1", "urn:lineage:ModelVersion:mlflow:quality:2"}


def _digest(store: Path) -> str:
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        return str(database.execute("SELECT digest FROM datasets WHERE name = 'in memory'").fetchone()[0])


def test_roles_say_what_the_source_says_and_no_more(mlflow_store: Path, registry: str, api: httpx.Client) -> None:
    run_import(mlflow_store)
    with sqlite3.connect(f"file:{mlflow_store}?mode=ro", uri=True) as database:
        runs = dict(database.execute("SELECT name, run_uuid FROM runs").fetchall())
    roles = {
        (name, item["node"]["urn"].rsplit(":", 2)[1]): item["edge"]["role"]
        for name in ("first", "second", "child")
        for item in neighbours(api, f"urn:lineage:Run:mlflow:{runs[name]}")
        if item["relation"] == "USED" and item["node"]["kind"] == "DatasetVersion"
    }
    place = str(mlflow_store.parent / "data" / "wine.csv")
    assert roles == {
        ("first", quote(place, safe="/")): "train",
        ("first", "wine/test.csv"): "test",
        ("first", "1/in%20memory"): "unknown",
        ("second", quote(place, safe="/")): "train",
        ("second", "2/in%20memory"): "validate",
        ("child", quote(place, safe="/")): "unknown",
    }


def test_an_alias_that_moved_keeps_where_it_was_and_back_again(
    mlflow_store: Path, registry: str, api: httpx.Client, tmp_path: Path
) -> None:
    copy = tmp_path / "mlflow.db"
    shutil.copy(mlflow_store, copy)
    run_import(copy)
    pointed = [_target(api)]
    moments = [_now(api)]
    for version in (2, 1, 2):
        with sqlite3.connect(copy) as database:
            database.execute("UPDATE registered_model_aliases SET version = ?", (version,))
        database.close()
        moved = run_import(copy)
        assert moved["changed"] >= 1
        pointed.append(_target(api))
        moments.append(_now(api))
        assert run_import(copy)["changed"] == 0
    assert pointed == [["1"], ["2"], ["1"], ["2"]]
    # An edge has one interval: of an alias that came back, the first stay shows as it was known then.
    assert [_target(api, moment) for moment in moments] == pointed


def _target(api: httpx.Client, moment: str | None = None) -> list[str]:
    document = (
        "query ($urn: URN!, $asOf: DateTime) { entity(urn: $urn, asOf: $asOf, knownAt: $asOf) {"
        " neighbours(relations: [POINTS_TO]) { node { version } } } }"
    )
    found = ask(api, document, urn=ALIAS, asOf=moment)["entity"]
    return [item["node"]["version"] for item in found["neighbours"]]


def _now(api: httpx.Client) -> str:
    from graph_schema.times import format_time, now_micros

    return str(format_time(now_micros()))


def test_a_run_that_went_on_is_changed_and_only_that(
    mlflow_store: Path, registry: str, api: httpx.Client, tmp_path: Path
) -> None:
    copy = tmp_path / "mlflow.db"
    shutil.copy(mlflow_store, copy)
    run_import(copy)
    for status, state in (("RUNNING", "running"), ("FINISHED", "completed"), ("RUNNING", "running")):
        with sqlite3.connect(copy) as database:
            database.execute("UPDATE runs SET status = ? WHERE name = 'failed'", (status,))
            run_id = database.execute("SELECT run_uuid FROM runs WHERE name = 'failed'").fetchone()[0]
        database.close()
        answer = run_import(copy)
        assert (answer["created"], answer["changed"]) == (0, 1)
        urn = f"urn:lineage:Run:mlflow:{run_id}"
        assert (
            ask(api, "query ($urn: URN!) { entity(urn: $urn) { attributes } }", urn=urn)["entity"]["attributes"][
                "state"
            ]
            == state
        )


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
