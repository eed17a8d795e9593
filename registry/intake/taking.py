"""OpenLineage events are taken: read, kept, added up and written; what cannot be goes to the quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from graph_schema.times import now_micros
from registry.capture.openlineage.event import Event, read_event
from registry.capture.openlineage.fold import Fold
from registry.capture.openlineage.mapping import event_records, total_records
from registry.capture.source import RecordDocument
from registry.errors import EventConflictError, InvalidEventError, InvalidRecordError, RegistryError
from registry.graph.database import Database
from registry.intake.raw_events import RawEvents, Total
from registry.quarantine.store import Quarantine, Refused
from registry.records import Batch, RecordError
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer

SOURCE = "openlineage"
_ENVELOPE_ID = "openlineage"
_SHOWN = 20


@dataclass(slots=True)
class Incoming:
    """One event on its way in: as it was parsed and as it came. ``error`` is why it could not be taken."""

    raw: Any
    content: bytes
    event: Event | None = None
    error: RegistryError | None = None
    quarantine_id: str | None = None
    documents: list[RecordDocument] = field(default_factory=list)
    urns: frozenset[str] = frozenset()


@dataclass(slots=True)
class Taken:
    """What became of some events: each with its error or none, and what was written."""

    events: list[Incoming]
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)
    recorded_at: int | None = None
    bookmarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Lines:
    """Record documents on numbered lines, and the event that each came from."""

    reader: BatchReader
    sources: dict[int, frozenset[str]] = field(default_factory=dict)

    def add(self, documents: Sequence[RecordDocument], digests: Sequence[str]) -> None:
        said_by = frozenset(digests)
        for document in documents:
            line = len(self.sources) + 1
            self.sources[line] = said_by
            self.reader.add(document, line)


class Intake:
    """The way in for OpenLineage events. Safe to use from several threads and several processes."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self.raw_events = RawEvents(database)
        self.quarantine = Quarantine(database)
        self._writer = writer

    def take(self, events: Sequence[Incoming]) -> Taken:
        """Take events; when this returns, what was taken is durable and the next read sees it.

        What cannot be taken is in the quarantine, and its ``error`` says why. Raises what the writer raises where
        the database does not answer; sending the same events again is safe then.
        """
        taken = Taken(list(events))
        for item in taken.events:
            _read(item)
        good = {item.event.digest: item for item in taken.events if item.event is not None and item.error is None}
        if good:
            totals = self.raw_events.keep([(item.event, item.content) for item in good.values() if item.event])
            self._write(good, totals, taken)
            for item in taken.events:
                if item.event is not None and item.error is None:
                    item.error = good[item.event.digest].error
        self._put_away([item for item in taken.events if item.error is not None])
        return taken

    def _write(self, good: dict[str, Incoming], totals: Sequence[Total], taken: Taken) -> None:
        refused: set[str] = set()
        while len(refused) < len(good):
            batch, lines = _batch(good, totals, refused)
            try:
                result = self._writer.write(batch)
            except (InvalidRecordError, EventConflictError) as error:
                found = _blamed(error, lines)
                if not found:
                    raise
                for digest, errors in found.items():
                    good[digest].error = _refusal(errors)
                refused |= set(found)
                continue
            written = result.written
            taken.created, taken.changed, taken.unchanged = written.created, written.changed, written.unchanged
            taken.findings = [item.as_json() for item in written.findings[:_SHOWN]]
            taken.recorded_at, taken.bookmarks = written.recorded_at, result.bookmarks
            return

    def _put_away(self, failed: list[Incoming]) -> None:
        kept = self.quarantine.keep([_refused(item) for item in failed])
        for item, entry_id in zip(failed, kept, strict=True):
            item.quarantine_id = entry_id
            if item.error is not None:
                item.error.details["quarantine_id"] = entry_id


def _read(item: Incoming) -> None:
    """Read an event, and see that everything it says by itself can be written."""
    if item.error is not None:
        return
    try:
        event = read_event(item.raw)
        alone = Fold()
        touched = alone.add(event)
        lines = _Lines(BatchReader(Envelope(_ENVELOPE_ID, now_micros())))
        item.documents = event_records(event)
        documents = [*item.documents, *total_records(alone, touched, 1, event.digest)]
        lines.add(documents, [event.digest])
        if lines.reader.errors:
            raise _refusal([error.as_json() for error in lines.reader.errors])
        item.event = event
        item.urns = frozenset(
            document[end] for document in documents for end in ("urn", "from", "to") if end in document
        )
    except InvalidEventError as error:
        item.error = error


def _batch(
    good: dict[str, Incoming], totals: Sequence[Total], refused: set[str]
) -> tuple[Batch, dict[int, frozenset[str]]]:
    lines = _Lines(BatchReader(Envelope(_ENVELOPE_ID, now_micros())))
    for digest, item in good.items():
        if item.event is not None and digest not in refused:
            lines.add(item.documents, [digest])
    for total in totals:
        if not refused.intersection(total.of):
            documents = total_records(total.fold, total.touched, total.count, total.digest)
            lines.add(documents, total.of)
    errors: list[RecordError] = lines.reader.errors
    batch = lines.reader.finish()
    return batch.without_lines({error.line for error in errors}) if errors else batch, lines.sources


def _blamed(error: RegistryError, lines: dict[int, frozenset[str]]) -> dict[str, list[dict[str, Any]]]:
    """The events whose records the writer refused, with what is wrong."""
    found: dict[str, list[dict[str, Any]]] = {}
    for item in error.details.get("errors", ()):
        for digest in lines.get(item.get("line", 0), ()):
            found.setdefault(digest, []).append(item)
    return found


def _refusal(errors: list[dict[str, Any]]) -> InvalidEventError:
    shown = [{key: item[key] for key in ("field", "rule", "message") if key in item} for item in errors[:_SHOWN]]
    first = shown[0]
    place = f"{first['field']}: " if first.get("field") else ""
    return InvalidEventError(f"The event cannot be taken: {place}{first['message']}.", errors=shown)


def _refused(item: Incoming) -> Refused:
    error = item.error
    if error is None:
        raise AssertionError("only what failed is put away")
    return Refused(SOURCE, error.code, error.message, list(error.details.get("errors", ())), item.content)


def incoming(raw: Any) -> Incoming:
    """An event of a batch, with its own bytes."""
    try:
        return Incoming(raw, orjson.dumps(raw))
    except TypeError:
        message = "nested deeper than 250 levels"
        errors = [{"field": "", "rule": "nesting", "message": message}]
        return Incoming(raw, repr(raw)[:65_536].encode(), error=InvalidEventError(f"{message}.", errors=errors))
