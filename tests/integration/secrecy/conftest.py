"""What tests of secrecy share: a way to say something, and all that the database holds, as bytes to look through."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from graph_schema.times import parse_time
from registry.errors import InvalidRecordError
from registry.graph.database import Database
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer, WriteResult

NOW = parse_time("2026-06-01T00:00:00Z")
_COUNTER = itertools.count()

Say = Callable[..., WriteResult]


def say_with(writer: Writer) -> Say:
    """Write records as one event."""

    def say(*records: dict[str, Any], event_id: str | None = None, at: str | None = None) -> WriteResult:
        name = event_id or f"secret-{next(_COUNTER):06}"
        reader = BatchReader(Envelope(name, NOW, None if at is None else parse_time(at)))
        for line, record in enumerate(records, start=1):
            reader.add(record, line)
        if reader.errors:
            raise InvalidRecordError("bad", errors=[item.as_json() for item in reader.errors])
        return writer.write(reader.finish())

    return say


@pytest.fixture
def writer(clean_database: Database, settings: Settings) -> Writer:
    return Writer(clean_database, settings)


@pytest.fixture
def say(writer: Writer) -> Say:
    return say_with(writer)


def everything(database: Database) -> Iterator[bytes]:
    """All properties of all nodes and edges, as they are and unpacked where they are packed."""
    rows = database.read_text(
        "MATCH (n) RETURN properties(n) UNION ALL MATCH ()-[r]->() RETURN properties(r) AS `properties(n)`"
    )
    for (properties,) in rows:
        for value in properties.values():
            if not isinstance(value, (bytes, bytearray)):
                yield str(value).encode()
                continue
            yield bytes(value)
            for unpack in (gzip.decompress, zlib.decompress):
                try:
                    yield unpack(bytes(value))
                except (OSError, zlib.error, EOFError):
                    continue


def stored_anywhere(database: Database, text: str) -> bool:
    """Whether a text is anywhere in the database."""
    return any(text.encode() in content for content in everything(database))
