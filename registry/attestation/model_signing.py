"""Bundles of OpenSSF model signing whose signer has a certificate, or an identity instead of a key (the extra ``signing``).

Bundles signed by a key need no extra: they are envelopes. Nothing here opens a connection.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509

from registry.attestation.documents import SIGSTORE, SignedDocument
from registry.attestation.statement import Statement
from registry.attestation.trust import Trust, TrustedCertificates, TrustedIdentity
from registry.attestation.verification import Signer, Verified, verify_envelope
from registry.errors import ConfigurationError, RefutedAttestationError

if TYPE_CHECKING:
    from collections.abc import Callable


def verify_document(document: SignedDocument, trust: Trust) -> Verified:
    """Who has signed a document: with keys, with certificates of trusted roots, or by trusted identities.

    Raises as :func:`registry.attestation.verification.verify_envelope`, RefutedAttestationError where a certificate of a
    trusted identity does not verify, and ConfigurationError where the extra is wanted and not installed.
    """
    verified = verify_envelope(document.envelope, trust)
    if document.sort != SIGSTORE or not document.certificates:
        return verified
    signers = [*verified.signers]
    if document.logged:
        signers += [_by_identity(document, item) for item in trust.identities if _names(document, item.identity)]
    else:
        signers += [
            _by_certificate(document, item) for item in trust.certificates if _names(document, *item.identities)
        ]
    unknown = verified.unknown if len(signers) == len(verified.signers) else max(0, verified.unknown - 1)
    return Verified(verified.statement, tuple(signers), unknown, verified.invalid)


def _names(document: SignedDocument, *identities: str) -> bool:
    """Whether the signer's certificate says that it is of one of these; nobody has vouched for that yet."""
    try:
        certificate = x509.load_der_x509_certificate(document.certificates[0])
        found = {str(item.value) for item in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)}
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found |= {str(getattr(item, "value", "")) for item in names}
    except x509.ExtensionNotFound:
        pass
    except ValueError:
        return False
    return "*" in identities or not found.isdisjoint(identities)


def _by_certificate(document: SignedDocument, trusted: TrustedCertificates) -> Signer:
    verifier = _library("sign_certificate").Verifier([trusted.roots])
    return Signer(trusted.name, "x509", trusted.scope) if _holds(document, verifier, "sign_sigstore_pb") else _never()


def _by_identity(document: SignedDocument, trusted: TrustedIdentity) -> Signer:
    verifier = _library("sign_sigstore").Verifier(
        identity=trusted.identity, oidc_issuer=trusted.issuer, trust_config=trusted.trust_config
    )
    return (
        Signer(trusted.identity, "sigstore", trusted.scope) if _holds(document, verifier, "sign_sigstore") else _never()
    )


def _holds(document: SignedDocument, verifier: Any, module: str) -> bool:
    """Whether the library finds the signature good, on just the payload that we have read. Raises RefutedAttestationError."""
    read: Callable[[Path], Any] = _library(module).Signature.read
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.json"
        path.write_bytes(document.content)
        try:
            # What it returns is told from the signature; the statement itself is read by us alone.
            payload_type, payload = verifier._verify_signed_content(read(path))  # noqa: SLF001 - nothing public tells the two apart
        except Exception as error:  # noqa: BLE001 - the library raises what its own libraries raise
            raise RefutedAttestationError(
                f"The certificate or the signature of the bundle does not verify ({type(error).__name__})."
            ) from None
    if (payload_type, payload) != (document.envelope.payload_type, document.envelope.payload):
        raise RefutedAttestationError("The bundle can be read in two ways.")
    Statement.parse(payload)
    return True


def _never() -> Signer:
    raise AssertionError("what does not hold is raised")


def _library(module: str) -> Any:
    try:
        from importlib import import_module

        return import_module(f"model_signing._signing.{module}")
    except ImportError:
        raise ConfigurationError(
            "Certificates and identities are verified by model-signing, which is not installed.",
            hint="pip install 'lineage-registry[signing]'. Bundles that are signed by a key need nothing more.",
        ) from None
