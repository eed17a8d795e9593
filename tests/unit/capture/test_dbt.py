"""dbt's artifacts of every version become tables, runs and versions, and broken ones are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from registry.capture.dbt.capture import DbtCapture
from registry.errors import InvalidSourceError
from tests.unit.capture.documents import BROKEN_JSON, ODD_NAME, Reading, write

TIME = "2026-05-04T12:00:00Z"
SERVER = "postgres://host:5432"


def node(name: str, *parents: str, sort: str = "model", **more: Any) -> dict[str, Any]:
    """A node as manifests have it."""
    return {
        "unique_id": f"{sort}.shop.{name}",
        "resource_type": sort,
        "name": name,
        "alias": name,
        "database": "db",
        "schema": "main",
        "package_name": "shop",
        "depends_on": {"nodes": list(parents)},
        "config": {"materialized": "table"},
    } | more


def manifest(*nodes: dict[str, Any], version: int = 12, **more: Any) -> dict[str, Any]:
    """A manifest of these nodes."""
    schema = f"https://schemas.getdbt.com/dbt/manifest/v{version}.json"
    metadata = {"dbt_schema_version": schema, "dbt_version": "1.9.0", "generated_at": TIME, "project_name": "shop"}
    return {"metadata": metadata, "nodes": {item["unique_id"]: item for item in nodes}} | more


def results(command: str = "build", **statuses: str) -> dict[str, Any]:
    """Run results of an invocation; keys are unique ids with __ for dots."""
    schema = "https://schemas.getdbt.com/dbt/run-results/v6.json"
    listed = [{"unique_id": key.replace("__", "."), "status": status} for key, status in statuses.items()]
    metadata = {"dbt_schema_version": schema, "generated_at": TIME, "invocation_id": "i1"}
    return {"metadata": metadata, "args": {"which": command}, "results": listed}


@pytest.mark.parametrize("version", [1, 4, 7, 10, 12])
def test_real_manifests_of_every_generation(shared_data: Path, version: int) -> None:
    path = shared_data / "dbt" / f"manifest-v{version}.json"
    document = json.loads(path.read_text())
    found = Reading(DbtCapture(), path, namespace="bigquery")
    tables = [*document["nodes"].values(), *document["sources"].values()]
    expected = [item for item in tables if item["resource_type"] in ("model", "seed", "snapshot", "source")]
    assert found.kinds()["Dataset"] == len(expected) > 7
    # None of these has ephemeral models, so the parents are those that the manifest itself lists.
    parents = {
        (item["unique_id"], parent) for item in expected for parent in (item.get("depends_on") or {}).get("nodes", [])
    }
    assert found.kinds()["DERIVED_FROM"] == len(parents) > 4
    assert not found.rejected


def test_the_same_reading_twice_says_the_same(shared_data: Path) -> None:
    path = shared_data / "dbt" / "manifest-v12.json"
    assert Reading(DbtCapture(), path).records == Reading(DbtCapture(), path).records


def test_results_of_the_compiler_are_no_runs(shared_data: Path) -> None:
    folder = shared_data / "dbt"
    found = Reading(DbtCapture(), folder / "manifest-v12.json", run_results=str(folder / "run-results-v6.json"))
    assert "Run" not in found.kinds()
    assert any("executes nothing" in item.what for item in found.unmapped)


def test_columns_come_from_the_catalog(shared_data: Path) -> None:
    folder = shared_data / "dbt"
    found = Reading(DbtCapture(), folder / "manifest-v12.json", catalog=str(folder / "catalog-v1.json"))
    field = found.entity("Field", "jaffle_shop.main.customers.lifetime_spend")
    assert field["data_type"] == "DECIMAL(38,2)"
    assert field["position"] == 7
    catalog = json.loads((folder / "catalog-v1.json").read_text())
    columns = [column for part in ("nodes", "sources") for item in catalog[part].values() for column in item["columns"]]
    assert found.kinds()["Field"] == len(columns)


def test_an_invocation_joins_exactly_the_versions_that_it_made(tmp_path: Path) -> None:
    write(
        tmp_path / "manifest.json",
        manifest(
            node("raw", sort="seed", checksum={"name": "sha256", "checksum": "ab" * 32}),
            node("old", "seed.shop.raw"),
            node("clean", "seed.shop.raw", "model.shop.old"),
            node("final", "model.shop.clean"),
            node("late", "model.shop.final"),
        ),
    )
    write(
        tmp_path / "run_results.json",
        results(
            seed__shop__raw="success",
            model__shop__clean="success",
            model__shop__final="error",
            model__shop__late="skipped",
        ),
    )
    found = Reading(DbtCapture(), tmp_path, namespace=SERVER)
    assert found.edges("USED") == {
        ("i1/model.shop.clean", "db.main.raw@i1"),
        ("i1/model.shop.clean", "db.main.old@*"),
        ("i1/model.shop.final", "db.main.clean@i1"),
        ("i1/model.shop.late", "db.main.final@*"),
    }
    assert found.edges("GENERATED_BY") == {
        ("db.main.raw@i1", "i1/seed.shop.raw"),
        ("db.main.clean@i1", "i1/model.shop.clean"),
    }
    # What did not run is declared, not observed.
    assert found.edges("DERIVED_FROM") == {("db.main.old@*", "db.main.raw@*")}
    states = {name: found.entity("Run", f"i1/model.shop.{name}")["state"] for name in ("clean", "final", "late")}
    assert states == {"clean": "completed", "final": "failed", "late": "aborted"}
    assert found.entity("DatasetVersion", "db.main.raw", "i1")["digest"] == "sha256:" + "ab" * 32


def test_lineage_leads_through_what_is_no_table(tmp_path: Path) -> None:
    path = write(
        tmp_path / "manifest.json",
        manifest(
            node("a"),
            node("b", "model.shop.a", config={"materialized": "ephemeral"}),
            node("c", "model.shop.b", "model.gone.x"),
            exposures={
                "exposure.shop.churn": {"name": "churn", "type": "ml", "depends_on": {"nodes": ["model.shop.c"]}},
                "exposure.shop.report": {
                    "name": "report",
                    "type": "dashboard",
                    "owner": {"email": "ann@example.com"},
                    "depends_on": {"nodes": ["metric.shop.m"]},
                },
            },
            metrics={"metric.shop.m": {"resource_type": "metric", "depends_on": {"nodes": ["model.shop.a"]}}},
        ),
    )
    found = Reading(DbtCapture(), path)
    assert found.edges("DERIVED_FROM") == {
        ("db.main.c@*", "db.main.a@*"),
        ("db.main.c@*", "model.gone.x@*"),
        ("churn@*", "db.main.c@*"),
        ("exposure.shop.report", "db.main.a@*"),
    }
    assert found.entity("Person", "ann@example.com")["contact"] == "ann@example.com"


def test_tests_become_the_quality_of_the_version_tested(tmp_path: Path) -> None:
    test = {"test_metadata": {"name": "relationships", "kwargs": {"model": "{{ get_where_subquery(ref('a')) }}"}}}
    write(
        tmp_path / "manifest.json",
        manifest(
            node("a"),
            node("b"),
            node("t1", "model.shop.b", "model.shop.a", sort="test", **test),
            node("t2", "model.shop.b", sort="test", attached_node="model.shop.b", column_name="id"),
        ),
    )
    ran = {"model__shop__a": "success", "test__shop__t1": "fail", "test__shop__t2": "pass"}
    write(tmp_path / "run_results.json", results("test", **ran))
    found = Reading(DbtCapture(), tmp_path)
    assert found.edges("PROFILE_OF") == {("db.main.a@i1", "db.main.a@i1"), ("db.main.b@i1", "db.main.b@*")}
    assert found.entity("Profile", "db.main.a@i1")["passed"] is False
    assert found.entity("Profile", "db.main.b@i1")["statistics"]["tests"][0]["column"] == "id"


def test_cycles_and_odd_names(tmp_path: Path) -> None:
    odd = node("a", "model.shop.b", alias=ODD_NAME)
    path = write(tmp_path / "manifest.json", manifest(odd, node("b", "model.shop.a"), node("c", "model.shop.c")))
    found = Reading(DbtCapture(), path)
    assert found.edges("DERIVED_FROM") == {
        (f"db.main.{ODD_NAME}@*", "db.main.b@*"),
        ("db.main.b@*", f"db.main.{ODD_NAME}@*"),
    }


def test_what_is_no_name_is_rejected_and_the_rest_kept(tmp_path: Path) -> None:
    document = manifest(node("a"), node("bad", alias="two\nlines"), node("long", alias="x" * 2_000))
    document["nodes"]["model.shop.text"] = "not a node"
    found = Reading(DbtCapture(), write(tmp_path / "manifest.json", document))
    assert {item.where for item in found.rejected} == {"model.shop.bad", "model.shop.long", "model.shop.text"}
    assert found.entity("Dataset", "db.main.a")


@pytest.mark.parametrize("content", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
def test_broken_manifests(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidSourceError):
        Reading(DbtCapture(), write(tmp_path / "manifest.json", content))


@pytest.mark.parametrize("version", [0, 13, 99999999])
def test_versions_not_understood(tmp_path: Path, version: int) -> None:
    with pytest.raises(InvalidSourceError, match="version"):
        Reading(DbtCapture(), write(tmp_path / "manifest.json", manifest(version=version)))


def test_another_artifact_and_no_file(tmp_path: Path) -> None:
    write(tmp_path / "manifest.json", results())
    with pytest.raises(InvalidSourceError, match="no dbt manifest"):
        Reading(DbtCapture(), tmp_path)
    with pytest.raises(InvalidSourceError, match="cannot be read"):
        Reading(DbtCapture(), tmp_path / "absent.json")


def test_a_time_that_is_none_or_has_not_come_is_said(tmp_path: Path) -> None:
    for time in ("yesterday", "2999-01-01T00:00:00Z"):
        document = manifest(node("a"))
        document["metadata"]["generated_at"] = time
        found = Reading(DbtCapture(), write(tmp_path / "manifest.json", document))
        assert {item.reason for item in found.rejected} == {"event-time"}
        assert not any("event_time" in record for record in found.records)
