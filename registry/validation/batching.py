"""Lines or a list of JSON records become one batch, with a digest for each event in it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import orjson

from graph_schema.json_schema import ENVELOPE
from graph_schema.times import format_time, parse_time
from registry.records import Batch, EventContent, RecordError
from registry.secrecy.fields import FACETS, VOCABULARY, SensitiveFields
from registry.validation.parsing import Envelope, parse_record
from registry.validation.structure import check_structure

MAX_ERRORS = 100
"""How many errors an answer lists; the rest is counted."""
_SOURCE = tuple(ENVELOPE)
_UNTOLD = "the value is not what the field takes; it is sensitive, so it is not shown"


class BatchReader:
    """Takes JSON records one by one, checks each at once, and gives the batch of the good ones."""

    def __init__(self, envelope: Envelope, fields: SensitiveFields = VOCABULARY) -> None:
        """``fields`` are those whose values are in no error."""
        self._envelope = envelope
        self._fields = fields
        self._batch = Batch()
        self._events: dict[str, _Event] = {}
        self.errors: list[RecordError] = []
        self.seen = 0

    def add(self, raw: Any, line: int) -> None:
        """Check and take one record; what is wrong with it goes to ``errors``."""
        self.seen += 1
        try:
            repeated = isinstance(raw, dict) and self._digest(raw, line)
        except TypeError:
            self.errors.append(RecordError(line, "", "nesting", "nested deeper than 250 levels"))
            return
        if repeated:
            return
        found = check_structure(raw, line)
        if not found:
            parsed = parse_record(raw, line, self._envelope)
            if isinstance(parsed, RecordError):
                found = [parsed]
            else:
                self._batch.records.extend(parsed)
        self.errors.extend(without_values(raw, found, self._fields))

    def reject(self, line: int, message: str) -> None:
        """Note a line that is not JSON at all."""
        self.seen += 1
        self.errors.append(RecordError(line, "", "json", message))

    def finish(self) -> Batch:
        """The batch of every sound record, and its events."""
        for event_id, event in self._events.items():
            lines, digest = tuple(event.lines), event.digest.hexdigest()
            self._batch.events[event_id] = EventContent(event_id, digest, lines, event.producer)
        return self._batch

    def _digest(self, raw: dict[str, Any], line: int) -> bool:
        """Add a record to its event's digest; whether it repeats one of the same event, and so says nothing new.

        The digest is over the record with its source filled in: it is the same event whether the envelope or the
        record names the source. Raises TypeError for what is nested too deep.
        """
        said = {name: raw.get(name, getattr(self._envelope, name)) for name in _SOURCE}
        own = isinstance(raw.get("event_id"), str)
        event_id = raw["event_id"] if own else self._envelope.event_id
        del said["event_id"]
        if isinstance(said["event_time"], int) and "event_time" not in raw:
            said["event_time"] = format_time(said["event_time"])
        content = {name: value for name, value in raw.items() if name not in _SOURCE}
        text = orjson.dumps([_same_time(said), content], option=orjson.OPT_SORT_KEYS)
        event = self._events.get(event_id)
        if event is None:
            event = self._events[event_id] = _Event(said["producer"])
        if own and not event.is_new(text):
            return True
        event.digest.update(text)
        event.lines.append(line)
        return False


def without_values(raw: Any, errors: list[RecordError], fields: SensitiveFields) -> list[RecordError]:
    """The errors of one record, without what was said where that is sensitive."""
    kind = raw.get("entity") if isinstance(raw, dict) else None
    if not errors or not isinstance(kind, str):
        return errors
    return [replace(item, message=_UNTOLD) if _is_sensitive(kind, item.field, fields) else item for item in errors]


def _is_sensitive(kind: str, field: str, fields: SensitiveFields) -> bool:
    _, _, attribute = field.partition("/attributes/")
    name, _, facet = attribute.partition("/")
    if name in fields.attributes_of(kind):
        return True
    return name == FACETS and any(facet == item or facet.startswith(f"{item}/") for item in fields.facets_of(kind))


class _Event:
    """What is gathered of one event while its records come in."""

    def __init__(self, producer: Any) -> None:
        self.digest = hashlib.sha256()
        self.lines: list[int] = []
        self.producer = producer
        self._texts: set[bytes] = set()

    def is_new(self, text: bytes) -> bool:
        """Whether this record has not come before in this event."""
        key = hashlib.sha256(text).digest()
        if key in self._texts:
            return False
        self._texts.add(key)
        return True


def _same_time(said: dict[str, Any]) -> dict[str, Any]:
    """One instant has one spelling here; what is no time stays as it came, and was refused."""
    time = said["event_time"]
    if isinstance(time, str):
        try:
            return said | {"event_time": format_time(parse_time(time))}
        except (ValueError, OverflowError):
            return said
    return said
