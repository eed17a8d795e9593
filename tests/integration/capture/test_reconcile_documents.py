"""One document of several never says what the others have: comparing and repairing by it ends nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.cli.drawing.reconciling import draw_reconciliation
from registry.cli.errand import import_source
from registry.cli.repairing import reconcile_source
from registry.cli.terminal import output
from registry.graph.database import Database
from tests.unit.capture.documents import write
from tests.unit.capture.test_cyclonedx import DATA, MODEL, bom

_STATE = """query($urn: URN!) { entity(urn: $urn) {
  placeholder trueTo description neighbours(direction: UPSTREAM, first: 50) { relation node { urn } edge { trueTo } } } }"""
SHARED = "urn:lineage:DatasetVersion:cyclonedx:orders:v3"
FRAUD = "urn:lineage:ModelVersion:cyclonedx:acme/fraud:7"
CHURN = "urn:lineage:ModelVersion:cyclonedx:acme/churn:7"


def _state(api: httpx.Client, urn: str) -> Any:
    return api.post("/graphql", json={"query": _STATE, "variables": {"urn": urn}}).json()["data"]["entity"]


def test_what_another_document_says_is_not_touched(
    api: httpx.Client, api_url: str, clean_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_URL", api_url)
    owned = DATA | {"pedigree": {"ancestors": [{"type": "data", "name": "raw", "version": "1"}]}}
    a = write(tmp_path / "a.json", bom(MODEL, owned))
    b = write(tmp_path / "b.json", bom(MODEL | {"name": "churn"}, DATA | {"pedigree": {}}))
    for path in (a, b):
        assert import_source("cyclonedx", str(path), {}, keep_good=False, dry_run=False)["ok"]
    told = {"description": "Changed here.", "facets": {"of another source": 1}}
    record = {"entity": "ModelVersion", "urn": CHURN, "attributes": told}
    changed = bom(MODEL | {"name": "churn", "description": "From the document."}, DATA | {"pedigree": {}})
    assert api.post("/api/v1/records", json={"records": [record]}).is_success
    before = {urn: _state(api, urn) for urn in (FRAUD, SHARED)}
    assert ("DERIVED_FROM", "urn:lineage:DatasetVersion:cyclonedx:raw:1") in {
        (item["relation"], item["node"]["urn"]) for item in before[SHARED]["neighbours"]
    }
    write(b, changed)
    for repair in (False, True):
        answer = reconcile_source("cyclonedx", str(b), {}, repair=repair)
        output().print(draw_reconciliation(answer))
        assert answer["differing"], "what differs is found"
        assert answer["missing_there"] == answer["edges_missing_there"] == answer["orphaned"] == answer["renamed"] == []
        assert "one source of several" in answer["gone_not_sought"]
    assert answer["ok"], answer
    assert {urn: _state(api, urn) for urn in (FRAUD, SHARED)} == before
    assert _state(api, CHURN)["description"] == "From the document.", "what differs is mended"
    assert reconcile_source("cyclonedx", str(b), {}, repair=False)["differences"] == 0, (
        "what others say is no difference"
    )
