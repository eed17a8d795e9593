"""Time stamps of an authority (RFC 3161) on a document: that it existed at a time, by somebody else's clock and key.

Needs the extra ``timestamps``. Verifying opens no connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from registry.anchors.asking import check_address, optional_library, post
from registry.errors import ConfigurationError, InvalidTimestampError

MAX_DOCUMENT: Final = 64 * 1024 * 1024
_MAX_RESPONSE: Final = 256 * 1024
_SECONDS: Final = 30.0
_WHO: Final = "The authority for time stamps"
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A verified time stamp: when, by whose clock, and its serial number there."""

    time: datetime
    authority: str
    serial: int


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that stamps on request, and the roots (PEM) that its certificates have to be of."""

    url: str
    roots: Path


def request_timestamp(url: str, document: bytes, roots: Path) -> tuple[bytes, Timestamp]:
    """Have an authority stamp a document; the response as it came, verified. Only a digest of the document is sent.

    Raises InvalidTimestampError, and ConfigurationError where the authority does not answer or the extra is not there.
    """
    client = _library("rfc3161_client")
    builder = client.TimestampRequestBuilder().data(document)
    asked = builder.hash_algorithm(_library("rfc3161_client.base").HashAlgorithm.SHA512).build()
    headers = {"Content-Type": _QUERY, "Accept": _REPLY}
    answer = post(url, asked.as_bytes(), headers, who=_WHO, seconds=_SECONDS, most=_MAX_RESPONSE)
    return answer, verify_timestamp(answer, document, roots, nonce=asked.nonce)


def check_authority(url: str, roots: Path) -> None:
    """Raise ConfigurationError unless that is an address, the roots can be read, and the extra is there."""
    check_address(url, _WHO)
    _library("rfc3161_client")
    read_roots(roots)


def verify_timestamp(response: bytes, document: bytes, roots: Path, *, nonce: int | None = None) -> Timestamp:
    """Check that an authority of one of these roots (PEM) has stamped that document.

    Raises InvalidTimestampError where it has not, ConfigurationError where the roots cannot be read.
    """
    client = _library("rfc3161_client")
    builder = client.VerifierBuilder(roots=read_roots(roots), nonce=nonce)
    if len(response) > _MAX_RESPONSE:
        raise InvalidTimestampError("The time stamp is too long to be one.")
    try:
        decoded = client.decode_timestamp_response(response)
        builder.build().verify_message(decoded, document)
        found = decoded.tst_info
        return Timestamp(found.gen_time, _authority(decoded), found.serial_number)
    except (ValueError, _library("rfc3161_client.errors").VerificationError) as error:
        raise InvalidTimestampError(f"The time stamp does not hold: {str(error)[:200]}.") from None


def _authority(decoded: Any) -> str:
    """Who signed: the subject of the certificate that the signature names, else its issuer."""
    signer = next(iter(decoded.signed_data.signer_infos))
    for content in decoded.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(content)
        if (certificate.issuer, certificate.serial_number) == (signer.issuer, signer.serial_number):
            return certificate.subject.rfc4514_string()
    return str(signer.issuer.rfc4514_string())


def read_roots(path: Path) -> list[x509.Certificate]:
    """The certificates of a file, in PEM. Raises ConfigurationError."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise ConfigurationError(f"{path} has no certificates in PEM that could be read.") from None


def _library(name: str) -> Any:
    return optional_library(name, "Time stamps are read", "timestamps")
