"""A small lineage, written through the API, and the notebook client connected to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from lineage_client import Client
from registry.graph.database import Database

URN = "urn:lineage:{}:demo:{}".format
V1, V3 = URN("DatasetVersion", "wine:v1"), URN("DatasetVersion", "wine:v3")
UNKNOWN = URN("DatasetVersion", "wine:*")
TRAINING, OTHER_TRAINING = URN("Run", "train-1"), URN("Run", "train-2")
MODEL, TUNED, OTHER = (URN("ModelVersion", f"{name}:1") for name in ("taster", "taster-fine", "guesser"))
DEPLOYMENT = URN("Deployment", "tasting")
EVALUATION = URN("Evaluation", "accuracy")
TEAM = URN("Team", "cellar")

RECORDS: list[dict[str, Any]] = [
    {"entity": "Team", "urn": TEAM},
    {"entity": "Dataset", "urn": URN("Dataset", "wine"), "attributes": {"title": "Wine", "tags": ["tabular"]}, "owners": [TEAM]},
    {"entity": "DatasetVersion", "urn": V1, "attributes": {"rows": 170}},
    {"entity": "DatasetVersion", "urn": V3, "attributes": {"rows": 178, "facets": {"nested": [1, None]}}},
    {"entity": "ModelVersion", "urn": MODEL, "owners": [TEAM]},
    {"entity": "Deployment", "urn": DEPLOYMENT},
    {"edge": "USED", "from": TRAINING, "to": V3, "attributes": {"role": "train"}, "evidence": "observed", "confidence": 1},
    {"edge": "GENERATED_BY", "from": MODEL, "to": TRAINING, "evidence": "observed"},
    {"edge": "DERIVED_FROM", "from": TUNED, "to": MODEL, "attributes": {"relation": "finetune"}},
    {"edge": "DEPLOYS", "from": DEPLOYMENT, "to": TUNED},
    {"edge": "USED", "from": OTHER_TRAINING, "to": UNKNOWN, "attributes": {"role": "train"}, "evidence": "declared"},
    {"edge": "GENERATED_BY", "from": OTHER, "to": OTHER_TRAINING},
    {"edge": "EVALUATED_ON", "from": EVALUATION, "to": V3},
    {"edge": "EVALUATES", "from": EVALUATION, "to": MODEL},
]  # fmt: skip
AFFECTED = {TRAINING, MODEL, TUNED, DEPLOYMENT, OTHER_TRAINING, OTHER}
"""What is downstream of v3 without the version that nobody recorded."""


def write(api: httpx.Client, event_id: str, records: list[dict[str, Any]], **more: str) -> None:
    body = {"event_id": event_id, "producer": "test", "records": records, **more}
    response = api.post("/api/v1/records", json=body)
    assert response.status_code == 200, response.text


@pytest.fixture
def wine(api: httpx.Client, clean_database: Database) -> None:
    """The small lineage, in an otherwise empty database."""
    write(api, "client-wine", RECORDS, event_time="2026-05-04T12:00:00Z")


@pytest.fixture
def client(api_url: str, wine: None) -> Iterator[Client]:
    """The client, connected to a registry that knows the small lineage."""
    with Client(api_url) as client:
        yield client
