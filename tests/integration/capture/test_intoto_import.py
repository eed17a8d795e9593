"""Provenance of builds in the graph: which models use a data set, and no change the second time."""

from __future__ import annotations

from pathlib import Path

import httpx

from registry.capture.intoto.capture import InTotoCapture
from registry.graph.database import Database
from tests.integration.capture.importing import impact, send_twice
from tests.unit.capture.documents import Reading, write
from tests.unit.capture.test_intoto import SHORT, envelope, statement


def test_which_models_use_a_data_set(api: httpx.Client, clean_database: Database, tmp_path: Path) -> None:
    send_twice(api, Reading(InTotoCapture(), write(tmp_path / "x.json", envelope(statement()))).records)
    data = f"urn:lineage:DatasetVersion:s3%3A//lake:orders.parquet:{SHORT}"
    made = {(f"out/fraud.onnx@{SHORT}", None, "CERTAIN")}
    assert impact(api, data, "ModelArtifact") == made
    assert impact(api, "urn:lineage:LibraryVersion:pypi:scikit-learn:1.5", "ModelArtifact") == made
