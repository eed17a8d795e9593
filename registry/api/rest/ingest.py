"""From JSON records to the writer: one whole batch, or a stream that commits step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from graph_schema.times import format_time
from registry.api.threads import Threads
from registry.errors import EventConflictError, InvalidRecordError, RegistryError, TooLargeError
from registry.quarantine import Quarantine, Refused
from registry.quarantine.records import Reading, json_bytes, refused_line, refused_record
from registry.records import Batch
from registry.settings import Settings
from registry.strict_json import NotJsonError, read_json
from registry.validation.batching import MAX_ERRORS, BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer, WriteResult

Line = tuple[int, Any]
"""A line's number, from 1, and what it holds."""
MOST_PUT_AWAY = 1_000
"""Refused records of one request that go to the quarantine: a stream of nothing else must not wash out the others."""
STEP_BYTES = 8 << 20
"""A step is cut once it has so many bytes, so that long lines cannot fill the memory."""


class Mode(StrEnum):
    """What a bad record does to the good ones beside it."""

    ATOMIC = "atomic"  # a batch, or a step of a stream, is written whole or not at all
    PER_ITEM = "per-item"  # bad records are listed, the others written


@dataclass(slots=True)
class Account:
    """What a request has done so far, and its answer."""

    event_id: str
    records: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    placeholders: int = 0
    steps: int = 0
    replayed_steps: int = 0
    failed: int = 0
    quarantined: int = 0
    committed_through_line: int = 0
    recorded_at: int | None = None
    bookmarks: tuple[str, ...] = ()
    findings: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def add(self, result: WriteResult, seen: int, through: int) -> None:
        """Count a committed step of so many records, up to a line."""
        written = result.written
        self.steps += 1
        self.replayed_steps += bool(written.replayed) and not written.records
        self.records += seen
        self.created += written.created
        self.changed += written.changed
        self.unchanged += written.unchanged
        self.placeholders += written.placeholders
        self.findings.extend(item.as_json() for item in written.findings[: MAX_ERRORS - len(self.findings)])
        self.recorded_at = written.recorded_at
        self.committed_through_line = through
        self.bookmarks = result.bookmarks

    def note(self, errors: list[dict[str, Any]], lines: int) -> None:
        """Count records that were left out, and list what was wrong with the first of them."""
        self.failed += lines
        self.errors.extend(errors[: MAX_ERRORS - len(self.errors)])

    def answer(self) -> dict[str, Any]:
        """The account as JSON."""
        answer = {
            "event_id": self.event_id,
            "replayed": self.steps > 0 and self.steps == self.replayed_steps,
            "records": self.records,
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "placeholders": self.placeholders,
            "steps": self.steps,
            "committed_through_line": self.committed_through_line,
            "recorded_at": None if self.recorded_at is None else format_time(self.recorded_at),
            "findings": self.findings,
        }
        left_out = {"failed": self.failed, "quarantined": self.quarantined, "errors": self.errors}
        return answer | (left_out if self.failed else {})


