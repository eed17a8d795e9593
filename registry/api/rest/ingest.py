"""From JSON records to the writer: one whole batch, or a stream that commits step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import orjson

from graph_schema.times import format_time
from registry.api.threads import Threads
from registry.errors import EventConflictError, InvalidRecordError, RegistryError
from registry.records import Batch
from registry.settings import Settings
from registry.validation.batching import MAX_ERRORS, BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer, WriteResult


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
        return answer | ({"failed": self.failed, "errors": self.errors} if self.failed else {})


class Ingest:
    """One request's way into the registry."""

    def __init__(
        self, writer: Writer, threads: Threads, settings: Settings, mode: Mode, bookmarks: list[str] | None
    ) -> None:
        self._writer, self._threads, self._settings = writer, threads, settings
        self._mode, self._bookmarks = mode, bookmarks

    async def whole(self, envelope: Envelope, raw_records: list[Any]) -> Account:
        """Write a batch. Raises InvalidRecordError with every error, up to a hundred, and writes nothing then."""
        account = Account(envelope.event_id)
        await self._threads.run(self._read_and_write, envelope, raw_records, account)
        return account

    def _read_and_write(self, envelope: Envelope, raw_records: list[Any], account: Account) -> None:
        reader = BatchReader(envelope)
        for line, raw in enumerate(raw_records, start=1):
            reader.add(raw, line)
        self._commit(reader, account, len(raw_records))

    async def stream(self, envelope: Envelope, lines: AsyncIterator[tuple[int, bytes]]) -> Account:
        """Write a stream in steps, each an event of its own named ``<event id>/<step>``.

        Lines that carry an event id of their own stay in one step with their neighbours of the same id. Errors
        say through which line everything is committed; the same stream sent again goes on from there.
        """
        account = Account(envelope.event_id)
        step: list[tuple[int, Any]] = []
        try:
            async for number, text in lines:
                raw = _decode(text)
                if len(step) >= self._settings.stream_step_records and self._may_cut(step, raw):
                    await self._threads.run(self._write_step, envelope, step, account)
                    step = []
                step.append((number, raw))
            if step:
                await self._threads.run(self._write_step, envelope, step, account)
        except RegistryError as error:
            raise _with_progress(error, account) from error
        return account

    def _may_cut(self, step: list[tuple[int, Any]], following: Any) -> bool:
        own, its = _own_event(step[-1][1]), _own_event(following)
        return own is None or own != its or len(step) >= self._settings.max_batch_records

    def _write_step(self, envelope: Envelope, step: list[tuple[int, Any]], account: Account) -> None:
        reader = BatchReader(replace(envelope, event_id=f"{envelope.event_id}/{account.steps + 1}"))
        for number, raw in step:
            if isinstance(raw, _NotJson):
                reader.reject(number, raw.message)
            else:
                reader.add(raw, number)
        self._commit(reader, account, step[-1][0])

    def _commit(self, reader: BatchReader, account: Account, through: int) -> None:
        batch = reader.finish()
        found = [item.as_json() for item in reader.errors]
        bad = {item.line for item in reader.errors}
        if bad and self._mode is Mode.ATOMIC:
            raise _invalid(found)
        if bad:
            batch = batch.without_lines(bad)
            account.note(found, len(bad))
        self._write(batch, account, reader.seen, len(bad), through)

    def _write(self, batch: Batch, account: Account, seen: int, bad: int, through: int) -> None:
        while True:
            try:
                result = self._writer.write(batch, bookmarks=self._bookmarks)
            except (InvalidRecordError, EventConflictError) as error:
                lines = self._lines_to_leave_out(error, batch)
                if not lines:
                    raise
                batch = batch.without_lines(lines)
                account.note(error.details["errors"], len(lines))
                bad += len(lines)
            else:
                account.add(result, seen - bad, through)
                return

    def _lines_to_leave_out(self, error: RegistryError, batch: Batch) -> set[int]:
        """In per-item mode, the lines that the writer refused; none where they cannot be told apart."""
        if self._mode is Mode.ATOMIC or isinstance(error, EventConflictError):
            return set()
        return {item["line"] for item in error.details.get("errors", ())} & {item.line for item in batch.records}


@dataclass(frozen=True, slots=True)
class _NotJson:
    message: str


def _decode(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _NotJson(f"not JSON: {error}")


def _own_event(raw: Any) -> Any:
    return raw.get("event_id") if isinstance(raw, dict) else None


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
