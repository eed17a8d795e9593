"""Registries of Feast in the graph: which features use a source, and no change the second time."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from registry.capture.feast.capture import FeastCapture
from registry.graph.database import Database
from tests.integration.capture.environments import environment, run
from tests.integration.capture.importing import impact, send, send_twice
from tests.unit.capture.documents import Reading
from tests.unit.capture.feast_registry import shop, write_registry

MODEL = {"edge": "USES_FEATURE", "from": "urn:lineage:ModelVersion:shop:fraud:7"}


def test_which_models_use_a_source(api: httpx.Client, clean_database: Database, tmp_path: Path) -> None:
    send_twice(api, Reading(FeastCapture(), write_registry(tmp_path / "registry.db", shop())).records)
    send(api, [MODEL | {"to": "urn:lineage:FeatureVersion:shop:orders%3Avisits:v1"}])
    source = "urn:lineage:Dataset:s3%3A//lake:orders"
    assert impact(api, source, "ModelVersion") == {("fraud", "7", "CERTAIN")}
    assert {name for name, _, _ in impact(api, source, "Document")} == {"feature service fraud"}


@pytest.mark.nightly
def test_a_registry_made_by_feast_itself(
    api: httpx.Client, clean_database: Database, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    python = environment(pytestconfig, "feast==0.67.0")
    said = json.loads(run(python, Path(__file__).with_name("make_feast_registry.py"), str(tmp_path)).splitlines()[-1])
    found = Reading(FeastCapture(), tmp_path / "registry.db")
    assert not found.rejected
    send_twice(api, found.records)
    # What Feast itself says leads from its source to each view.
    views = {
        target
        for sort, _, kind, target in said["lineage"]
        if kind == "featureView" and sort in ("dataSource", "featureView")
    }
    reached = impact(api, f"urn:lineage:Dataset:file:{quote(said['source'], safe='/')}", "FeatureVersion", "Document")
    assert {name.split(":")[0] for name, _, _ in reached} == views | {"feature service fraud_service"}
    versions = {(name, number) for name, number, _ in reached if name.startswith("orders:")}
    assert versions == {("orders:amount", "v0"), ("orders:amount", "v1"), ("orders:visits", "v1")} | {
        item for item in versions if item[1] is None
    }