class Ingest:
    """One request's way into the registry. Records that it leaves out go to the quarantine, as of a reading."""

    def __init__(
        self, writer: Writer, threads: Threads, settings: Settings, mode: Mode, quarantine: Quarantine, reading: Reading
    ) -> None:
        self._writer, self._threads, self._settings = writer, threads, settings
        self._mode, self._quarantine, self._reading = mode, quarantine, reading

    async def whole(self, envelope: Envelope, raw_records: list[Any]) -> Account:
        """Write a batch. Raises InvalidRecordError with every error, up to a hundred, and writes nothing then."""
        account = Account(envelope.event_id)
        await self._threads.run(self._read_and_write, envelope, raw_records, account)
        return account

    def _read_and_write(self, envelope: Envelope, raw_records: list[Any], account: Account) -> None:
        reader = BatchReader(envelope, self._writer.vault.fields)
        for line, raw in enumerate(raw_records, start=1):
            reader.add(raw, line)
        left_out = self._commit(reader, account, len(raw_records))
        self._put_away(envelope, dict(enumerate(raw_records, start=1)), left_out, account)

    async def stream(self, envelope: Envelope, lines: AsyncIterator[tuple[int, bytes]]) -> Account:
        """Write a stream in steps, each an event of its own named ``<event id>/<step>``.

        Lines that carry an event id of their own stand together and are written together. Errors say through
        which line everything is committed; the same stream sent again goes on from there.
        """
        account = Account(envelope.event_id)
        try:
            async for step in self._steps(lines):
                await self._threads.run(self._write_step, envelope, step, account)
        except RegistryError as error:
            raise _with_progress(error, account) from error
        return account

    async def _steps(self, lines: AsyncIterator[tuple[int, bytes]]) -> AsyncIterator[list[Line]]:
        """Cut a stream into steps by records and bytes, never within an event of the lines' own."""
        step, size, events = list[Line](), 0, OwnEvents()
        async for number, text in lines:
            raw = _decode(text)
            goes_on = events.next(raw, number)
            full = len(step) >= self._settings.stream_step_records or size >= STEP_BYTES
            if step and full and not goes_on:
                yield step
                step, size = [], 0
            step.append((number, raw))
            size += len(text)
            if events.run > self._settings.max_batch_records or size > STEP_BYTES + self._settings.max_body_bytes:
                raise _event_too_large(number, self._settings.max_batch_records)
        if step:
            yield step

    def _write_step(self, envelope: Envelope, step: list[Line], account: Account) -> None:
        envelope = replace(envelope, event_id=f"{envelope.event_id}/{account.steps + 1:08d}")
        reader = BatchReader(envelope, self._writer.vault.fields)
        for number, raw in step:
            if isinstance(raw, _NotJson):
                reader.reject(number, raw.message)
            else:
                reader.add(raw, number)
        left_out = self._commit(reader, account, step[-1][0])
        self._put_away(envelope, dict(step), left_out, account)

    def _commit(self, reader: BatchReader, account: Account, through: int) -> list[dict[str, Any]]:
        """Write what is sound; what was wrong with the records that are left out."""
        batch = reader.finish()
        found = [item.as_json() for item in reader.errors]
        bad = {item.line for item in reader.errors}
        if bad and self._mode is Mode.ATOMIC:
            raise _invalid(found)
        if bad:
            batch = batch.without_lines(bad)
            account.note(found, len(bad))
        return found + self._write(batch, account, reader.seen, len(bad), through)

    def _write(self, batch: Batch, account: Account, seen: int, bad: int, through: int) -> list[dict[str, Any]]:
        """Write a batch; what was wrong with the records that the writer refused, which are left out then."""
        refused: list[dict[str, Any]] = []
        while True:
            try:
                result = self._writer.write(batch)
            except (InvalidRecordError, EventConflictError) as error:
                lines = self._lines_to_leave_out(error, batch)
                if not lines:
                    raise
                batch = batch.without_lines(lines)
                account.note(error.details["errors"], len(lines))
                refused += [item for item in error.details["errors"] if item["line"] in lines]
                bad += len(lines)
            else:
                account.add(result, seen - bad, through)
                return refused

    def _lines_to_leave_out(self, error: RegistryError, batch: Batch) -> set[int]:
        """In per-item mode, the lines that the writer refused; none where they cannot be told apart."""
        if self._mode is Mode.ATOMIC or isinstance(error, EventConflictError):
            return set()
        return {item["line"] for item in error.details.get("errors", ())} & {item.line for item in batch.records}

    def _put_away(
        self, envelope: Envelope, lines: Mapping[int, Any], errors: Sequence[dict[str, Any]], account: Account
    ) -> None:
        """Put away the records that were left out, each with what was wrong with it; no more than MOST_PUT_AWAY.

        After the rest is written: a stream that breaks off here is sent again, and comes to the same.
        """
        by_line: dict[int, list[dict[str, Any]]] = {}
        for item in errors:
            by_line.setdefault(item["line"], []).append({key: item[key] for key in item if key != "line"})
        room = MOST_PUT_AWAY - account.quarantined
        refused = [self._refused(envelope, number, lines[number], by_line[number]) for number in sorted(by_line)[:room]]
        self._quarantine.keep(refused)
        account.quarantined += len(refused)

    def _refused(self, envelope: Envelope, number: int, raw: Any, errors: Sequence[dict[str, Any]]) -> Refused:
        if isinstance(raw, _NotJson):
            return refused_line(raw.text, number, errors, self._reading)
        if not isinstance(raw, dict):
            return refused_line(json_bytes(raw), number, errors, self._reading)
        return refused_record(raw, errors, envelope, self._reading)


@dataclass(frozen=True, slots=True)
class _NotJson:
    message: str
    text: bytes


def _decode(text: bytes) -> Any:
    try:
        return read_json(text)
    except NotJsonError as error:
        return _NotJson(f"not JSON: {error}", text)


class OwnEvents:
    """The event ids that the lines of a stream carry themselves: each stands in one place."""

    def __init__(self) -> None:
        self._first_lines: dict[str, int] = {}
        self._current: str | None = None
        self.run = 0

    def next(self, raw: Any, line: int) -> bool:
        """Take the next line; whether it goes on with the event of the line before.

        Raises InvalidRecordError for an event that came before and was interrupted: its first part may be
        committed, as an event of other content.
        """
        own = raw.get("event_id") if isinstance(raw, dict) else None
        if not isinstance(own, str):
            self._current, self.run = None, 0
            return False
        if own == self._current:
            self.run += 1
            return True
        if own in self._first_lines:
            raise _interrupted(own, line, self._first_lines[own])
        self._first_lines[own] = line
        self._current, self.run = own, 1
        return False


def _interrupted(event_id: str, line: int, first: int) -> InvalidRecordError:
    message = f"event {event_id[:80]} began at line {first} and was interrupted; the lines of one event stand together"
    errors = [{"line": line, "field": "/event_id", "rule": "event-interrupted", "message": message}]
    hint = "Sort the stream by event. What was committed of it keeps its event id: send the rest under another one."
    return InvalidRecordError(f"Line {line}: {message}.", hint=hint, errors=errors, error_count=1)


def _event_too_large(line: int, most: int) -> TooLargeError:
    message = f"the lines of one event are at most {most} records and fit one batch"
    errors = [{"line": line, "field": "/event_id", "rule": "event-size", "message": message}]
    return TooLargeError(
        f"Line {line}: {message}.", hint="Split the event, or leave event ids to the stream.", errors=errors
    )


def _invalid(found: list[dict[str, Any]]) -> InvalidRecordError:
    first = found[0]
    count = len(found)
    return InvalidRecordError(
        f"{count} error{'s' if count > 1 else ''}; the first in record {first['line']}: {first['message']}.",
        hint="Nothing of this batch was written. Correct the records, or send with mode=per-item to keep the good ones.",
        errors=found[:MAX_ERRORS],
        error_count=count,
    )


def _with_progress(error: RegistryError, account: Account) -> RegistryError:
    error.details |= {"event_id": account.event_id, "committed_through_line": account.committed_through_line}
    if account.committed_through_line:
        error.hint = f"{error.hint} Everything through line {account.committed_through_line} is committed; send the same stream with event_id={account.event_id} to go on.".strip()
    return error
