"""Bills of materials in the graph: which models use a data set or a library, and no change the second time."""

from __future__ import annotations

from pathlib import Path

import httpx

from registry.capture.cyclonedx.capture import CycloneDxCapture
from registry.graph.database import Database
from tests.integration.capture.importing import impact, send_twice
from tests.unit.capture.documents import Reading, write
from tests.unit.capture.test_cyclonedx import DATA, LIBRARY, MODEL, bom


def test_which_models_use_the_data_and_the_library(api: httpx.Client, clean_database: Database, tmp_path: Path) -> None:
    document = bom(MODEL, DATA, LIBRARY, dependencies=[{"ref": "m", "dependsOn": ["l"]}])
    send_twice(api, Reading(CycloneDxCapture(), write(tmp_path / "bom.json", document)).records)
    expected = {("acme/fraud", "7", "CERTAIN")}
    assert impact(api, "urn:lineage:DatasetVersion:cyclonedx:orders:v3", "ModelVersion") == expected
    assert impact(api, "urn:lineage:LibraryVersion:pypi:scikit-learn:1.5", "ModelVersion") == expected
    assert impact(api, "urn:lineage:Model:huggingface:google/bert", "ModelVersion") >= expected


def test_the_real_documents(api: httpx.Client, clean_database: Database, shared_data: Path) -> None:
    for path in sorted((shared_data / "cyclonedx").glob("*.json")):
        send_twice(api, Reading(CycloneDxCapture(), path).records)
    data = "urn:lineage:Dataset:https%3A//example.com:/path/to/dataset"
    assert impact(api, data, "ModelVersion") == {("CompVis/stable-diffusion", "1.4", "CERTAIN")}
