"""Lines or a list of JSON records become one batch, with a digest for each event in it."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from registry.records import Batch, EventContent, RecordError
from registry.validation.parsing import Envelope, parse_record
from registry.validation.structure import check_structure

MAX_ERRORS = 100
"""How many errors an answer lists; the rest is counted."""


class BatchReader:
    """Takes JSON records one by one, checks each at once, and gives the batch of the good ones."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._batch = Batch()
        self._digests: dict[str, hashlib._Hash] = {}
        self._lines: dict[str, list[int]] = {}
        self.errors: list[RecordError] = []
        self.seen = 0

    def add(self, raw: Any, line: int) -> None:
        """Check and take one record; what is wrong with it goes to ``errors``."""
        self.seen += 1
        found = check_structure(raw, line)
        if not found:
            parsed = parse_record(raw, line, self._envelope)
            if isinstance(parsed, RecordError):
                found = [parsed]
            else:
                self._batch.records.extend(parsed)
        self.errors.extend(found)
        if isinstance(raw, dict):
            self._digest(raw, line)

    def reject(self, line: int, message: str) -> None:
        """Note a line that is not JSON at all."""
        self.seen += 1
        self.errors.append(RecordError(line, "", "json", message))

    def finish(self) -> Batch:
        """The batch of every sound record, and its events."""
        producer = self._envelope.producer
        for event_id, digest in self._digests.items():
            lines = tuple(self._lines[event_id])
            self._batch.events[event_id] = EventContent(event_id, digest.hexdigest(), lines, producer)
        return self._batch

    def _digest(self, raw: dict[str, Any], line: int) -> None:
        event_id = raw.get("event_id")
        if not isinstance(event_id, str):
            event_id = self._envelope.event_id
        digest = self._digests.get(event_id)
        if digest is None:
            said = {"event_time": self._envelope.event_time, "producer": self._envelope.producer}
            digest = self._digests[event_id] = hashlib.sha256(orjson.dumps(said))
            self._lines[event_id] = []
        digest.update(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS))
        self._lines[event_id].append(line)
