"""Signed documents as they come: a DSSE envelope by itself, or in a bundle of Sigstore, as OpenSSF model signing writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from registry.attestation.envelope import Envelope, decode_base64, digest_of
from registry.attestation.json_object import parse_object
from registry.errors import InvalidAttestationError

DSSE: Final = "dsse"
SIGSTORE: Final = "sigstore"
_BUNDLE: Final = "application/vnd.dev.sigstore.bundle"
_MAX_CERTIFICATES: Final = 16


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """An envelope, the document it came in (its bytes, its sort), and the certificates (DER, the signer's first) in that.

    Nothing of it is verified. ``logged`` says that entries of a transparency log are with it.
    """

    content: bytes
    sort: str
    envelope: Envelope
    certificates: tuple[bytes, ...] = ()
    logged: bool = False

    @property
    def digest(self) -> str:
        """``sha256:<hex>`` of the document as it came."""
        return digest_of(self.content)


def read_document(content: bytes) -> SignedDocument:
    """Read a signed document. Raises InvalidAttestationError where it is neither an envelope nor a bundle with one."""
    said = parse_object(content, "The attestation")
    if "payload" in said:
        return SignedDocument(content, DSSE, Envelope.of(said))
    inner, material = said.get("dsseEnvelope"), said.get("verificationMaterial")
    if not str(said.get("mediaType")).startswith(_BUNDLE) or not isinstance(inner, dict):
        raise InvalidAttestationError(
            "That is neither a DSSE envelope nor a Sigstore bundle with one.",
            hint="An envelope has payload, payloadType and signatures; a bundle has mediaType and dsseEnvelope.",
        )
    if not isinstance(material, dict):
        raise InvalidAttestationError("The bundle has no verificationMaterial.")
    return SignedDocument(
        content, SIGSTORE, Envelope.of(inner), _certificates(material), bool(material.get("tlogEntries"))
    )


def _certificates(material: dict[str, Any]) -> tuple[bytes, ...]:
    chain = material.get("x509CertificateChain")
    found = chain.get("certificates") if isinstance(chain, dict) else None
    single = material.get("certificate")
    listed = found if isinstance(found, list) else [single] if isinstance(single, dict) else []
    if len(listed) > _MAX_CERTIFICATES:
        raise InvalidAttestationError(f"The bundle has more than {_MAX_CERTIFICATES} certificates.")
    return tuple(
        decode_base64(item.get("rawBytes") if isinstance(item, dict) else None, "certificate") for item in listed
    )
