"""A small lineage, written through the public interface, and ways to ask about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from registry.graph.database import Database

URN = "urn:lineage:{}:demo:{}".format
V1, V2, V3 = (URN("DatasetVersion", f"wine:v{number}") for number in (1, 2, 3))
RUN = URN("Run", "train-1")
MODEL = URN("ModelVersion", "taster:1")
OTHER_MODEL = URN("ModelVersion", "other:1")
DEPLOYMENT = URN("Deployment", "tasting")
TEAM = URN("Team", "cellar")
DATASET = URN("Dataset", "wine")

RECORDS: list[dict[str, Any]] = [
    {"entity": "Team", "urn": TEAM},
    {
        "entity": "Dataset",
        "urn": DATASET,
        "attributes": {"title": "Wine", "tags": ["tabular", "demo"]},
        "owners": [TEAM],
    },
    *(
        {"entity": "DatasetVersion", "urn": urn, "attributes": {"rows": 170 + number, "size_bytes": 2**40 + number}}
        for number, urn in enumerate((V1, V2, V3))
    ),
    {
        "entity": "Run",
        "urn": RUN,
        "attributes": {"facets": {"nested": {"deep": [1, 2.5, None]}}, "started_at": "2026-05-04T12:00:00+02:00"},
    },
    {"entity": "ModelVersion", "urn": MODEL, "attributes": {"algorithm": "forest"}, "owners": [TEAM]},
    {"entity": "ModelVersion", "urn": OTHER_MODEL},
    {"entity": "Deployment", "urn": DEPLOYMENT},
    {"edge": "USED", "from": RUN, "to": V3, "attributes": {"role": "train"}, "evidence": "observed", "confidence": 1},
    {"edge": "GENERATED_BY", "from": MODEL, "to": RUN, "evidence": "observed"},
    {"edge": "DEPLOYS", "from": DEPLOYMENT, "to": MODEL},
    {"edge": "DERIVED_FROM", "from": OTHER_MODEL, "to": V1},
]

Ask = Callable[..., dict[str, Any]]


def write(api: httpx.Client, records: list[dict[str, Any]], event_id: str) -> httpx.Response:
    body = {"event_id": event_id, "event_time": "2026-05-04T12:00:00Z", "producer": "test", "records": records}
    response = api.post("/api/v1/records", json=body)
    assert response.status_code == 200, response.text
    return response


@pytest.fixture
def wine(api: httpx.Client, clean_database: Database) -> httpx.Response:
    """The small lineage, in an otherwise empty database; the answer of the write."""
    return write(api, RECORDS, "wine")


@pytest.fixture
def ask(api: httpx.Client) -> Ask:
    """Ask in GraphQL; the data, which must have come without errors."""

    def ask(document: str, **variables: Any) -> dict[str, Any]:
        response = api.post("/graphql", json={"query": document, "variables": variables})
        answer: dict[str, Any] = response.json()
        assert response.status_code == 200, answer
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    return ask
