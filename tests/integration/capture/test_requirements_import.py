"""Lock files in the graph: which models use a library, and no change the second time."""

from __future__ import annotations

from pathlib import Path

import httpx

from registry.capture.requirements.capture import RequirementsCapture
from registry.graph.database import Database
from tests.integration.capture.importing import impact, send_twice
from tests.unit.capture.documents import Reading, write
from tests.unit.capture.test_requirements import MODEL, UV


def test_which_models_use_a_library(api: httpx.Client, clean_database: Database, tmp_path: Path) -> None:
    send_twice(api, Reading(RequirementsCapture(), write(tmp_path / "uv.lock", UV), of=MODEL).records)
    assert impact(api, "urn:lineage:LibraryVersion:pypi:b:2", "ModelVersion") == {("fraud", "7", "CERTAIN")}
    environments = impact(api, "urn:lineage:LibraryVersion:pypi:d:1", "Environment")
    assert {certainty for _, _, certainty in environments} == {"CERTAIN"}
