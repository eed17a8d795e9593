"""Verifies a ledger where it is kept: the log, who signed it, and with ``graph`` that the graph is what the log says."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from registry.audit.access_check import check_access
from registry.audit.anchor_check import AnchorReport, anchored_heads, check_anchors
from registry.audit.anchor_folder import AnchorFolder
from registry.audit.derived_check import check_derived
from registry.audit.entry_time import time_of
from registry.audit.finding import Found, Problem, Tell
from registry.audit.graph_check import GraphCheck
from registry.audit.journal_check import JournalCheck
from registry.audit.known import Known
from registry.audit.log_check import LogCheck
from registry.audit.publication import Publication
from registry.audit.replay import Replay
from registry.audit.stored_log import StoredHead
from registry.errors import InvalidLedgerError, LedgerStorageError, NotFoundError, RegistryError
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.checkpoint_file import CheckpointFile
from registry.ledger.keys import VerifierKey

_SIGNED_WITHIN_SECONDS: Final = 60
Progress = Callable[[str, int, int], None]
"""Is told what is gone through, how much of it is done, and of how much."""


@dataclass(slots=True)
class Verification:
    """What was verified, and how often what was found. ``verified``: nothing was."""

    origin: str
    entries: int = 0
    signed: int = 0
    unsigned: int = 0
    root: str = ""
    entities: int | None = None
    keys: list[dict[str, Any]] = field(default_factory=list)
    explained: int = 0
    anchors: AnchorReport = field(default_factory=AnchorReport)
    problems: Counter[str] = field(default_factory=Counter)

    @property
    def verified(self) -> bool:
        """Whether everything holds."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "verified": self.verified,
            "origin": self.origin,
            "entries": self.entries,
            "signed": self.signed,
            "unsigned": self.unsigned,
            "root": self.root,
            "entities": self.entities,
            "keys": self.keys,
            "explained_by_incidents": self.explained,
            "anchors": self.anchors.as_json(),
            "problems": dict(self.problems),
        }


def verify(
    publication: Publication,
    tell: Tell,
    progress: Progress,
    *,
    graph: bool = False,
    since: SignedCheckpoint | None = None,
    trusted: Sequence[VerifierKey] = (),
) -> Verification:
    """Verify the ledger, telling of each thing that does not hold as it is found; what came of it.

    ``trusted``: the key that the log began with, and those that may have taken over from a lost one; those that are known
    on this machine where none is given. ``since``: a checkpoint that was kept elsewhere and must lie on the way. Nothing
    is written. Memory is bounded. Raises NotFoundError where there is no ledger, DatabaseUnavailableError.
    """
    return _Verifying(publication, tell, progress, tuple(trusted), since).run(graph=graph)


