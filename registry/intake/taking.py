"""OpenLineage events are taken: read, kept, added up and written; what cannot be goes to the quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from graph_schema.times import now_micros
from registry.capture.openlineage.event import Event, read_event
from registry.capture.openlineage.fold import Fold
from registry.capture.openlineage.mapping import event_records, total_records
from registry.capture.source import RecordDocument
from registry.errors import EventConflictError, InvalidEventError, InvalidRecordError, RegistryError
from registry.graph.database import Database
from registry.intake.raw_events import RawEvents, Total
from registry.quarantine.store import Quarantine, Refused
from registry.records import Batch
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer, WriteResult

SOURCE = "openlineage"
_ENVELOPE_ID = "openlineage"
_SHOWN = 20
_SERVER_ERROR = 500
_TOO_DEEP = "nested deeper than 250 levels"
_LOOK = "It is kept in the quarantine, and the server's log says what went wrong."

_log = structlog.get_logger("lineage.intake")


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

    def add(self, result: WriteResult) -> None:
        """Count what one transaction wrote."""
        written = result.written
        self.created += written.created
        self.changed += written.changed
        self.unchanged += written.unchanged
        self.findings += [item.as_json() for item in written.findings]
        self.recorded_at, self.bookmarks = written.recorded_at, result.bookmarks


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

        What cannot be taken is in the quarantine, and its ``error`` says why; it spoils nothing for the others.
        Raises what the writer raises where the database does not answer; sending the same events again is safe then.
        """
        taken = Taken(list(events))
        for item in taken.events:
            _read(item)
        good = {item.event.digest: item for item in taken.events if item.event is not None and item.error is None}
        if good:
            self._take(good, taken)
            for item in taken.events:
                if item.event is not None and item.error is None:
                    same = good[item.event.digest]
                    item.error = None if same.error is None else own(same.error)
        self._put_away([item for item in taken.events if item.error is not None])
        return taken

    def _take(self, good: dict[str, Incoming], taken: Taken) -> None:
        """Keep and write events. Those of a run that cannot be written together are taken one by one."""
        left, apart = dict(good), list[Incoming]()
        totals = self.raw_events.keep([(item.event, item.content) for item in good.values() if item.event])
        while left:
            try:
                refused = self._write(left, totals, taken)
            except Exception as error:
                if isinstance(error, RegistryError) and error.status >= _SERVER_ERROR:
                    raise
                self.raw_events.forget(totals)
                apart += _unforeseen(list(left.values()), error)
                break
            if not refused:
                break
            self.raw_events.forget([total for total in totals if not refused.keys().isdisjoint(total.of)])
            apart += _set_apart(left, totals, refused)
            totals = [total for total in totals if refused.keys().isdisjoint(total.of)]
        for item in apart:
            if item.event is not None:
                self._take({item.event.digest: item}, taken)

    def _write(self, left: dict[str, Incoming], totals: Sequence[Total], taken: Taken) -> dict[str, RegistryError]:
        """Write events and what they add up to, all or nothing; which of them stand in the way, none if written."""
        batch, lines, refused = _batch(left, totals)
        if refused:
            return refused
        try:
            taken.add(self._writer.write(batch))
        except (InvalidRecordError, EventConflictError) as error:
            refused = _blamed(error.details.get("errors", ()), lines)
            if not refused:
                raise
        return refused

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
        _check(item)
    except InvalidEventError as error:
        item.error = error
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the event's: the others are taken
        _log.exception("an event could not be read", bytes=len(item.content))
        item.error = InvalidEventError(f"The event cannot be read: {type(error).__name__}.", hint=_LOOK, errors=[])


def _check(item: Incoming) -> None:
    event = read_event(item.raw)
    alone = Fold()
    touched = alone.add(event)
    try:
        orjson.dumps(alone.state)
    except TypeError:
        raise _too_deep() from None
    lines = _Lines(BatchReader(Envelope(_ENVELOPE_ID, now_micros())))
    item.documents = event_records(event)
    documents = [*item.documents, *total_records(alone, touched, 1, event.digest)]
    lines.add(documents, [event.digest])
    if lines.reader.errors:
        raise _refusal([error.as_json() for error in lines.reader.errors])
    item.event = event
    item.urns = frozenset(document[end] for document in documents for end in ("urn", "from", "to") if end in document)


def _batch(
    left: dict[str, Incoming], totals: Sequence[Total]
) -> tuple[Batch, dict[int, frozenset[str]], dict[str, RegistryError]]:
    """The records of events and totals, the events that each line came from, and the events that spoil it."""
    lines = _Lines(BatchReader(Envelope(_ENVELOPE_ID, now_micros())))
    refused: dict[str, RegistryError] = {}
    for digest, item in left.items():
        lines.add(item.documents, [digest])
    for total in totals:
        try:
            documents = total_records(total.fold, total.touched, total.count, total.digest)
        except InvalidEventError as error:  # names may be too long only for what events come to together
            refused |= dict.fromkeys(total.of, error)
        else:
            lines.add(documents, total.of)
    refused |= _blamed([error.as_json() for error in lines.reader.errors], lines.sources)
    return lines.reader.finish(), lines.sources, refused


def _blamed(errors: Iterable[dict[str, Any]], lines: dict[int, frozenset[str]]) -> dict[str, RegistryError]:
    """The events whose records are refused, with what is wrong."""
    found: dict[str, list[dict[str, Any]]] = {}
    for item in errors:
        for digest in lines.get(item.get("line", 0), ()):
            found.setdefault(digest, []).append(item)
    return {digest: _refusal(listed) for digest, listed in found.items()}


def _set_apart(left: dict[str, Incoming], totals: Sequence[Total], refused: dict[str, RegistryError]) -> list[Incoming]:
    """Take out the events of every total that is spoiled: who is alone in one is refused, the others are returned."""
    apart = []
    for total in totals:
        if refused.keys().isdisjoint(total.of):
            continue
        items = [left.pop(digest) for digest in total.of]
        if len(items) == 1:
            items[0].error = refused[total.of[0]]
        else:
            apart += items
    return apart


def _unforeseen(items: list[Incoming], error: Exception) -> list[Incoming]:
    """Events that cannot be written for a reason that nobody foresaw: one alone fails, several are returned."""
    if len(items) > 1:
        return items
    (item,) = items
    if isinstance(error, RegistryError):
        item.error = error
    else:
        _log.error("an event could not be written", bytes=len(item.content), exc_info=error)
        item.error = RegistryError("The event cannot be written.", hint=_LOOK, errors=[])
    return []


def own(error: RegistryError) -> RegistryError:
    """The same error as another object: each thread raises, and completes, one of its own."""
    found = copy(error)
    found.details = dict(error.details)
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
        return Incoming(raw, repr(raw)[:65_536].encode(), error=_too_deep())


def _too_deep() -> InvalidEventError:
    errors = [{"field": "", "rule": "nesting", "message": _TOO_DEEP}]
    return InvalidEventError(f"The event cannot be taken: {_TOO_DEEP}.", errors=errors)
