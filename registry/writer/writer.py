"""The one way in: batches are written one after another, each whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from neo4j import ManagedTransaction
from neo4j.exceptions import ConstraintError

from graph_schema.times import now_micros
from registry import errors
from registry.graph.database import Database, UnknownOutcomeError
from registry.graph.metrics import RECORDS_WRITTEN, WRITE_SECONDS
from registry.permission.principal import Principal
from registry.permission.standing import NoGrants, Policies
from registry.records import Batch
from registry.secrecy.vault import Vault
from registry.settings import Settings
from registry.validation.content import load_rules
from registry.writer.grouping import Grouping, Waiting
from registry.writer.merging import Asked, company, merged, share_of
from registry.writer.permits import Permits
from registry.writer.transaction import Compose, write_batch
from registry.writer.written import Written

_TRIES = 3
_SERVER_ERROR = 500
_OF_ITS_KEY = (errors.EncryptionKeyMissingError, errors.KeyServiceUnavailableError, errors.KeyServiceAnswerError)
"""What stops a batch that says something sensitive, and none of those beside it."""
_FIND_EVENT = """
UNWIND range(0, size($ids) - 1) AS place
MATCH (e:Event {id: $ids[place]})
WHERE $by IS NULL OR e.by = $by
RETURN e.id, e.digest, e.producer, e.records, e.recorded_at, e.sequence ORDER BY place LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What a committed batch did, and the bookmarks that make a later read see it."""

    written: Written
    bookmarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as it was recorded; ``recorded_at`` in microseconds."""

    id: str
    digest: str
    producer: str | None
    records: int
    recorded_at: int
    sequence: int


class Writer:
    """Writes batches to one database. Safe to use from several threads and several processes."""

    def __init__(self, database: Database, settings: Settings, policies: Policies | None = None) -> None:
        """Load the deployment's content rules. Raises ConfigurationError where they or the names of sensitive fields are unusable.

        Without ``policies`` nothing is granted: only the server itself, and whoever has the administrator token, write.
        """
        self._database = database
        self.permits = Permits(policies or NoGrants())
        self.vault = Vault(settings)
        self._rules = load_rules(settings.rules_file)
        # One write at a time in this process: they would wait for the clock in the database anyway.
        self._turn = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._together = Grouping(self._write_waiting)

    @contextmanager
    def telling(self, listener: Callable[[], None]) -> Iterator[None]:
        """Within, the listener is called after each commit, in the thread that wrote; it must be quick and not raise."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def write(self, batch: Batch) -> WriteResult:
        """Write a batch; when this returns it is durable, and the next read sees it.

        The same events again change nothing. Raises EventConflictError, InvalidRecordError and
        DatabaseUnavailableError; nothing is written then, but for an outcome that could not be learned, which
        sending the same event again settles. What other threads want to write meanwhile goes into the same
        transaction, where that changes nothing for anybody.
        """
        return self._together.do(Asked.of(batch))

    def _write_waiting(self, group: Sequence[Waiting[Asked, WriteResult]]) -> None:
        """Write the first of those that wait, and whoever can go with it."""
        together = [group[place] for place in company([waiting.item for waiting in group])]
        if len(together) > 1:
            try:
                batch = merged(waiting.item for waiting in together)
                result = self.compose(lambda _tx, _turn: batch)
            except errors.RegistryError as error:
                if error.status >= _SERVER_ERROR and not isinstance(error, _OF_ITS_KEY):
                    raise
            else:
                own = frozenset[str]().union(*(waiting.item.own for waiting in together))
                for waiting in together:
                    share = share_of(waiting.item, result.written, own - waiting.item.own)
                    waiting.result = replace(result, written=share)
                return
        for waiting in together:  # one of them stands in the way: each is told apart
            self._write_alone(waiting)

    def _write_alone(self, waiting: Waiting[Asked, WriteResult]) -> None:
        try:
            waiting.result = self.compose(lambda _tx, _turn: waiting.item.batch)
        except Exception as error:  # noqa: BLE001 - it is raised where the batch came from
            waiting.failure = error

    def compose(self, compose: Compose) -> WriteResult:
        """Write the batch that ``compose`` makes within the transaction, with whatever else it writes there itself.

        It may be called again after a deadlock, and must start from what the database says each time. What it raises
        ends the transaction, and is raised. Otherwise as :meth:`write`.
        """

        def work(tx: ManagedTransaction) -> Written:
            written = write_batch(
                tx, compose, self._rules, now_micros(), vault=self.vault, permits=self.permits, begun=snapshots.begin
            )
            snapshots.apply()
            return written

        snapshots = self._database.snapshots
        with self._turn, WRITE_SECONDS.time():
            try:
                written, marks = self._settled(work)
                snapshots.settle(written.recorded_at)
            finally:
                snapshots.end()
        self.permits.learn(written.scopes)
        for listener in tuple(self._listeners):
            listener()
        for outcome in ("created", "changed", "unchanged"):
            RECORDS_WRITTEN.labels(outcome).inc(getattr(written, outcome))
        return WriteResult(written, marks)

    def find_event(
        self, *event_ids: str, by: Principal | None = None, bookmarks: Sequence[str] | None = None
    ) -> EventRow:
        """The first event there is of these ids, which settles whether it was written. Raises NotFoundError.

        ``by`` leaves out what somebody else wrote: an event may be about what a principal may not see.
        """
        asked = {"ids": event_ids, "by": None if by is None else by.identity}
        rows = self._database.read_text(_FIND_EVENT, asked, bookmarks=bookmarks, from_leader=True)
        if not rows:
            raise errors.NotFoundError("No event of that id was written.")
        return EventRow(*rows[0])

    def _settled(self, work: Callable[[ManagedTransaction], Written]) -> tuple[Written, tuple[str, ...]]:
        for attempt in range(_TRIES):
            try:
                return self._database.write(work)
            except (UnknownOutcomeError, ConstraintError):
                # Whatever happened is told by the events on the next try: a committed one is then a replay.
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")