class _Verifying:
    def __init__(
        self,
        publication: Publication,
        tell: Tell,
        progress: Progress,
        trusted: tuple[VerifierKey, ...],
        since: SignedCheckpoint | None,
    ) -> None:
        self._publication, self._progress, self._since = publication, progress, since
        self._trusted = trusted or publication.place.verifiers()
        if not self._trusted:
            raise NotFoundError(
                f"No ledger is kept in {publication.place.folder}.",
                hint="Name its folder with LINEAGE_LEDGER_DIR; it begins with the first `lineage up`.",
            )
        self._heard = tell
        self._report = Verification("")
        self._anchors = AnchorFolder(publication.place.anchors)
        self._head = self._read_head()

    def run(self, *, graph: bool) -> Verification:
        report, head = self._report, self._head
        place = self._publication.place
        with Known() as known:
            replay = Replay(known, self._trusted, place.inventory, self._tell, graph=graph)
            latest = self._latest()
            report.signed = latest.checkpoint.size if latest else 0
            report.origin = head.origin or (latest.checkpoint.origin if latest else "")
            self._check_log(replay, max(head.frontier.size, report.signed))
            self._check_keys(replay)
            self._check_signatures(replay)
            report.anchors = check_anchors(self._anchors, place.log_keys_file, place.timestamp_roots_file, self._tell)
            self._check_unsigned()
            if graph:
                self._check_graph(known, replay)
            report.keys = [{"key": item.key.text, "from_size": item.size} for item in replay.keys]
            report.explained = replay.explained
        return report

    def _read_head(self) -> StoredHead:
        try:
            return self._publication.stored.head()
        except InvalidLedgerError as error:
            self._tell(Found(Problem.HEAD_DAMAGED, error.message))
            raise

    def _tell(self, found: Found) -> None:
        self._report.problems[found.problem.value] += 1
        self._heard(found)

    def _check_log(self, replay: Replay, size: int) -> None:
        head, report = self._head, self._report
        check = LogCheck(self._publication.stored, self._publication.log(), self._tell, committed=head.frontier.size)
        for item in check.entries(self._heads(), size):
            replay.take(item.sequence, item.content, item.listed)
            if item.sequence % 1024 == 0 or item.sequence == size - 1:
                self._progress("entries", item.sequence + 1, size)
        check.inserted()
        report.entries, report.root = size, check.frontier.root().hex()
        if head.frontier.size < report.signed:
            message = (
                f"The log shrank from {report.signed:,} entries, which were signed, to {head.frontier.size:,}: "
                "an older database was put back."
            )
            self._tell(Found(Problem.SHRUNK, message, sequence=head.frontier.size))
        elif head.frontier.root() != check.frontier.root() and Problem.HISTORY_REWRITTEN.value not in report.problems:
            self._tell(Found(Problem.HEAD_DAMAGED, "The head in the database is not that of the entries."))

    def _latest(self) -> SignedCheckpoint | None:
        """The last head that was signed: of the file or of the folder, whichever is greater."""
        found = [item for item in (self._kept(), self._shown()) if item is not None]
        return max(found, key=lambda item: item.checkpoint.size) if found else None

    def _kept(self) -> SignedCheckpoint | None:
        try:
            return self._store().latest()
        except (InvalidLedgerError, LedgerStorageError) as error:
            path = str(self._publication.place.checkpoints.name)
            self._tell(Found(Problem.CHECKPOINTS_DAMAGED, error.message, path))
            return None

    def _shown(self) -> SignedCheckpoint | None:
        try:
            return self._publication.log().checkpoint()
        except (InvalidLedgerError, LedgerStorageError) as error:
            self._tell(Found(Problem.FOLDER_DAMAGED, error.message, "checkpoint"))
            return None

    def _store(self) -> CheckpointFile:
        shown = self._publication.log().checkpoint()
        origin = self._head.origin or (shown.checkpoint.origin if shown else "")
        keys = {*self._trusted, *self._publication.place.verifiers(), *(item.key for item in self._head.keys)}
        return CheckpointFile(self._publication.place.checkpoints, origin, tuple(keys))

    def _heads(self) -> Iterator[SignedCheckpoint]:
        """Every head that was signed, the smallest first, with those among them that were kept elsewhere or anchored."""
        extra = [item for item in (self._since, self._shown()) if item is not None]
        extra.sort(key=lambda item: item.checkpoint.size)
        anchored = anchored_heads(self._anchors)
        yield from heapq.merge(self._history(), extra, anchored, key=lambda item: item.checkpoint.size)

    def _history(self) -> Iterator[SignedCheckpoint]:
        try:
            for kept in self._store().history():
                yield kept.signed
        except LedgerStorageError:
            return  # told when the latest was looked for
        except InvalidLedgerError as error:
            self._tell(Found(Problem.CHECKPOINTS_DAMAGED, error.message, self._publication.place.checkpoints.name))

    def _check_keys(self, replay: Replay) -> None:
        """The head in the database names the keys that the entries tell of, and no other."""
        head = self._head
        if head.frontier.size >= self._report.signed and head.keys != tuple(replay.keys):
            message = "The head in the database names other keys than the entries tell of."
            self._tell(Found(Problem.HEAD_DAMAGED, message))

    def _check_signatures(self, replay: Replay) -> None:
        """Each head is signed by the key that the log says was valid at its size."""
        wrong = 0
        origin = self._report.origin
        for signed in self._heads():
            size = signed.checkpoint.size
            key = [item.key for item in replay.keys if item.size <= size][-1]
            try:
                _check_signed(signed, origin, key)
            except InvalidLedgerError as error:
                wrong += 1
                if wrong <= 10:
                    message = (
                        f"The head of {size:,} entries is not signed by the key that was valid then: {error.message}"
                    )
                    self._tell(Found(Problem.SIGNATURE_WRONG, message, key.text, size))

    def _check_unsigned(self) -> None:
        """What was committed has to be signed within a minute."""
        report, size = self._report, self._head.frontier.size
        report.unsigned = max(0, size - report.signed)
        if not report.unsigned:
            return
        content = self._publication.stored.entries(report.signed, report.signed + 1)
        age = time.time() - time_of(content[0]) / 1e6 if content else 0.0
        if age > _SIGNED_WITHIN_SECONDS:
            message = f"{report.unsigned:,} entries are not signed, the oldest for {age:,.0f} s: {self._why_unsigned()}"
            self._tell(Found(Problem.UNSIGNED, message, sequence=report.signed))

    def _why_unsigned(self) -> str:
        wanted = self._head.key_for(self._head.frontier.size)
        try:
            if wanted is not None and self._publication.place.signer(wanted) is None:
                return f"the key {wanted.text} is not here."
        except RegistryError as error:
            return error.message
        return "no server publishes them."

    def _check_graph(self, known: Known, replay: Replay) -> None:
        done = self._report.entries

        def catch_up() -> bool:
            nonlocal done
            size = self._publication.stored.head().frontier.size
            before = done
            for sequence, content in self._publication.stored.numbered(done, size):
                replay.take(sequence, content)
                done = sequence + 1
            return done > before

        database = self._publication.database
        check = GraphCheck(database, known, self._tell, catch_up, complete=replay.complete)
        self._report.entities = check.entities(lambda at, of: self._progress("entities", at, of))
        kept = JournalCheck(database, known, self._tell, catch_up, lost=replay.lost)
        kept.journal()
        kept.events()
        check_access(database, known, self._tell, catch_up, complete=replay.complete)
        check_derived(database, self._tell)


def _check_signed(signed: SignedCheckpoint, origin: str, key: VerifierKey) -> None:
    if signed.checkpoint.origin != origin:
        raise InvalidLedgerError("it is of another log.")
    signed.note.verify([key])
