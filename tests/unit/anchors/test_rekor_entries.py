"""Entries that no log takes from outside, put into the tree by the log itself: the head is signed, and they are not believed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry.anchors.log_keys import LogKey
from registry.anchors.rekor_bundle import MEDIA_TYPE, verify_anchor
from registry.errors import InvalidAnchorError
from tests.unit.anchors.transparency_log import NAME, TransparencyLog, text

pytest.importorskip("sigstore_models")

HEAD = b"log.example/lineage\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
Key = ec.EllipticCurvePrivateKey | Ed25519PrivateKey


@pytest.fixture
def log() -> TransparencyLog:
    found = TransparencyLog()
    found.entries.append(b"of another")
    return found


def entry(key: Key, signature: bytes | None = None, details: str = "PKIX_ECDSA_P256_SHA_256") -> dict[str, Any]:
    if signature is None and isinstance(key, Ed25519PrivateKey):
        signature = key.sign(HEAD)
    elif signature is None and isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(HEAD, ec.ECDSA(hashes.SHA256()))
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    verifier = {"keyDetails": details, "publicKey": {"rawBytes": text(der)}}
    data = {"algorithm": "SHA2_256", "digest": text(hashlib.sha256(HEAD).digest())}
    rekord = {"data": data, "signature": {"content": text(signature or b""), "verifier": verifier}}
    return {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": rekord}}


def bundle(log: TransparencyLog, body: dict[str, Any]) -> dict[str, Any]:
    """The bundle for an entry that the log has put into its tree."""
    log.entries.append(rfc8785.dumps(body))
    answer = {name: value for name, value in log.answer(len(log.entries) - 1).items() if value is not None}
    rekord = body["spec"]["hashedRekordV002"]
    signed = rekord["signature"]
    der = base64.b64decode(next(item for item in signed["verifier"].values() if isinstance(item, dict))["rawBytes"])
    hint = base64.b64encode(hashlib.sha256(der).digest()).decode()
    return {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": hint}, "tlogEntries": [answer]},
        "messageSignature": {"messageDigest": rekord["data"], "signature": signed["content"]},
    }


def verified(log: TransparencyLog, found: dict[str, Any], roots: Path | None = None) -> Any:
    return verify_anchor(json.dumps(found).encode(), HEAD, [LogKey(log.key.public_key())], roots)


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def of_kind(**kind: str) -> dict[str, Any]:
    return entry(p256()) | kind


def by_sha512() -> dict[str, Any]:
    found = entry(p256())
    found["spec"]["hashedRekordV002"]["data"]["algorithm"] = "SHA2_512"
    return found


def by_certificate() -> dict[str, Any]:
    found = entry(p256())
    verifier = found["spec"]["hashedRekordV002"]["signature"]["verifier"]
    verifier["x509Certificate"] = verifier.pop("publicKey")
    return found


BODIES: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "another kind": (lambda: of_kind(kind="intoto"), "is not a hashedrekord"),
    "another version": (lambda: of_kind(apiVersion="0.0.3"), "is not a hashedrekord"),
    "another digest's algorithm": (by_sha512, "not by SHA-256"),
    "a certificate": (by_certificate, "not signed by a key of ECDSA"),
    "no signature of the key": (lambda: entry(p256(), signature=b"x"), "signature in the entry"),
    "another curve": (lambda: entry(ec.generate_private_key(ec.SECP384R1())), "signature in the entry"),
    "Ed25519 under the name of ECDSA": (lambda: entry(Ed25519PrivateKey.generate()), "signature in the entry"),
    "Ed25519": (lambda: entry(Ed25519PrivateKey.generate(), details="PKIX_ED25519"), "not signed by a key of ECDSA"),
}


@pytest.mark.parametrize("body", BODIES)
def test_an_entry_that_no_log_takes_is_not_believed(body: str, log: TransparencyLog) -> None:
    make, named = BODIES[body]
    with pytest.raises(InvalidAnchorError, match=named):
        verified(log, bundle(log, make()))


def _two(found: dict[str, Any]) -> None:
    found["verificationMaterial"]["tlogEntries"] *= 2


def _none(found: dict[str, Any]) -> None:
    found["verificationMaterial"]["tlogEntries"] = []


def _certified(found: dict[str, Any]) -> None:
    del found["verificationMaterial"]["publicKey"]
    found["verificationMaterial"]["certificate"] = {"rawBytes": "AAAA"}


def _enveloped(found: dict[str, Any]) -> None:
    del found["messageSignature"]
    found["dsseEnvelope"] = {"payload": "AAAA", "payloadType": "x", "signatures": [{"sig": "AAAA"}]}


def _unstated(found: dict[str, Any]) -> None:
    del found["messageSignature"]["messageDigest"]


def _restated(found: dict[str, Any]) -> None:
    found["messageSignature"]["messageDigest"] = {
        "algorithm": "SHA2_512",
        "digest": text(hashlib.sha256(HEAD).digest()),
    }


def _of_another(found: dict[str, Any]) -> None:
    found["messageSignature"]["messageDigest"] = {"algorithm": "SHA2_256", "digest": text(bytes(32))}


def _hinted(found: dict[str, Any]) -> None:
    found["verificationMaterial"]["publicKey"]["hint"] = text(bytes(32))


def _promised(found: dict[str, Any]) -> None:
    found["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"] = {"signedEntryTimestamp": "AAAA"}


def _long(found: dict[str, Any]) -> None:
    found["verificationMaterial"]["publicKey"]["hint"] = "x" * 2_000_000


BUNDLES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "two entries": (_two, "not of one entry"),
    "no entry": (_none, "not of one entry"),
    "of a certificate": (_certified, "not of one entry that is signed by a key"),
    "of an envelope": (_enveloped, "not of one entry"),
    "without the digest": (_unstated, "not by SHA-256"),
    "of another algorithm": (_restated, "not by SHA-256"),
    "of another digest": (_of_another, "another document"),
    "naming another key": (_hinted, "names another key"),
    "with a promise": (_promised, "a time, which nobody has signed"),
    "long": (_long, "too long"),
}


@pytest.mark.parametrize("how", BUNDLES)
def test_a_bundle_that_says_more_than_its_entry_is_refused(how: str, log: TransparencyLog) -> None:
    change, named = BUNDLES[how]
    found = bundle(log, entry(p256()))
    change(found)
    with pytest.raises(InvalidAnchorError, match=named):
        verified(log, found)


def test_one_without_a_time_has_none_where_an_authority_is_trusted(log: TransparencyLog, tmp_path: Path) -> None:
    anchor = verified(log, bundle(log, entry(p256())), tmp_path / "roots.pem")
    assert (anchor.log, anchor.index, anchor.size, anchor.time) == (NAME, 1, 2, None)
