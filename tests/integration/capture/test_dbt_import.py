"""dbt artifacts in the graph: which models use a source, and no change the second time."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from registry.capture.dbt.capture import DbtCapture
from registry.graph.database import Database
from tests.integration.capture.importing import impact, send_twice
from tests.unit.capture.documents import Reading, write

SERVER = "postgres://host:5432"


@pytest.fixture
def target(shared_data: Path, tmp_path: Path) -> Path:
    """A target folder of a project that was built, with a model that reads its tables."""
    folder = shared_data / "dbt"
    manifest = json.loads((folder / "manifest-v12.json").read_text())
    parents = {"nodes": ["model.jaffle_shop.customers"]}
    manifest["exposures"]["exposure.jaffle_shop.churn"] = {"name": "churn", "type": "ml", "depends_on": parents}
    results = json.loads((folder / "run-results-v6.json").read_text())
    results["args"]["which"] = "build"
    write(tmp_path / "manifest.json", manifest)
    write(tmp_path / "run_results.json", results)
    write(tmp_path / "catalog.json", (folder / "catalog-v1.json").read_bytes())
    return tmp_path


def test_which_models_use_a_source(api: httpx.Client, clean_database: Database, target: Path) -> None:
    found = Reading(DbtCapture(), target, namespace=SERVER)
    send_twice(api, found.records)
    source = f"urn:lineage:Dataset:{SERVER.replace(':', '%3A')}:jaffle_shop.raw.raw_customers"
    assert impact(api, source, "ModelVersion") == {("churn", None, "POSSIBLE")}
    reached = impact(api, source, "DatasetVersion")
    invocation = json.loads((target / "run_results.json").read_text())["metadata"]["invocation_id"]
    assert {
        ("jaffle_shop.main.stg_customers", invocation, "CERTAIN"),
        ("jaffle_shop.main.customers", invocation, "CERTAIN"),
    } <= reached


def test_declared_lineage_alone(api: httpx.Client, clean_database: Database, shared_data: Path) -> None:
    send_twice(api, Reading(DbtCapture(), shared_data / "dbt" / "manifest-v1.json").records)
    reached = impact(api, "urn:lineage:Dataset:bigquery:your-gcp-project.jaffle_shop.raw_orders", "DatasetVersion")
    assert ("your-gcp-project.jaffle_shop.fct_orders", None) in {item[:2] for item in reached}
