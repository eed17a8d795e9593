"""Having a Rekor log (version 2) take up that a document existed. Needs the extra ``transparency``.

The log is sent a digest, a signature and the public key for it; never the document. What it answers is verified before
anybody is told that there is an anchor, and put into a bundle of Sigstore, which other programs read, too.

The key is one of ECDSA on P-256, made for anchoring. Rekor takes what is signed by its digest, so no key that signs
with plain Ed25519, as the ledger's does; of the digests it takes for Ed25519 (Ed25519ph) the library here makes none. And
two signatures of ECDSA on the same are different: what is sent again after an answer was lost is a new entry, where the
same entry again would be refused without a proof.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from registry.anchors.asking import check_address, post
from registry.anchors.log_keys import LogKey
from registry.anchors.rekor_bundle import MEDIA_TYPE, SIGNATURE, Anchor, model, read_model, verify_anchor
from registry.anchors.timestamps import Authority, request_timestamp
from registry.errors import InvalidKeyError
from registry.ledger.key_files import read_secret_file, write_secret_file

_PATH: Final = "/api/v2/log/entries"
_SECONDS: Final = 40.0
"""The log answers only when its next head is signed (and cosigned), which takes it up to 20 seconds."""
_MOST_BYTES: Final = 256 * 1024
_WHO: Final = "The transparency log"


@dataclass(frozen=True, slots=True)
class RekorLog:
    """A log, the keys that it is known by, and the key that signs what it is sent."""

    url: str
    keys: Sequence[LogKey]
    key: ec.EllipticCurvePrivateKey
    authority: Authority | None = None
    """Whose time stamp on the signature says when: the log states no time."""

    def anchor(self, document: bytes) -> tuple[bytes, Anchor]:
        """Have the log take the document up; the bundle, verified. Takes seconds.

        Raises ConfigurationError where the log or the authority does not answer or refuses, InvalidAnchorError or
        InvalidTimestampError where what it answers does not hold. The authority is asked first: an anchor has its time, or
        there is none.
        """
        signature = self.key.sign(document, ec.ECDSA(hashes.SHA256()))
        digest = hashlib.sha256(document).digest()
        asked, stamp = self.authority, None
        if asked is not None:
            stamp, _ = request_timestamp(asked.url, signature, asked.roots)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = _request(digest, signature, self.key)
        answer = post(self.url.rstrip("/") + _PATH, request, headers, who=_WHO, seconds=_SECONDS, most=_MOST_BYTES)
        bundle = _bundle(answer, digest, signature, self.key, stamp)
        return bundle, verify_anchor(bundle, document, self.keys, None if asked is None else asked.roots)


def check_rekor(url: str) -> None:
    """Raise ConfigurationError unless that is an address of a log, and the packages that speak with one are there."""
    check_address(url, _WHO)
    model("rekor.v2.entry")


def anchoring_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key in a file (PEM, mode 0600), made where there is none. Raises InvalidKeyError."""
    if not path.exists():
        fresh = ec.generate_private_key(ec.SECP256R1())
        pem = fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_secret_file(path, pem)
    try:
        key = load_pem_private_key(read_secret_file(path), None)
    except (ValueError, TypeError):
        raise InvalidKeyError(f"{path} is no private key in PEM without a password.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidKeyError("A key for anchoring is one of ECDSA on P-256: other ones are not taken by every log.")
    return key


def public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half, by which others find and attribute what is in the log."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _request(digest: bytes, signature: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    verifier = model("rekor.v2.verifier")
    signed = verifier.Signature(
        content=_encoded(signature),
        verifier=verifier.Verifier(
            public_key=verifier.PublicKey(raw_bytes=_encoded(_der(key))),
            key_details=model("common.v1").PublicKeyDetails(SIGNATURE),
        ),
    )
    asked = model("rekor.v2.hashedrekord").HashedRekordRequestV002(digest=_encoded(digest), signature=signed)
    request: str = model("rekor.v2.entry").CreateEntryRequest(hashed_rekord_request_v002=asked).to_json()
    return request.encode()


def _bundle(
    answer: bytes, digest: bytes, signature: bytes, key: ec.EllipticCurvePrivateKey, stamp: bytes | None
) -> bytes:
    """A bundle of Sigstore; its hint is the digest of the key, as other signers write it."""
    common, bundle = model("common.v1"), model("bundle.v1")
    entry = read_model(model("rekor.v1").TransparencyLogEntry, answer, "The answer of the transparency log")
    hint = base64.b64encode(hashlib.sha256(_der(key)).digest()).decode()
    stamps = [] if stamp is None else [common.RFC3161SignedTimestamp(signed_timestamp=_encoded(stamp))]
    material: dict[str, Any] = {"public_key": common.PublicKeyIdentifier(hint=hint), "tlog_entries": [entry]}
    if stamps:
        material["timestamp_verification_data"] = bundle.TimestampVerificationData(rfc3161_timestamps=stamps)
    made = bundle.Bundle(
        media_type=MEDIA_TYPE,
        verification_material=bundle.VerificationMaterial(**material),
        message_signature=common.MessageSignature(
            message_digest=common.HashOutput(algorithm=common.HashAlgorithm.SHA2_256, digest=_encoded(digest)),
            signature=_encoded(signature),
        ),
    )
    text: str = made.to_json()
    return text.encode() + b"\n"


def _encoded(content: bytes) -> bytes:
    return base64.b64encode(content)


def _der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
