"""What was signed, in a file outside the database that only grows: the guard against putting an older state back.

Nothing is signed unless the new tree is proved to begin with the last one that was signed. Checking, signing and keeping
happen under one lock, in that order, and a signature leaves only when it is on the disk.
"""

from __future__ import annotations

import base64
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from registry.errors import InvalidLedgerError, LedgerForkedError, LedgerShrunkError, LedgerStorageError
from registry.ledger.canonical import canonical_json, parse_canonical
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.durable import sync_folder
from registry.ledger.keys import Signer, VerifierKey, decode_base64
from registry.ledger.note import NoteSignature, sign_note
from registry.ledger.proofs import verify_consistency

_TAIL = 1024 * 1024


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A signed checkpoint with the proof that led to it from the one before."""

    signed: SignedCheckpoint
    proof: tuple[bytes, ...]


class CheckpointStore(Protocol):
    """Keeps what was signed, and signs only what extends it. Implementations are atomic and durable."""

    def latest(self) -> SignedCheckpoint | None:
        """The last checkpoint that was signed, None where none was."""

    def advance(
        self,
        checkpoint: Checkpoint,
        proof: Sequence[bytes],
        keys: Sequence[Signer],
        now: int,
        signatures: Sequence[NoteSignature] = (),
    ) -> SignedCheckpoint:
        """Sign and keep a checkpoint; the proof is from the latest to this one."""


class CheckpointFile:
    """The checkpoints of one log, one canonical JSON document a line. Safe for threads and processes of one host.

    A last line without its end is what a crash left of a checkpoint that nobody was given; it is passed over, and cut
    off by the next one. Keep the file on another disk or host than the database.
    """

    def __init__(self, path: Path, origin: str, trusted: Sequence[VerifierKey]) -> None:
        """``trusted`` are the keys one of which has signed what is in the file."""
        self._path, self._origin, self._trusted = path, origin, tuple(trusted)

    def create(self) -> None:
        """Begin the file, once in the life of a log. Raises LedgerStorageError where it is there or cannot be made.

        It is never made by itself: a log whose file is gone has lost its guard, which somebody must notice.
        """
        try:
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
            sync_folder(self._path.parent)
        except OSError as error:
            raise LedgerStorageError(f"The file of checkpoints cannot be made: {error.strerror}.") from None

    def latest(self) -> SignedCheckpoint | None:
        """The last checkpoint. Raises LedgerStorageError where the file is gone, InvalidLedgerError where it is damaged."""
        with self._locked(fcntl.LOCK_SH) as file:
            return self._latest(file)[0]

    def advance(
        self,
        checkpoint: Checkpoint,
        proof: Sequence[bytes],
        keys: Sequence[Signer],
        now: int,
        signatures: Sequence[NoteSignature] = (),
    ) -> SignedCheckpoint:
        """Sign the checkpoint and keep it, if it extends the latest. ``now`` in seconds is for cosignatures.

        A witness hands in the log's ``signatures``; the note then carries both. The same checkpoint again gets the
        signatures that it lacks and is given back. Raises LedgerShrunkError where the tree is smaller than before,
        LedgerForkedError where the proof does not show that it begins with the one before, InvalidLedgerError where it
        is of another log or the file is damaged, LedgerStorageError where it cannot be kept. Nothing is signed then.
        """
        if checkpoint.origin != self._origin:
            raise InvalidLedgerError("The checkpoint is of another log.")
        with self._locked(fcntl.LOCK_EX) as file:
            latest, end = self._latest(file)
            if latest is not None:
                _check_extends(latest.checkpoint, checkpoint, proof)
                if latest.checkpoint == checkpoint:
                    signatures = _united(latest.note.signatures, signatures)
            missing = [key for key in keys if not _has_signed(signatures, key.verifier)]
            signed = SignedCheckpoint(sign_note(checkpoint.to_text(), missing, now, signatures), checkpoint)
            signed.note.verify(self._trusted)
            if latest is None or signed.note != latest.note:
                _append(file, end, _line(signed, proof))
            return signed

    def history(self) -> Iterator[KeptCheckpoint]:
        """Every checkpoint in order, each shown to extend the one before. Raises InvalidLedgerError at the first flaw."""
        before: Checkpoint | None = None
        with self._locked(fcntl.LOCK_SH) as file:
            end = self._latest(file)[1]
            fcntl.flock(file, fcntl.LOCK_UN)  # what is whole never changes
            file.seek(0)
            while file.tell() < end:
                kept = self._parse(file.readline())
                if before is not None:
                    _check_extends(before, kept.signed.checkpoint, kept.proof)
                before = kept.signed.checkpoint
                yield kept

    @contextmanager
    def _locked(self, how: int) -> Iterator[IO[bytes]]:
        try:
            file: IO[bytes] = self._path.open("rb") if how == fcntl.LOCK_SH else self._path.open("r+b", buffering=0)
        except OSError as error:
            raise LedgerStorageError(
                f"The file of checkpoints cannot be opened: {error.strerror}.",
                hint="Without it nothing shows whether the ledger shrank. Put it back from where it is kept a second time.",
            ) from None
        with file:
            fcntl.flock(file, how)
            yield file

    def _latest(self, file: IO[bytes]) -> tuple[SignedCheckpoint | None, int]:
        """The last whole checkpoint and where it ends."""
        end = file.seek(0, os.SEEK_END)
        begin = file.seek(max(0, end - _TAIL))
        whole, newline, torn = file.read(end - begin).rpartition(b"\n")
        if not newline and (begin or len(torn) >= _TAIL):
            raise InvalidLedgerError("The file of checkpoints is damaged.")
        if not newline:
            return None, 0
        kept = self._parse(whole.rpartition(b"\n")[2] + b"\n")
        return kept.signed, end - len(torn)

    def _parse(self, line: bytes) -> KeptCheckpoint:
        try:
            document = parse_canonical(line[:-1])
            signed = SignedCheckpoint.parse(document["note"])
            proof = tuple(decode_base64(item) for item in document["proof"])
        except (InvalidLedgerError, KeyError, TypeError, ValueError, AttributeError):
            raise InvalidLedgerError("The file of checkpoints is damaged.") from None
        signed.note.verify(self._trusted)
        if signed.checkpoint.origin != self._origin:
            raise InvalidLedgerError("The file holds checkpoints of another log.")
        return KeptCheckpoint(signed, proof)


def _check_extends(before: Checkpoint, after: Checkpoint, proof: Sequence[bytes]) -> None:
    if after.size < before.size:
        raise LedgerShrunkError(
            f"The ledger shrank from {before.size} entries to {after.size}.", signed=before.size, found=after.size
        )
    if before.size == 0 and after.size > 0:
        return  # everything begins with nothing
    try:
        if before.size == 0:
            same = before.root == after.root
        else:
            verify_consistency(before.size, after.size, before.root, after.root, proof)
            same = True
    except InvalidLedgerError as error:
        raise _forked(before, after, error.message) from None
    if not same:
        raise _forked(before, after, "Two empty trees have different roots.")


def _forked(before: Checkpoint, after: Checkpoint, why: str) -> LedgerForkedError:
    return LedgerForkedError(f"The ledger was rewritten. {why}", signed=before.size, found=after.size)


def _has_signed(signatures: Sequence[NoteSignature], key: VerifierKey) -> bool:
    return any((item.name, item.key_id) == (key.name, key.key_id) for item in signatures)


def _united(first: Sequence[NoteSignature], second: Sequence[NoteSignature]) -> tuple[NoteSignature, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _line(signed: SignedCheckpoint, proof: Sequence[bytes]) -> bytes:
    encoded = [base64.b64encode(item).decode() for item in proof]
    document: dict[str, Any] = {"note": signed.note.to_text(), "proof": encoded}
    return canonical_json(document) + b"\n"


def _append(file: IO[bytes], end: int, line: bytes) -> None:
    try:
        file.truncate(end)
        file.seek(end)
        while line:
            line = line[file.write(line) :]
        os.fsync(file.fileno())
    except OSError as error:
        raise LedgerStorageError(f"The checkpoint cannot be kept: {error.strerror}. It was not signed.") from None
