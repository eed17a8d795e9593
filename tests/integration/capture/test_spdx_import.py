"""SPDX documents in the graph: which models use a data set, and no change the second time."""

from __future__ import annotations

from pathlib import Path

import httpx

from registry.capture.spdx.capture import SpdxCapture
from registry.graph.database import Database
from tests.integration.capture.importing import impact, send_twice
from tests.unit.capture.documents import Reading


def test_which_models_use_a_data_set(api: httpx.Client, clean_database: Database, shared_data: Path) -> None:
    for path in sorted((shared_data / "spdx").glob("*.json")):
        send_twice(api, Reading(SpdxCapture(), path).records)
    data = "urn:lineage:Dataset:https%3A//github.com:/bact/sentimentdemo/tree/main/data"
    models = impact(api, data, "ModelVersion", "ModelArtifact")
    assert {(name.split("/")[-1], certainty) for name, _, certainty in models} >= {("model.bin", "CERTAIN")}
    assert len(models) == 2
