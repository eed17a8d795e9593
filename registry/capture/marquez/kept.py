"""Events on disk while they are read, so that those of one run can be added up however many there are."""

from __future__ import annotations

import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

import orjson

from graph_schema.urn import Urn
from registry.capture.openlineage.event import Event, read_event


class KeptEvents:
    """Events by what they are about, each once, and what they name. A context: its file goes with it."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="lineage-marquez-")
        self._rows = sqlite3.connect(Path(self._folder.name) / "events.sqlite")
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute("CREATE TABLE event (key TEXT, digest TEXT UNIQUE, content BLOB)")
        self._rows.execute("CREATE TABLE named (urn TEXT PRIMARY KEY) WITHOUT ROWID")
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()
        self._folder.cleanup()

    def add(self, event: Event, raw: dict[str, Any], named: Iterable[str]) -> None:
        """Keep an event, which was read from ``raw``, and the URNs that it names; the same again changes nothing."""
        content = zlib.compress(orjson.dumps(raw), 1)
        key = orjson.dumps(event.key).decode()
        self._rows.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?)", (key, event.digest, content))
        self._rows.executemany("INSERT OR IGNORE INTO named VALUES (?)", [(urn,) for urn in named])

    def names(self, urn: Urn) -> bool:
        """Whether something was kept that names this thing, or a version of it."""
        found = self._rows.execute("SELECT 1 FROM named WHERE urn = ?", (str(urn),))
        return found.fetchone() is not None

    def in_order(self) -> Iterator[Event]:
        """The events, those of one run, job or data set after one another; in which order they came does not count."""
        self._rows.execute("CREATE INDEX IF NOT EXISTS by_key ON event (key, digest)")
        for (content,) in self._rows.execute("SELECT content FROM event ORDER BY key, digest"):
            yield read_event(orjson.loads(zlib.decompress(content)))
