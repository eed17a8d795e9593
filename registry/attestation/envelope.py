"""DSSE envelopes: a payload, its type, and signatures over both (github.com/secure-systems-lab/dsse, version 1.0).

What is signed is the pre-authentication encoding of type and payload together, so that a payload cannot be passed off
as one of another type.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any, Final

from registry.attestation.json_object import parse_object
from registry.errors import InvalidAttestationError
from registry.ledger.keys import Algorithm, SigningKey

IN_TOTO: Final = "application/vnd.in-toto+json"
"""Payload type of in-toto statements."""
MAX_SIGNATURES: Final = 64
_MAX_SIGNATURE: Final = 16 * 1024
_MAX_TYPE: Final = 256


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature, and the id of the key that it says it is by. Nothing vouches for that id."""

    keyid: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its type and signatures that nobody has verified yet."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def signed(self) -> bytes:
        """The bytes that each signature is over."""
        return pae(self.payload_type, self.payload)

    def as_json(self) -> dict[str, Any]:
        """The envelope as JSON writes it, in standard base64."""
        signatures = [{"keyid": item.keyid, "sig": base64.b64encode(item.content).decode()} for item in self.signatures]
        payload = base64.b64encode(self.payload).decode()
        return {"payload": payload, "payloadType": self.payload_type, "signatures": signatures}

    @classmethod
    def parse(cls, content: bytes) -> Envelope:
        """Read an envelope. Raises InvalidAttestationError where it is not in its form; what it has beside is passed over."""
        return cls.of(parse_object(content, "The envelope"))

    @classmethod
    def of(cls, document: dict[str, Any]) -> Envelope:
        """The envelope that a JSON object holds. Raises InvalidAttestationError."""
        payload_type, payload, signatures = (document.get(name) for name in ("payloadType", "payload", "signatures"))
        if not isinstance(payload_type, str) or not 0 < len(payload_type) <= _MAX_TYPE:
            raise InvalidAttestationError("The envelope does not say the type of its payload (payloadType).")
        if not isinstance(signatures, list) or not 1 <= len(signatures) <= MAX_SIGNATURES:
            raise InvalidAttestationError(f"An envelope has 1 to {MAX_SIGNATURES} signatures.")
        content = decode_base64(payload, "payload")
        return cls(payload_type, content, tuple(_signature(item) for item in signatures))


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: ``DSSEv1``, and the type and the payload, each behind its length in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_statement(payload: bytes, key: SigningKey) -> Envelope:
    """An envelope around an in-toto statement, UTF-8, signed with an Ed25519 key.

    Raises InvalidAttestationError for a key that signs cosignatures.
    """
    if key.verifier.algorithm is not Algorithm.ED25519:
        raise InvalidAttestationError("A witness's key signs checkpoints only.", hint="Take a signing key of its own.")
    try:
        signature = key.sign(pae(IN_TOTO, payload).decode(), 0)
    except UnicodeDecodeError:
        raise InvalidAttestationError("A statement is UTF-8.") from None
    return Envelope(IN_TOTO, payload, (Signature(key_id_of(key.verifier.name, key.verifier.key_id), signature),))


def key_id_of(name: str, key_id: bytes) -> str:
    """How our keys are named in envelopes: ``name+id``, the beginning of the verifier key."""
    return f"{name}+{key_id.hex()}"


def digest_of(content: bytes) -> str:
    """``sha256:<hex>`` of a document as it came."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def decode_base64(text: Any, what: str) -> bytes:
    """Base64 in either alphabet, padded or not, as the specification has readers accept. Raises InvalidAttestationError."""
    if not isinstance(text, str):
        raise InvalidAttestationError(f"The envelope's {what} is not a text of base64.")
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidAttestationError(f"The envelope's {what} is not base64.") from None


def _signature(said: Any) -> Signature:
    if not isinstance(said, dict):
        raise InvalidAttestationError("A signature of an envelope is an object with sig.")
    keyid = said.get("keyid") or ""
    content = decode_base64(said.get("sig"), "signature")
    if not isinstance(keyid, str) or len(keyid) > _MAX_TYPE or not 0 < len(content) <= _MAX_SIGNATURE:
        raise InvalidAttestationError("A signature of an envelope is empty or too long, or its keyid is no short text.")
    return Signature(keyid, content)
