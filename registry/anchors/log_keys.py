"""The public keys of transparency logs that are trusted to sign their heads, from a file that somebody vouches for."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from registry.anchors.asking import optional_library
from registry.errors import ConfigurationError, InvalidAnchorError
from registry.ledger.note import SignedNote

_MOST_BYTES: Final = 1024 * 1024
_SAID: Final = 100
_ED25519: Final = b"\n\x01"
_PEM: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key with which a transparency log signs its heads: Ed25519, or ECDSA with SHA-256 as Sigstore's logs have it."""

    public: Ed25519PublicKey | ec.EllipticCurvePublicKey

    def id_for(self, name: str) -> bytes:
        """The 32 bytes that tell this key of a log of that name from others; the first four stand in signature lines."""
        if isinstance(self.public, Ed25519PublicKey):
            return hashlib.sha256(name.encode() + _ED25519 + self.public.public_bytes_raw()).digest()
        der = self.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).digest()

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this is the key's signature on that message."""
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, message)
            else:
                self.public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


def signer_of(note: SignedNote, name: str, keys: Sequence[LogKey]) -> LogKey:
    """The trusted key with which the log of that name has signed; lines of others, such as witnesses, are passed over.

    Raises InvalidAnchorError where none has, and where a line of a trusted key is not its signature.
    """
    for line in note.signatures:
        for key in keys:
            if line.name != name or not hmac.compare_digest(key.id_for(name)[:4], line.key_id):
                continue
            if not key.has_signed(note.text.encode(), line.content):
                raise InvalidAnchorError(
                    f"The head of the transparency log is forged: {name[:_SAID]} has not signed it."
                )
            return key
    raise InvalidAnchorError(
        f"The head of the transparency log {name[:_SAID]} is not signed by a key that is trusted here.",
        hint="LINEAGE_LEDGER_REKOR_LOG_KEYS_FILE names the file of trusted keys. Logs change theirs when they begin anew: "
        "keep the old ones in it.",
    )


def read_log_keys(path: Path) -> tuple[LogKey, ...]:
    """The keys of a file: public keys in PEM, or Sigstore's `trusted_root.json`. Raises ConfigurationError."""
    try:
        with path.expanduser().open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"The file of keys of the transparency log cannot be read: {error.strerror}."
        ) from None
    if len(content) > _MOST_BYTES:
        raise ConfigurationError(f"{path} is longer than any file of keys.")
    try:
        found = _trusted_root(content) if content.lstrip().startswith(b"{") else _pem(content)
    except (ValueError, UnsupportedAlgorithm):
        found = []
    # Keys of other algorithms are passed over: they sign nothing that is verified here.
    keys = tuple(LogKey(key) for key in found if isinstance(key, Ed25519PublicKey | ec.EllipticCurvePublicKey))
    if not keys:
        raise ConfigurationError(
            f"{path} has no keys of a transparency log that can be read.",
            hint="It holds public keys (Ed25519 or ECDSA) in PEM, or is a trusted_root.json of Sigstore.",
        )
    return keys


def _pem(content: bytes) -> list[Any]:
    return [load_pem_public_key(part) for part in _PEM.findall(content)]


def _trusted_root(content: bytes) -> list[Any]:
    model = optional_library("sigstore_models.trustroot.v1", "A trusted_root.json is read", "transparency")
    logs = model.TrustedRoot.from_json(content).tlogs
    return [load_der_public_key(log.public_key.raw_bytes) for log in logs if log.public_key.raw_bytes]
