"""Stores of ML Metadata in the graph: which models use a data set, and no change the second time."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from registry.capture.mlmd.capture import MlmdCapture
from registry.graph.database import Database
from tests.integration.capture.environments import environment, run
from tests.integration.capture.importing import impact, send_twice
from tests.unit.capture.documents import Reading
from tests.unit.capture.mlmd_store import pipeline

LAKE = "urn:lineage:DatasetVersion:s3%3A//lake"


def test_which_models_use_a_data_set(api: httpx.Client, clean_database: Database, tmp_path: Path) -> None:
    send_twice(api, Reading(MlmdCapture(), pipeline(tmp_path / "metadata.db").path).records)
    users = impact(api, f"{LAKE}:orders:mlmd-1", "ModelArtifact", "Deployment")
    assert users == {("fraud#3", None, "CERTAIN"), ("live#4", None, "CERTAIN")}


@pytest.mark.nightly
def test_a_store_made_by_the_real_library(
    api: httpx.Client, clean_database: Database, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    python = environment(pytestconfig, "ml-metadata==1.17.1", "protobuf<5", "attrs<24")
    path = tmp_path / "metadata.db"
    said = json.loads(run(python, Path(__file__).with_name("make_mlmd_store.py"), str(path), "30"))
    found = Reading(MlmdCapture(), path)
    assert not found.rejected

    def plain(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
        return {(down.split("#")[0].split("@")[0], up.split("#")[0].split("@")[0]) for down, up in edges}

    assert plain(found.edges("USED")) == {tuple(pair) for pair in said["used"]}
    assert plain(found.edges("GENERATED_BY")) == {tuple(pair) for pair in said["made"]}
    kinds = found.kinds()
    assert kinds["DatasetVersion"] + kinds["ModelArtifact"] + kinds["Evaluation"] == said["artifacts"]
    assert found.entity("Run", "train-29#30")["parameters"] == {"steps": 29}
    send_twice(api, found.records)
    reached = {name.split("#")[0] for name, _, _ in impact(api, f"{LAKE}:data-28:mlmd-{3 * 27 + 2}", "ModelArtifact")}
    assert reached == {"model-29", "model-30"}
