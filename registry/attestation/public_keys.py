"""Public keys that verify envelopes: Ed25519 (a verifier key of the ledger's form, or PEM) and ECDSA on the curves of NIST (PEM)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from registry.attestation.envelope import key_id_of
from registry.errors import InvalidKeyError
from registry.ledger.keys import Algorithm, VerifierKey

_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "secp256r1": hashes.SHA256,
    "secp384r1": hashes.SHA384,
    "secp521r1": hashes.SHA512,
}
"""One hash for each curve: the signer does not choose."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key with the name that it is trusted under and the ids that envelopes may call it by."""

    name: str
    ids: frozenset[str]
    key: Ed25519PublicKey | ec.EllipticCurvePublicKey

    @property
    def scheme(self) -> str:
        """``ed25519``, or ``ecdsa-`` with the name of the curve."""
        return "ed25519" if isinstance(self.key, Ed25519PublicKey) else f"ecdsa-{self.key.curve.name}"

    @property
    def fingerprint(self) -> str:
        """``sha256:<hex>`` of the key in the form SubjectPublicKeyInfo."""
        return f"sha256:{hashlib.sha256(_spki(self.key)).hexdigest()}"

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether that is this key's signature on the message."""
        try:
            if isinstance(self.key, Ed25519PublicKey):
                self.key.verify(signature, message)
            else:
                self.key.verify(_der(signature, self.key), message, ec.ECDSA(_HASHES[self.key.curve.name]()))
        except (InvalidSignature, ValueError):
            return False
        return True


def read_public_key(text: str, name: str | None = None) -> PublicKey:
    """The key in a text: ``name+id+key`` or PEM. Raises InvalidKeyError for other forms, curves and sorts of keys."""
    stripped = text.strip()
    if stripped.startswith("-----BEGIN"):
        return _of_pem(stripped, name)
    verifier = VerifierKey.parse(stripped)
    if verifier.algorithm is not Algorithm.ED25519:
        raise InvalidKeyError("That is a witness's key, which signs checkpoints and no statements.")
    key = Ed25519PublicKey.from_public_bytes(verifier.public)
    return PublicKey(name or verifier.name, _ids(key) | {key_id_of(verifier.name, verifier.key_id)}, key)


def _der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    # Tools write the two numbers of a signature in DER or one behind the other.
    length = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * length or _is_der(signature):
        return signature
    return encode_dss_signature(int.from_bytes(signature[:length]), int.from_bytes(signature[length:]))


def _is_der(signature: bytes) -> bool:
    try:
        decode_dss_signature(signature)
    except ValueError:
        return False
    return True


def _of_pem(text: str, name: str | None) -> PublicKey:
    try:
        key = serialization.load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKeyError(
            "That is no public key in PEM.",
            hint="It begins with -----BEGIN PUBLIC KEY-----; never give the private one.",
        ) from None
    if not isinstance(key, Ed25519PublicKey | ec.EllipticCurvePublicKey):
        raise InvalidKeyError("Only Ed25519 and ECDSA keys verify statements.")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _HASHES:
        raise InvalidKeyError(f"The curve {key.curve.name} is not one of {', '.join(_HASHES)}.")
    return PublicKey(name or f"sha256:{hashlib.sha256(_spki(key)).hexdigest()}"[:23], _ids(key), key)


def _ids(key: Ed25519PublicKey | ec.EllipticCurvePublicKey) -> frozenset[str]:
    # What other tools call a key: the digest of its DER, with or without the name of the algorithm.
    digest = hashlib.sha256(_spki(key)).hexdigest()
    return frozenset((digest, f"SHA256:{digest}", f"sha256:{digest}"))


def _spki(key: Ed25519PublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
