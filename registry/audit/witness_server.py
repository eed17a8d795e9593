"""A witness: signs heads of logs that it knows, each only where it extends the last one (c2sp.org/tlog-witness).

A process of its own, run by somebody else than the registry. What it has signed is on its disk before the signature leaves.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from registry.errors import InvalidKeyError, InvalidLedgerError, LedgerForkedError, LedgerShrunkError, RegistryError
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.checkpoint_file import CheckpointFile
from registry.ledger.keys import Algorithm, SigningKey, VerifierKey, decode_base64
from registry.ledger.merkle import HASH_SIZE
from registry.ledger.note import NoteSignature
from registry.ledger.proof_file import MAX_HASHES

MOST_BYTES: Final = 64 * 1024
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE_TYPE: Final = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the size that the log believes is known here, the proof from there, the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint

    @classmethod
    def parse(cls, body: bytes) -> Asked:
        """Read a request's body. Raises InvalidLedgerError where it is not in its form."""
        try:
            head, separator, note = body.decode("utf-8").partition("\n\n")
            lines = head.split("\n")
            old = _OLD.fullmatch(lines[0])
            proof = tuple(decode_base64(line) for line in lines[1:])
        except (UnicodeDecodeError, ValueError):
            raise InvalidLedgerError("The request is not in its form.") from None
        if old is None or not separator or len(proof) > MAX_HASHES or any(len(item) != HASH_SIZE for item in proof):
            raise InvalidLedgerError("The request is not in its form.")
        return cls(int(old[1]), proof, SignedCheckpoint.parse(note))


class Witness:
    """Signs for the logs whose keys it was given. Safe to use from several threads."""

    def __init__(self, key: SigningKey, logs: Iterable[tuple[str, VerifierKey]], folder: Path) -> None:
        """``logs`` are origins and keys, several of one origin where its key changed. Raises InvalidKeyError."""
        if key.verifier.algorithm is not Algorithm.COSIGNATURE:
            raise InvalidKeyError("A witness signs with a key for cosignatures (type 0x04).")
        self._key, self._folder = key, folder
        self._logs: dict[str, list[VerifierKey]] = {}
        for origin, log in logs:
            self._logs.setdefault(origin, []).append(log)

    def add_checkpoint(self, body: bytes) -> tuple[int, str, str]:
        """Answer a request: status, media type, text. Raises LedgerStorageError where nothing can be kept."""
        try:
            asked = Asked.parse(body)
        except RegistryError as error:
            return 400, "text/plain", f"{error.message}\n"
        checkpoint = asked.signed.checkpoint
        keys = self._logs.get(checkpoint.origin)
        if keys is None:
            return 404, "text/plain", "This log is not known here.\n"
        try:
            verified = [item.key for item in asked.signed.note.verify(keys)]
        except InvalidLedgerError as error:
            return 403, "text/plain", f"{error.message}\n"
        if asked.old > checkpoint.size:
            return 400, "text/plain", "The old size is greater than that of the checkpoint.\n"
        return self._sign(asked, [_line_of(asked, key) for key in verified])

    def _sign(self, asked: Asked, signatures: list[NoteSignature]) -> tuple[int, str, str]:
        store = self._store(asked.signed.checkpoint.origin)
        known = _size(store)
        if known != asked.old:
            return 409, _SIZE_TYPE, f"{known}\n"
        try:
            signed = store.advance(asked.signed.checkpoint, asked.proof, [self._key], int(time.time()), signatures)
        except (LedgerForkedError, LedgerShrunkError) as error:
            if _size(store) != known:  # somebody else was quicker
                return 409, _SIZE_TYPE, f"{_size(store)}\n"
            if asked.old == asked.signed.checkpoint.size:
                return 409, _SIZE_TYPE, f"{known}\n"
            return 422, "text/plain", f"{error.message}\n"
        own = self._key.verifier
        lines = [item.line for item in signed.note.signatures if (item.name, item.key_id) == (own.name, own.key_id)]
        return 200, "text/plain; charset=utf-8", "".join(lines)

    def _store(self, origin: str) -> CheckpointFile:
        """What was signed of a log, in a file of its own, begun with the first request."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()}.jsonl"
        store = CheckpointFile(path, origin, [*self._logs[origin], self._key.verifier])
        if not path.exists():
            try:
                store.create()
            except RegistryError:
                if not path.exists():
                    raise
        return store


def witness_app(witness: Witness) -> Starlette:
    """The application of a witness: ``POST /add-checkpoint`` and nothing else."""

    async def add_checkpoint(request: Request) -> Response:
        body = b""
        try:
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    return PlainTextResponse("The request is too long.\n", 413)
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            status, media, text = await run_in_threadpool(witness.add_checkpoint, body)
        except RegistryError as error:
            return PlainTextResponse(f"{error.message}\n", error.status)
        return Response(text, status, headers={"Content-Type": media})

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])


def _size(store: CheckpointFile) -> int:
    latest = store.latest()
    return latest.checkpoint.size if latest else 0


def _line_of(asked: Asked, key: VerifierKey) -> NoteSignature:
    """The log's own line; lines of others are not kept."""
    return next(item for item in asked.signed.note.signatures if (item.name, item.key_id) == (key.name, key.key_id))
