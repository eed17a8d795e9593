"""Verifying, without a network, that a Rekor log has taken up a document: from the bundle that was kept of its answer.

What holds up the answer, from below: the digest of the document is in the entry of the log, with a signature; the entry
is in the tree of the log's head; the head is signed by a key of the log that is trusted. Needs the extra ``transparency``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from registry.anchors.asking import optional_library
from registry.anchors.log_keys import LogKey, signer_of
from registry.anchors.timestamps import verify_timestamp
from registry.errors import InvalidAnchorError, InvalidLedgerError, InvalidTimestampError
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.merkle import leaf_hash
from registry.ledger.proofs import verify_inclusion
from registry.strict_json import NotJsonError, read_json

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIGNATURE: Final = "PKIX_ECDSA_P256_SHA_256"
MAX_BUNDLE: Final = 1024 * 1024
_MOST_STAMPS: Final = 4
_KIND: Final = ("hashedrekord", "0.0.2")
_DIGEST: Final = "SHA2_256"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A verified place in a transparency log: whose, at which index, under a head of so many entries, signed by which key."""

    log: str
    index: int
    size: int
    key: str
    """SHA-256, in hex, of the public key that has signed the entry: anybody can have a log take anything up."""
    time: datetime | None = None
    """When it was signed at the latest, by an authority for time stamps; None where none was asked, or none is trusted."""


def verify_anchor(bundle: bytes, document: bytes, keys: Sequence[LogKey], roots: Path | None = None) -> Anchor:
    """Check that a log of one of these keys has taken up that document; time stamps in it by the ``roots`` (PEM), if given.

    Raises InvalidAnchorError, which says what does not hold, and ConfigurationError where the extra is not there or the
    roots cannot be read.
    """
    if len(bundle) > MAX_BUNDLE:
        raise InvalidAnchorError("The anchor is too long to be one.")
    read = read_model(model("bundle.v1").Bundle, bundle, "The anchor")
    entries, signature = read.verification_material.tlog_entries, read.message_signature
    if len(entries) != 1 or signature is None or read.verification_material.public_key is None:
        raise InvalidAnchorError("The anchor is not of one entry that is signed by a key.")
    digest = hashlib.sha256(document).digest()
    key = _check_entry(entries[0], digest, signature)
    if read.verification_material.public_key.hint != base64.b64encode(bytes.fromhex(key)).decode():
        raise InvalidAnchorError("The anchor names another key than the one that has signed.")
    head = _check_head(entries[0], keys)
    time = None if roots is None else _time(read.verification_material, signature.signature, roots)
    return Anchor(head.origin, entries[0].log_index, head.size, key, time)


def model(name: str) -> Any:
    """A module of the formats of Sigstore. Raises ConfigurationError where the extra is not there."""
    return optional_library(f"sigstore_models.{name}", "Entries of a transparency log are read", "transparency")


def read_model(kind: Any, content: bytes, what: str) -> Any:
    """The content as that message of Sigstore. Raises InvalidAnchorError where it is none."""
    try:
        read_json(content)  # what others could read in two ways is refused
        return kind.from_json(content)
    except NotJsonError as error:
        raise InvalidAnchorError(f"{what} is not JSON: {str(error)[:200]}") from None
    except ValueError as error:
        raise InvalidAnchorError(f"{what} is not in its form: {_first_of(error)}") from None


def _check_entry(entry: Any, digest: bytes, signature: Any) -> str:
    """That the entry is about the digest, and the anchor says nothing but what the entry says; the digest of its key."""
    body = read_model(model("rekor.v2.entry").Entry, entry.canonicalized_body, "The entry of the transparency log")
    kind, rekord = (body.kind, body.api_version), body.spec.hashed_rekord_v002
    if rekord is None or kind != _KIND or (entry.kind_version.kind, entry.kind_version.version) != _KIND:
        raise InvalidAnchorError(f"The entry of the transparency log is not a {_KIND[0]} {_KIND[1]}.")
    stated = signature.message_digest
    if stated is None or any(item.algorithm.value != _DIGEST for item in (stated, rekord.data)):
        raise InvalidAnchorError("The entry of the transparency log is not by SHA-256.")
    if rekord.data.digest != digest or stated.digest != digest:
        raise InvalidAnchorError("The anchor is of another document: the log has taken up another digest.")
    if signature.signature != rekord.signature.content:
        raise InvalidAnchorError("The anchor carries another signature than the log has taken up.")
    return _check_signature(rekord.signature, digest)


def _check_signature(signed: Any, digest: bytes) -> str:
    verifier = signed.verifier
    if verifier.public_key is None or verifier.key_details.value != SIGNATURE:
        raise InvalidAnchorError("The entry of the transparency log is not signed by a key of ECDSA on P-256.")
    der: bytes = verifier.public_key.raw_bytes
    if not _has_signed(der, digest, signed.content):
        raise InvalidAnchorError("The signature in the entry of the transparency log does not hold.")
    return hashlib.sha256(der).hexdigest()


def _has_signed(der: bytes, digest: bytes, signature: bytes) -> bool:
    try:
        key = load_der_public_key(der)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            return False
        key.verify(signature, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except (ValueError, UnsupportedAlgorithm, InvalidSignature):
        return False
    return True


def _check_head(entry: Any, keys: Sequence[LogKey]) -> Checkpoint:
    """That the entry is in the tree of a head that the log has signed; the head."""
    proof = entry.inclusion_proof
    if proof.checkpoint is None:
        raise InvalidAnchorError("The proof of the transparency log has no head.")
    try:
        signed = SignedCheckpoint.parse(proof.checkpoint.envelope)
        head = signed.checkpoint
        key = signer_of(signed.note, head.origin, keys)
        verify_inclusion(leaf_hash(entry.canonicalized_body), entry.log_index, head.size, proof.hashes, head.root)
    except InvalidLedgerError as error:
        raise InvalidAnchorError(f"The proof of the transparency log does not hold: {error.message}") from None
    repeated = (proof.log_index, proof.tree_size, proof.root_hash, entry.log_id.key_id)
    if repeated != (entry.log_index, head.size, head.root, key.id_for(head.origin)):
        raise InvalidAnchorError("The answer of the transparency log says other things than its signed head.")
    if entry.integrated_time or entry.inclusion_promise is not None:
        raise InvalidAnchorError("The answer of the transparency log states a time, which nobody has signed.")
    return head


def _time(material: Any, signature: bytes, roots: Path) -> datetime | None:
    """The earliest time by which the signature was there; None where no authority has stamped it."""
    data = material.timestamp_verification_data
    stamps = [] if data is None else data.rfc3161_timestamps[:_MOST_STAMPS]
    try:
        return min((verify_timestamp(item.signed_timestamp, signature, roots).time for item in stamps), default=None)
    except InvalidTimestampError as error:
        raise InvalidAnchorError(f"The time of the anchor does not hold: {error.message}") from None


def _first_of(error: ValueError) -> str:
    """Where a message is not in its form; its values stay out of the text."""
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)[:200]
    first = errors(include_input=False, include_url=False)[0]
    where = ascii(".".join(map(str, first["loc"])))[1:-1]  # names come from outside
    return f"{where[:100]}: {first['msg'][:100]}"
