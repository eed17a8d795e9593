"""A graph that was loaded at once is stored like one that came through the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.bulk_load import bulk_load
from benchmarks.lineage_graph import LineageGraph, Shape, generate
from benchmarks.lineage_names import PRODUCER, records
from graph_schema.times import OPEN
from registry.graph import local
from registry.graph.database import Database
from registry.graph.migrate import check_ready, migrate
from registry.settings import Settings

_NODES = "MATCH (n:Entity) RETURN n.urn, labels(n), properties(n)"
_EDGES = "MATCH (a:Entity)-[r]->(b:Entity) RETURN a.urn, type(r), b.urn, r.key, properties(r)"
_EVENTS = "MATCH (e:Event) RETURN e.id, e.producer, e.records"
_RECORDED = {"recorded_from", "recorded_to", "salt", "scope", "channel", "channels"}


@pytest.fixture(scope="module")
def graph() -> LineageGraph:
    return generate(Shape(800, widest=300))


@pytest.fixture
def loaded(graph: LineageGraph, tmp_path: Path) -> Iterator[Database]:
    """A managed Neo4j that started on the imported graph."""
    facts = {"data_dir": tmp_path / "data", "log_dir": tmp_path / "logs", "heap": "512m", "page_cache": "64m"}
    settings, told = Settings.model_validate(facts), list[str]()
    files = tmp_path / "files"
    files.mkdir()
    bulk_load(graph, settings, files, told.append)
    assert told
    assert not files.exists()
    server = local.start(settings, owner="tests")
    try:
        with Database(server.uri, server.username, server.password) as database:
            yield database
    finally:
        local.stop(settings)


def stored(database: Database) -> tuple[dict[Any, Any], dict[Any, Any], set[Any]]:
    """Entities by URN and edges by their ends, but for when they were recorded; events."""

    def said(properties: dict[str, Any]) -> dict[str, Any]:
        assert properties["recorded_from"] < properties["recorded_to"] == OPEN
        return {name: value for name, value in properties.items() if name not in _RECORDED}

    nodes = {urn: (set(labels), said(properties)) for urn, labels, properties in database.read_text(_NODES)}
    edges = {tuple(ends): said(properties) for *ends, properties in database.read_text(_EDGES)}
    return nodes, edges, set(database.read_text(_EVENTS))


@pytest.mark.nightly
def test_what_was_imported_is_what_the_api_writes(
    graph: LineageGraph, loaded: Database, api: httpx.Client, clean_database: Database
) -> None:
    body = {"producer": PRODUCER, "records": list(records(graph))}
    response = api.post("/api/v1/records", json=body)
    assert response.status_code == httpx.codes.OK, response.text
    assert migrate(loaded)
    check_ready(loaded)
    for imported, written in zip(stored(loaded), stored(clean_database), strict=True):
        assert len(imported) > 200
        assert imported == written
