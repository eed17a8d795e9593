"""OpenLineage events are taken: read, kept, added up and written; what cannot be goes to the quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from registry.errors import EventConflictError, InvalidEventError, InvalidRecordError, QueryTimeoutError, RegistryError
from registry.graph.database import Database
from registry.intake.composing import Composition, SpoiledError
from registry.intake.raw_events import RawEvents
from registry.intake.ready import Ready
from registry.intake.refusal import blamed, too_deep
from registry.permission.cause import Cause, current_cause
from registry.quarantine.store import Quarantine, Refused
from registry.settings import Settings
from registry.writer import Writer, WriteResult
from registry.writer.grouping import own

SOURCE = "openlineage"
_SERVER_ERROR = 500
_FORBIDDEN = 403
_LOOK = "It is kept in the quarantine, and the server's log says what went wrong."

_log = structlog.get_logger("lineage.intake")


@dataclass(slots=True)
class Incoming:
    """One event on its way in: as it was parsed and as it came. ``error`` is why it could not be taken."""

    raw: Any
    content: bytes
    ready: Ready | None = None
    error: RegistryError | None = None
    quarantine_id: str | None = None
    urns: frozenset[str] = frozenset()
    cause: Cause = field(default_factory=current_cause)

    def read(self) -> None:
        """Read the event, unless that was done: then it is ``ready``, or has an ``error``."""
        if self.ready is not None or self.error is not None:
            return
        try:
            self.ready = Ready.read(self.raw, self.content)
        except InvalidEventError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the event's: the others are taken
            _log.exception("an event could not be read", bytes=len(self.content))
            self.error = InvalidEventError(f"The event cannot be read: {type(error).__name__}.", hint=_LOOK, errors=[])


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


class Intake:
    """The way in for OpenLineage events. Safe to use from several threads and several processes."""

    def __init__(self, database: Database, writer: Writer, settings: Settings) -> None:
        """``settings`` say how long events, and what cannot be taken, are kept."""
        self.raw_events = RawEvents(database, settings.openlineage_event_days, writer.vault)
        self.quarantine = Quarantine(database, settings.quarantine_days, writer.vault)
        self._writer = writer

    def take(self, events: Sequence[Incoming]) -> Taken:
        """Take events; when this returns, what was taken is durable and the next read sees it.

        What cannot be taken is in the quarantine, and its ``error`` says why; it spoils nothing for the others.
        Raises what the writer raises where the database does not answer; sending the same events again is safe then.
        """
        taken = Taken(list(events))
        for item in taken.events:
            item.read()
        good = {item.ready.event.digest: item for item in taken.events if item.ready is not None and item.error is None}
        if good:
            self._take(good, taken)
            for item in taken.events:
                if item.ready is not None and item.error is None:
                    same = good[item.ready.event.digest]
                    item.error = None if same.error is None else own(same.error)
                    item.urns = same.urns
        self._put_away([item for item in taken.events if item.error is not None and item.error.status != _FORBIDDEN])
        self._tidy()
        return taken

    def _take(self, good: dict[str, Incoming], taken: Taken) -> None:
        """Keep and write events. Those of a run that cannot be written together are taken one by one."""
        left, apart = dict(good), list[Incoming]()
        while left:
            try:
                self._write(left, taken)
                break
            except SpoiledError as spoiled:
                apart += _set_apart(left, spoiled)
            except QueryTimeoutError:
                if len(left) == 1:
                    raise
                apart += left.values()  # one of them may be too much for all
                break
            except Exception as error:
                if isinstance(error, RegistryError) and error.status >= _SERVER_ERROR:
                    raise
                apart += _unforeseen(list(left.values()), error)
                break
        for item in apart:
            if item.ready is not None:
                self._take({item.ready.event.digest: item}, taken)

    def _write(self, left: dict[str, Incoming], taken: Taken) -> None:
        """Write events and what they add up to, all or nothing. Raises SpoiledError for those that stand in the way."""
        ready = {digest: item.ready for digest, item in left.items() if item.ready is not None}
        compose = Composition(
            ready, {digest: left[digest].cause for digest in ready}, self._writer.vault, self._writer.permits
        )
        try:
            result = self._writer.compose(compose)
        except (InvalidRecordError, EventConflictError) as error:
            refused = blamed(error.details.get("errors", ()), compose.lines.sources)
            if not refused:
                raise
            raise SpoiledError(refused, compose.sums) from error
        if result.written.findings:
            for digest, urns in compose.lines.named().items():
                left[digest].urns = frozenset(urns)
        taken.add(result)

    def _tidy(self) -> None:
        try:
            self.raw_events.tidy()
        except RegistryError:  # what came is safe; whoever comes next tries again
            _log.warning("old events could not be deleted", exc_info=True)

    def _put_away(self, failed: list[Incoming]) -> None:
        kept = self.quarantine.keep([_refused(item) for item in failed])
        for item, entry_id in zip(failed, kept, strict=True):
            item.quarantine_id = entry_id
            if item.error is not None:
                item.error.details["quarantine_id"] = entry_id


def _set_apart(left: dict[str, Incoming], spoiled: SpoiledError) -> list[Incoming]:
    """Take out the events of every sum that is spoiled: who is alone in one is refused, the others are returned."""
    apart = []
    for digests in spoiled.sums:
        if spoiled.refused.keys().isdisjoint(digests):
            continue
        items = [left.pop(digest) for digest in digests]
        if len(items) == 1:
            items[0].error = spoiled.refused[digests[0]]
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
        return Incoming(raw, repr(raw)[:65_536].encode(), error=too_deep())
