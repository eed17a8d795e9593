"""What tests of OpenLineage share: real events, ways to send them, and what the graph says afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.graph.database import Database

URL = "/api/v1/lineage"

_NODES = """
MATCH (n:Entity) WHERE n.recorded_to = 253402300799999999
RETURN n.urn,
  n {.*, event_id: null, event_time: null, stamps: null, recorded_from: null, producer: null, tombstone: null, salt: null}
"""
_EDGES = """
MATCH (a:Entity)-[r]->(b:Entity) WHERE r.recorded_to = 253402300799999999
RETURN type(r), a.urn, b.urn, r.key,
  r {.*, event_id: null, event_time: null, stamps: null, recorded_from: null, producer: null, tombstone: null}
"""


class Graph:
    """The graph as it is now, without what says when and by which event it was recorded."""

    def __init__(self, database: Database) -> None:
        self.nodes: dict[str, dict[str, Any]] = dict(database.read_text(_NODES))
        self.edges = {(kind, a, b, key): values for kind, a, b, key, values in database.read_text(_EDGES)}

    def joined(self, relation: str) -> set[tuple[str, str]]:
        """The ends of the edges of a relation, without ``urn:lineage:``."""
        return {(short(a), short(b)) for kind, a, b, _ in self.edges if kind == relation}

    def of(self, urn: str) -> dict[str, Any]:
        """What is known of an entity."""
        return self.nodes[f"urn:lineage:{urn}"]


def short(urn: str) -> str:
    """A URN without its beginning."""
    return urn.removeprefix("urn:lineage:")


@pytest.fixture
def scenarios(shared_data: Path) -> Path:
    """The consumers' scenarios of OpenLineage's compatibility tests."""
    return shared_data / "openlineage-compatibility" / "scenarios"


@pytest.fixture(autouse=True)
def _empty(clean_database: Database) -> None:
    """Each test starts with nothing in the graph."""


def events_of(folder: Path) -> list[dict[str, Any]]:
    """The events of a scenario, in the order of their file names."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder / "events").glob("*.json"))]


def send(api: httpx.Client, event: Any) -> dict[str, Any]:
    """Send an event, which must be taken."""
    response = api.post(URL, json=event)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def event(state: str, second: int, *, run: str = "r1", **more: Any) -> dict[str, Any]:
    """A run event of the job ``etl`` at a second of a minute."""
    return {
        "eventType": state,
        "eventTime": f"2026-05-04T12:00:{second:02d}Z",
        "producer": "https://example.org/producer",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run, "facets": more.pop("run_facets", {})},
        "job": {"namespace": "jobs", "name": "etl", "facets": more.pop("job_facets", {})},
        "inputs": more.pop("inputs", []),
        "outputs": more.pop("outputs", []),
    } | more


def dataset(name: str, version: str | None = None, namespace: str = "s3://b", **facets: Any) -> dict[str, Any]:
    """A data set of an event."""
    if version is not None:
        facets["version"] = facet(datasetVersion=version)
    return {"namespace": namespace, "name": name, "facets": facets}


def facet(**values: Any) -> dict[str, Any]:
    """A facet with what every facet has."""
    return {"_producer": "https://example.org/producer", "_schemaURL": "https://example.org/facet.json"} | values
