"""From what was committed to what can be shown: entries into the folder, a head that is signed, tiles that prove it.

Runs beside the writers, as often as new heads are wanted, in any number of processes of one host. Nothing that was
committed depends on it: what it has not come to yet is taken up by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from registry.errors import InvalidLedgerError, LedgerForkedError, LedgerShrunkError
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.checkpoint_file import CheckpointStore
from registry.ledger.folder import LogFolder
from registry.ledger.frontier import Frontier
from registry.ledger.keys import Signer
from registry.ledger.proofs import consistency_proof, range_root

_STEP: Final = 4096
_TRIES: Final = 5

ReadHead = Callable[[], Frontier]
"""Gives the state of the log as it is committed now."""

ReadEntries = Callable[[int, int], Sequence[bytes]]
"""Gives the committed entries from a sequence up to another."""

KeysFor = Callable[[int], Sequence[Signer]]
"""Gives the keys that sign a tree of a size. Raises where they are not here."""


class Publisher:
    """Keeps a folder and the signed heads in step with the log where it is written."""

    def __init__(
        self, log: LogFolder, store: CheckpointStore, origin: str, read_head: ReadHead, read_entries: ReadEntries
    ) -> None:
        self._log, self._store, self._origin = log, store, origin
        self._read_head, self._read_entries = read_head, read_entries

    def publish(self, keys: Sequence[Signer] | KeysFor, now: int) -> SignedCheckpoint:
        """Take up what was committed and sign the head of it; ``now`` in seconds.

        The same head again is given back as it is. Raises LedgerShrunkError where less is committed than was signed or
        stored, LedgerForkedError where it is something else, InvalidLedgerError where entries are missing or the folder is
        damaged, LedgerStorageError where a file cannot be written. Nothing is signed then.
        """
        for attempt in range(_TRIES):
            latest = self._store.latest()
            try:
                head = self._take_up(latest.checkpoint.size if latest else 0)
                signed = self._sign(latest, head, keys(head.size) if callable(keys) else keys, now)
            except (LedgerShrunkError, LedgerForkedError):
                # Another process may have signed a later head meanwhile; only against the same head is it an alarm.
                if attempt == _TRIES - 1 or self._store.latest() == latest:
                    raise
                continue
            self._log.publish(signed)
            return signed
        raise AssertionError("unreachable")

    def _take_up(self, signed: int) -> Frontier:
        """Bring the folder up to the head. What was signed and stored is read before the head, so it cannot be ahead."""
        stored = self._log.frontier().size
        head = self._read_head()
        if head.size < max(signed, stored):
            raise LedgerShrunkError(
                f"The ledger shrank from {max(signed, stored)} entries to {head.size}.", signed=signed, found=head.size
            )
        while stored < head.size:
            entries = self._read_entries(stored, min(head.size, stored + _STEP))
            if not entries:
                raise InvalidLedgerError(f"Entry {stored} of the ledger is missing.", sequence=stored)
            stored = self._log.append(stored, entries).size
        tree = self._log.tiles().tree(head.size)
        if range_root(tree, 0, head.size) != head.root():
            raise LedgerForkedError("The entries lead to another root than the head of the ledger.", found=head.size)
        return head

    def _sign(
        self, latest: SignedCheckpoint | None, head: Frontier, keys: Sequence[Signer], now: int
    ) -> SignedCheckpoint:
        before = latest.checkpoint.size if latest else 0
        proof: tuple[bytes, ...] = ()
        if 0 < before < head.size:
            proof = consistency_proof(self._log.tiles().tree(head.size), before, head.size)
        return self._store.advance(Checkpoint(self._origin, head.size, head.root()), proof, keys, now)
