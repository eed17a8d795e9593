"""Sending checkpoints to witnesses, who sign that they have seen them (c2sp.org/tlog-witness, ``add-checkpoint``)."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import structlog

from registry.audit.metrics import COSIGNATURES
from registry.audit.publication import Publication
from registry.errors import ConfigurationError, InvalidKeyError, InvalidLedgerError
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.keys import Algorithm, VerifierKey
from registry.ledger.note import NoteSignature, SignedNote
from registry.ledger.proofs import consistency_proof

_SECONDS: Final = 5.0
_MOST_BYTES: Final = 64 * 1024
_AGAIN: Final = 60.0
_SIZE_TYPE: Final = "text/x.tlog.size"
_log = structlog.get_logger("lineage.ledger")


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a witness is asked, and the key it signs with."""

    url: str
    key: VerifierKey


def read_witnesses(path: Path | None) -> tuple[Witness, ...]:
    """The witnesses of a file: a line each, address and verifier key. Raises ConfigurationError, naming the line."""
    if path is None:
        return ()
    try:
        lines = path.expanduser().read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The file of witnesses cannot be read: {type(error).__name__}.") from None
    return tuple(
        _parse(line, number) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")
    )


def _parse(line: str, number: int) -> Witness:
    url, _, key = line.strip().partition(" ")
    parts = urlsplit(url)
    try:
        verifier = VerifierKey.parse(key)
    except InvalidKeyError as error:
        raise ConfigurationError(f"Line {number} of the file of witnesses: {error.message}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or verifier.algorithm is not Algorithm.COSIGNATURE:
        raise ConfigurationError(
            f"Line {number} of the file of witnesses does not read: address, space, verifier key (cosignature/v1)."
        )
    return Witness(url.rstrip("/"), verifier)


class Witnesses:
    """The witnesses of one log. One that does not answer is left alone for a minute; nobody waits for it."""

    def __init__(self, witnesses: Iterable[Witness], client: httpx.Client | None = None) -> None:
        self._witnesses = tuple(witnesses)
        self._client = client or httpx.Client(timeout=_SECONDS, follow_redirects=False)
        self._seen: dict[Witness, int] = {}
        self._rest: dict[Witness, float] = {}

    def ask(self, publication: Publication) -> SignedCheckpoint | None:
        """Have the latest checkpoint cosigned by whoever has not signed it yet; the checkpoint then, None where none is."""
        if not self._witnesses:
            return None
        store = publication.checkpoints()
        signed = store.latest()
        if signed is None:
            return None
        for witness in self._witnesses:
            if _has_signed(signed, witness.key) or time.monotonic() < self._rest.get(witness, 0.0):
                continue
            try:
                lines = self._cosign(publication, signed, witness)
                SignedNote(signed.note.text, lines).verify([witness.key])
            except (httpx.HTTPError, InvalidLedgerError) as error:
                self._rest[witness] = time.monotonic() + _AGAIN
                COSIGNATURES.labels("failed").inc()
                _log.warning("witness_does_not_sign", witness=witness.key.name, why=str(error)[:200])
                continue
            COSIGNATURES.labels("signed").inc()
            self._seen[witness] = signed.checkpoint.size
            own = tuple(item for item in lines if (item.name, item.key_id) == (witness.key.name, witness.key.key_id))
            signed = store.advance(signed.checkpoint, (), (), int(time.time()), (*signed.note.signatures, *own))
            publication.log().publish(signed)
        return signed

    def _cosign(
        self, publication: Publication, signed: SignedCheckpoint, witness: Witness
    ) -> tuple[NoteSignature, ...]:
        answer = self._send(publication, signed, witness, self._seen.get(witness, 0))
        if answer.status_code == httpx.codes.CONFLICT and answer.headers.get("content-type") == _SIZE_TYPE:
            answer = self._send(publication, signed, witness, _size_of(answer.text, signed.checkpoint.size))
        if answer.status_code != httpx.codes.OK:
            raise InvalidLedgerError(f"The witness answers {answer.status_code}: {answer.text[:200]!r}")
        note = SignedNote.parse(f"{signed.note.text}\n{answer.text[:_MOST_BYTES]}")
        return note.signatures

    def _send(self, publication: Publication, signed: SignedCheckpoint, witness: Witness, old: int) -> httpx.Response:
        size = signed.checkpoint.size
        old = min(old, size)
        proof = consistency_proof(publication.log().tiles().tree(size), old, size) if 0 < old < size else ()
        return self._client.post(
            f"{witness.url}/add-checkpoint", content=add_checkpoint_body(old, proof, signed), follow_redirects=False
        )


def add_checkpoint_body(old: int, proof: Iterable[bytes], signed: SignedCheckpoint) -> bytes:
    """The body of a request to a witness: the size it knows, the proof from there, the checkpoint."""
    lines = [f"old {old}", *(base64.b64encode(item).decode() for item in proof)]
    return ("\n".join(lines) + "\n\n" + signed.note.to_text()).encode()


def _size_of(text: str, most: int) -> int:
    digits = text.strip()
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 19 or int(digits) > most:
        raise InvalidLedgerError(
            "The witness has seen a greater tree than this: the ledger shrank, or another one has its name."
        )
    return int(digits)


def _has_signed(signed: SignedCheckpoint, key: VerifierKey) -> bool:
    return any((item.name, item.key_id) == (key.name, key.key_id) for item in signed.note.signatures)
