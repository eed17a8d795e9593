"""What is exported as CycloneDX comes back under its own names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from registry.capture.cyclonedx.capture import CycloneDxCapture
from registry.graph.database import Database
from tests.integration.capture.importing import send
from tests.unit.capture.documents import Reading, write

URN = "urn:lineage:{}:shop:{}".format
ORDERS, TRAIN, FRAUD = URN("DatasetVersion", "orders:v3"), URN("Run", "train"), URN("ModelVersion", "fraud:7")
SKLEARN = "urn:lineage:LibraryVersion:pypi:scikit-learn:1.5.0"
RECORDS: list[dict[str, Any]] = [
    {"entity": "DatasetVersion", "urn": ORDERS, "attributes": {"digest": "sha256:" + "ab" * 32}},
    {"entity": "ModelVersion", "urn": FRAUD, "attributes": {"description": "Finds fraud.", "algorithm": "boosting"}},
    {"entity": "LibraryVersion", "urn": SKLEARN, "attributes": {"purl": "pkg:pypi/scikit-learn@1.5.0"}},
    {"edge": "USED", "from": TRAIN, "to": ORDERS, "attributes": {"role": "train"}},
    {"edge": "GENERATED_BY", "from": FRAUD, "to": TRAIN},
    {"edge": "DEPENDS_ON", "from": FRAUD, "to": SKLEARN},
    {"edge": "DEPLOYS", "from": URN("Deployment", "live"), "to": FRAUD},
]


def _exported(api: httpx.Client, path: Path) -> Path:
    answer = api.get(
        "/api/v1/export", params={"format": "cyclonedx", "urn": URN("Deployment", "live"), "software": "true"}
    )
    assert answer.status_code == 200, answer.text
    return write(path, answer.content)


def _attributes(api: httpx.Client) -> list[Any]:
    """What the registry shows of each entity that was exported."""
    query = "query($urn: URN!) { entity(urn: $urn) { title description attributes } }"
    names = [record["urn"] for record in RECORDS if "urn" in record]
    return [api.post("/graphql", json={"query": query, "variables": {"urn": urn}}).json() for urn in names]


def test_there_and_back(api: httpx.Client, clean_database: Database, tmp_path: Path) -> None:
    send(api, [record | {"event_id": "there", "event_time": "2026-05-04T12:00:00Z"} for record in RECORDS])
    path = _exported(api, tmp_path / "bom.json")
    unasked = {record["urn"] for record in Reading(CycloneDxCapture(), path).records if "urn" in record}
    assert not {ORDERS, FRAUD} & unasked, "a document alone does not speak for the registry's own"
    found = Reading(CycloneDxCapture(), path, own="yes")
    assert not found.rejected
    named = {record["urn"] for record in found.records if "urn" in record}
    # Of the run and the deployment nothing was known but their names.
    assert {ORDERS, FRAUD, SKLEARN} <= named
    assert not {TRAIN, URN("Deployment", "live")} & named
    edges = {(record["edge"], record["from"], record["to"]) for record in found.records if "edge" in record}
    said = {(record["edge"], record["from"], record["to"]) for record in RECORDS if "edge" in record}
    assert said <= edges
    before = _attributes(api)
    send(api, found.records)
    assert _attributes(api) == before
