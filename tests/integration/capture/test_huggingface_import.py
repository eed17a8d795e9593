"""Model cards in the graph: which models use a data set, and no change the second time."""

from __future__ import annotations

from pathlib import Path

import httpx

from registry.capture.huggingface.capture import HuggingFaceCapture
from registry.graph.database import Database
from tests.integration.capture.importing import impact, send_twice
from tests.unit.capture.documents import Reading, write
from tests.unit.capture.test_huggingface import CARD, SHA


def test_which_models_use_a_data_set(api: httpx.Client, clean_database: Database, tmp_path: Path) -> None:
    write(tmp_path / "acme" / "fraud" / "README.md", CARD)
    write(tmp_path / "models--acme--small" / "snapshots" / SHA / "README.md", "---\nbase_model: acme/fraud\n---\n")
    send_twice(api, Reading(HuggingFaceCapture(), tmp_path).records)
    users = impact(api, "urn:lineage:Dataset:hf%3A//datasets:/squad", "ModelVersion")
    assert users == {("acme/fraud", None, "CERTAIN"), ("acme/small", SHA, "CERTAIN")}
    # Measured on it is not made from it.
    assert impact(api, "urn:lineage:Dataset:hf%3A//datasets:/glue", "ModelVersion") == set()
