"""Lines or a list of JSON records become one batch, with a digest for each event in it."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from graph_schema.json_schema import ENVELOPE
from graph_schema.times import format_time, parse_time
from registry.records import Batch, EventContent, RecordError
from registry.validation.parsing import Envelope, parse_record
from registry.validation.structure import check_structure

MAX_ERRORS = 100
"""How many errors an answer lists; the rest is counted."""
_SOURCE = tuple(ENVELOPE)


class BatchReader:
    """Takes JSON records one by one, checks each at once, and gives the batch of the good ones."""

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._batch = Batch()
        self._digests: dict[str, hashlib._Hash] = {}
        self._lines: dict[str, list[int]] = {}
        self._producers: dict[str, Any] = {}
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
        for event_id, digest in self._digests.items():
            lines = tuple(self._lines[event_id])
            self._batch.events[event_id] = EventContent(event_id, digest.hexdigest(), lines, self._producers[event_id])
        return self._batch

    def _digest(self, raw: dict[str, Any], line: int) -> None:
        # Over the record with its source filled in: it is the same event whether the envelope or the record says it.
        said = {name: raw.get(name, getattr(self._envelope, name)) for name in _SOURCE}
        event_id = said["event_id"] if isinstance(said["event_id"], str) else self._envelope.event_id
        if isinstance(said["event_time"], int) and "event_time" not in raw:
            said["event_time"] = format_time(said["event_time"])
        content = {name: value for name, value in raw.items() if name not in _SOURCE}
        digest = self._digests.get(event_id)
        if digest is None:
            digest = self._digests[event_id] = hashlib.sha256()
            self._lines[event_id] = []
            self._producers[event_id] = said["producer"]
        said.pop("event_id")
        digest.update(orjson.dumps([_same_time(said), content], option=orjson.OPT_SORT_KEYS))
        self._lines[event_id].append(line)


def _same_time(said: dict[str, Any]) -> dict[str, Any]:
    """One instant has one spelling here; what is no time stays as it came, and was refused."""
    time = said["event_time"]
    if isinstance(time, str):
        try:
            return said | {"event_time": format_time(parse_time(time))}
        except (ValueError, OverflowError):
            return said
    return said
