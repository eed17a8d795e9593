"""The ledger of one database as this machine keeps it: begun once, published and signed as it grows, with an alarm.

Any number of processes may do this for one database; those of one machine share the folder and take turns.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final

import structlog
from neo4j import ManagedTransaction

from registry.audit import metrics
from registry.audit.append import EXPLAIN, TAKE_HEAD, alarm_of
from registry.audit.beginning import begin
from registry.audit.inventory import Progress
from registry.audit.key_history import statements_of_keys, vouched_for
from registry.audit.place import Place
from registry.audit.stored_log import AdoptedKey, StoredHead, StoredLog
from registry.errors import (
    ConfigurationError,
    InvalidKeyError,
    LedgerForkedError,
    LedgerShrunkError,
    RegistryError,
)
from registry.graph.database import Database
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.checkpoint_file import CheckpointFile
from registry.ledger.folder import LogFolder
from registry.ledger.frontier import Frontier
from registry.ledger.keys import Signer, VerifierKey
from registry.ledger.publishing import Publisher
from registry.settings import Settings

_SET_ALARM: Final = """
MATCH (h:LedgerHead {id: 'head'}) WHERE coalesce(h.explained, 0) = $explained
SET h.alarm = $alarm
RETURN h.alarm
"""
_SURE_SECONDS: Final = 30.0
"""How long the folder and the files are taken to be as they were left, while nothing is committed."""
_log = structlog.get_logger("lineage.ledger")


class Publication:
    """Publishes the log of a database into a folder. Safe to use from several threads."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Touches nothing yet."""
        self.database = database
        self.place = Place.of(settings)
        self.stored = StoredLog(database)
        self.failure: RegistryError | None = None
        """Why the last attempt failed; None where it did not."""
        self._turn = threading.RLock()
        self._begun: tuple[str, tuple[VerifierKey, ...]] | None = None
        self._alarm: RegistryError | None = None
        self._refused: tuple[AdoptedKey, ...] = ()
        self._explained = 0
        self._published: tuple[StoredHead | None, float] = (None, float("-inf"))

    @property
    def alarm(self) -> RegistryError | None:
        """Why nothing may be written: the tree shrank or was rewritten, and nobody has explained it yet."""
        return self._alarm

    def refuse(self) -> None:
        """Raise the alarm, where there is one, for whoever wants to write."""
        if self._alarm is not None:
            raise self._alarm

    def log(self) -> LogFolder:
        """The folder of tiles and entries."""
        return self.place.log

    def checkpoints(self) -> CheckpointFile:
        """The file of signed checkpoints, once the ledger has begun."""
        origin, trusted = self._ready(_quiet)
        return CheckpointFile(self.place.checkpoints, origin, trusted)

    def checkpoints_of(self, origin: str) -> CheckpointFile:
        """The file of checkpoints of a ledger of that name, by the keys that are known here."""
        return CheckpointFile(self.place.checkpoints, origin, self.place.verifiers())

    def begin(self, progress: Progress | None = None) -> StoredHead:
        """Begin the ledger where it has not begun, else take it up as it is; the head.

        Raises ConfigurationError where the settings name another ledger than the database has, LedgerShrunkError where
        the database knows nothing of the ledger that is kept here, InvalidKeyError, LedgerStorageError.
        """
        with self._turn:
            self._begun = None
            self._ready(progress or _quiet)
            return self.stored.head()

    def publish(self, progress: Progress | None = None) -> SignedCheckpoint:
        """Take up what was committed and sign it, beginning the ledger where it has not begun; the checkpoint.

        Raises what :meth:`registry.ledger.publishing.Publisher.publish` does, and InvalidKeyError where the key that must
        sign is not here. A tree that shrank or was rewritten raises the alarm, for every process.
        """
        with self._turn:
            try:
                signed = self._publish(progress or _quiet)
            except (LedgerShrunkError, LedgerForkedError) as error:
                self._failed(error)
                self._raise_alarm(error)
                raise
            except RegistryError as error:
                self._failed(error)
                raise
            self.failure = None
            metrics.SIGNED_AT.set_to_current_time()
            return signed

    def keep_up(self) -> None:
        """Publish if anything was committed since, or if it was not made sure of for a while. Raises as :meth:`publish`."""
        known, since = self._published
        if self.failure is None and time.monotonic() - since < _SURE_SECONDS and self.stored.head() == known:
            return
        self.publish()

    def keys_for(self, size: int) -> Sequence[Signer]:
        """The key that signs a tree of that size.

        Raises InvalidKeyError where it is not here, KeyServiceUnavailableError where it is in a service that does not answer.
        """
        wanted = self.stored.head().key_for(size)
        found = None if wanted is None else self.place.signer(wanted)
        if found is None:
            name = wanted.text if wanted else "none"
            raise InvalidKeyError(
                f"The key that signs the ledger is not here (its public half: {name}).",
                hint="Put it back (LINEAGE_LEDGER_KEY_FILE, or `key` in the ledger's folder). "
                "If it is lost for good: lineage audit explain-incident --key-lost --reason TEXT",
            )
        return (found,)

    def _publish(self, progress: Progress) -> SignedCheckpoint:
        origin, trusted = self._ready(progress)
        head = self._read_head()
        known = tuple(item.key for item in head.keys)
        if set(known) - set(trusted) and head.keys != self._refused:  # a change of keys, by this process or another
            origin, trusted = self._take_over(head)
        store = CheckpointFile(self.place.checkpoints, origin, trusted)
        publisher = Publisher(self.log(), store, origin, self._frontier, self.stored.entries)
        signed = publisher.publish(self.keys_for, int(time.time()))
        size = signed.checkpoint.size
        metrics.SIGNED_SIZE.set(size)
        metrics.LAG.set(max(0, head.frontier.size - size))
        if head.alarm is None:
            self._alarm = None
            metrics.ALARM.set(0)
            self._published = (head if head.frontier.size == size else None, time.monotonic())
        return signed

    def _read_head(self) -> StoredHead:
        head = self.stored.head()
        self._explained = head.explained
        metrics.LEDGER_SIZE.set(head.frontier.size)
        if head.alarm is not None and self._alarm is None:  # another process has seen it
            self._alarm = alarm_of(head.alarm)
            metrics.ALARM.set(1)
        return head

    def _frontier(self) -> Frontier:
        return self.stored.head().frontier

    def _ready(self, progress: Progress) -> tuple[str, tuple[VerifierKey, ...]]:
        """The origin and the keys that are trusted here, beginning the ledger if nobody has."""
        with self._turn:
            if self._begun is not None:
                return self._begun
            self.place.make()
            with self.place.turn():
                return self._take_over(self._take_up(progress))

    def _take_up(self, progress: Progress) -> StoredHead:
        head = self.stored.head()
        self._explained = head.explained
        if head.origin is None:
            self._begin(head, progress)
            head = self.stored.head()
        if self.place.origin not in (None, head.origin):
            raise ConfigurationError(
                f"LINEAGE_LEDGER_ORIGIN is not the name of this database's ledger, which is {head.origin}.",
                hint="Unset it. The name of a ledger is fixed when it begins.",
            )
        if not self.place.used:
            CheckpointFile(self.place.checkpoints, str(head.origin), ()).create()
            _log.info("ledger_kept_here", folder=str(self.place.folder), origin=head.origin)
        return head

    def _take_over(self, head: StoredHead) -> tuple[str, tuple[VerifierKey, ...]]:
        for key in self._vouched_for(head):
            self.place.remember(key)
        self._begun = (str(head.origin), self.place.verifiers())
        return self._begun

    def _vouched_for(self, head: StoredHead) -> Sequence[VerifierKey]:
        """The keys of the head that the log itself hands over to: whoever has the database can write any into the head.

        A machine that never knew the ledger takes its first key on trust; a key that took over from a lost one is taken
        by who has that key.
        """
        named, known = [item.key for item in head.keys], self.place.verifiers()
        if not named or set(named) <= set(known):
            return ()
        first = known[0] if known else named[0]
        if set(named) == {first}:
            return (first,)
        accepted = {*known, *(key.verifier for key in self.place.signing_keys())}
        entries = statements_of_keys(self.stored.numbered(0, head.frontier.size))
        vouched = vouched_for(first, entries, accepted)
        if set(named) - set(vouched):
            self._refused = head.keys
            _log.error("ledger_key_not_vouched_for", keys=[key.text for key in named if key not in vouched])
        return [key for key in vouched if key in named]

    def _begin(self, head: StoredHead, progress: Progress) -> None:
        """Only where nothing was ever kept here: else the database is another one, or an older one."""
        if self.place.used and self.log().frontier().size:
            found = self.log().frontier().size
            raise LedgerShrunkError(
                f"The ledger shrank from {found} entries to {head.frontier.size}: the database knows nothing of it.",
                hint=f"Connect the database that belongs to {self.place.folder}, or name another folder with LINEAGE_LEDGER_DIR.",
                signed=found,
                found=head.frontier.size,
            )
        keys = self.place.signing_keys()
        key = keys[0] if keys else self.place.make_key()
        if not begin(self.database, self.place, key, progress):
            return
        _log.info("ledger_began", origin=self.place.origin or key.verifier.name, verifier_key=key.verifier.text)

    def _failed(self, error: RegistryError) -> None:
        if self.failure is None or self.failure.message != error.message:
            _log.error("ledger_not_signed", code=error.code, message=error.message, hint=error.hint)
        self.failure = error
        metrics.FAILURES.labels(error.code).inc()

    def _raise_alarm(self, error: RegistryError) -> None:
        """For every process, unless somebody explained the incident since the head was read that told of it."""
        self._alarm = type(error)(error.message, hint=EXPLAIN, **error.details)
        metrics.ALARM.set(1)

        def work(tx: ManagedTransaction) -> bool:
            tx.run(TAKE_HEAD).consume()
            return tx.run(_SET_ALARM, alarm=error.code, explained=self._explained).single() is not None

        if not self.database.write(work)[0]:
            self._alarm = None
            metrics.ALARM.set(0)


def _quiet(_done: int, _total: int) -> None:
    """Tell nobody."""
