"""Records that could not be written, as entries that can be sent again: bodies as ``POST /api/v1/records`` takes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from graph_schema.times import format_time, now_micros, parse_time
from registry.capture.about import named
from registry.errors import InvalidRecordError
from registry.quarantine.entry import FROM_RECORDS, Form, Quarantined, Refused, shortened
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer, WriteResult

_SAID = ("event_time", "producer", "channel")
ID_MAX = 256
_LONGEST_EVENT_ID = 230
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """Which way records came, what was read for them, and in which round: :class:`Refused` has the same words."""

    source: str = FROM_RECORDS
    origin: str = ""
    round: str = ""


def refused_record(
    raw: Mapping[str, Any], errors: Sequence[dict[str, Any]], envelope: Envelope, reading: Reading, place: str = ""
) -> Refused:
    """A record that was refused, with what its request said of it; the same record of the same origin is the same."""
    # What is written later comes by the channel that it came by now, whatever it says of itself.
    record = {name: value for name, value in raw.items() if name not in ("event_id", "channel")}
    own = raw.get("event_id")
    body = {
        "event_id": own if _names_an_event(own) else envelope.event_id,
        "event_time": format_time(envelope.now if envelope.event_time is None else envelope.event_time),
        "producer": envelope.producer,
        "channel": envelope.channel_of(raw),
        "records": [record],
    }
    reason, message = _why(errors)
    return Refused(
        reading.source, reason, message, list(errors),
        json_bytes({name: value for name, value in body.items() if value is not None}),
        Form.RECORDS, reading.origin, place or named(raw), reading.round, same=json_bytes(record),
    )  # fmt: skip


def refused_line(text: bytes, number: int, errors: Sequence[dict[str, Any]], reading: Reading) -> Refused:
    """A line that is no record at all."""
    reason, message = _why(errors)
    return Refused(
        reading.source, reason, message, list(errors), text, Form.PART, reading.origin, f"line {number}", reading.round
    )


def write_again(entry: Quarantined, writer: Writer) -> WriteResult:
    """Write the records of an entry, all or none, as an event of their own right behind the one that they came with.

    The others of that event may be written under its name. Raises InvalidRecordError where they still cannot be.
    """
    content = entry.content or b""
    body = orjson.loads(content)
    digest = hashlib.sha256(content).hexdigest()[:_DIGITS]
    event_id = f"{str(body['event_id'])[:_LONGEST_EVENT_ID]}/again-{digest}"
    said = {name: body.get(name) for name in _SAID}
    time = None if said["event_time"] is None else parse_time(said["event_time"])
    reader = BatchReader(Envelope(event_id, now_micros(), time, said["producer"], said["channel"]), writer.vault.fields)
    for line, raw in enumerate(body["records"], start=1):
        reader.add(raw, line)
    batch = reader.finish()
    if reader.errors:
        errors = shortened([error.as_json() for error in reader.errors])
        raise InvalidRecordError(f"It still cannot be written: {_why(errors)[1]}.", hint="It stays.", errors=errors)
    return writer.write(batch)


def _names_an_event(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= ID_MAX and name.isprintable()


def _why(errors: Sequence[dict[str, Any]]) -> tuple[str, str]:
    first: Mapping[str, Any] = errors[0] if errors else {}
    place = f"{first['field']}: " if first.get("field") else ""
    return str(first.get("rule") or "refused"), f"{place}{first.get('message') or 'it was refused'}"


def json_bytes(document: Any) -> bytes:
    """A document in JSON, however deep it is nested."""
    try:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # nested deeper than orjson writes; it must be kept all the same
        return json.dumps(document, sort_keys=True).encode("utf-8", "backslashreplace")
