"""What tests of secrecy share: a way to say something, and all that the database holds, as bytes to look through."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest

from registry.graph.database import Database
from registry.settings import Settings
from registry.writer import Writer
from tests.integration.writer.conftest import NOW, Say, say_with

__all__ = ["NOW", "Say", "say_with"]


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
