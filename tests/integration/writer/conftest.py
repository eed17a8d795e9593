"""What tests of writing share: a way to say something, and a way to look at what the graph came to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from graph_schema.times import OPEN, parse_time
from registry.errors import InvalidRecordError
from registry.graph.database import Database
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer, WriteResult

NOW = parse_time("2026-06-01T00:00:00Z")
_COUNTER = itertools.count()

Say = Callable[..., WriteResult]


@pytest.fixture
def writer(clean_database: Database, settings: Settings) -> Writer:
    return Writer(clean_database, settings)


@pytest.fixture
def say(writer: Writer) -> Say:
    return say_with(writer)


def say_with(writer: Writer) -> Say:
    """Write records as one event."""

    def _say(*records: dict[str, Any], event_id: str | None = None, at: str | None = None) -> WriteResult:
        name = event_id or f"event-{next(_COUNTER):06}"
        reader = BatchReader(Envelope(name, NOW, None if at is None else parse_time(at)))
        for line, record in enumerate(records, start=1):
            reader.add(record, line)
        if reader.errors:
            raise InvalidRecordError("bad", errors=[item.as_json() for item in reader.errors])
        return writer.write(reader.finish())

    return _say


NODES = """
MATCH (n:Entity)
RETURN n.urn, n.recorded_to = $open, properties(n)
ORDER BY n.urn
"""
EDGES = """
MATCH (a:Entity)-[r]->(b:Entity) WHERE r.recorded_to = $open
RETURN a.urn, type(r), b.urn, properties(r)
ORDER BY a.urn, type(r), b.urn, r.key
"""
_RECORDING = {"recorded_from", "recorded_to", "salt"}


def snapshot(database: Database) -> dict[str, Any]:
    """Everything that holds now, but for when it was recorded."""
    nodes = {
        urn: {name: value for name, value in properties.items() if name not in _RECORDING}
        for urn, shown, properties in database.read_text(NODES, {"open": OPEN})
        if shown
    }
    edges = [
        (down, relation, up, sorted((name, value) for name, value in properties.items() if name not in _RECORDING))
        for down, relation, up, properties in database.read_text(EDGES, {"open": OPEN})
    ]
    return {"nodes": nodes, "edges": edges}


def arrows(database: Database, relation: str) -> list[tuple[str, str]]:
    """The present edges of one relation, by the last parts of their names."""
    return [
        (down.removeprefix("urn:lineage:"), up.removeprefix("urn:lineage:"))
        for down, name, up, _ in database.read_text(EDGES, {"open": OPEN})
        if name == relation
    ]
