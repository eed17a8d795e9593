"""Bundles of OpenSSF model signing, made by its own library: keys, certificates, and what somebody changed in them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry.attestation.artifacts import digest_artifact
from registry.attestation.claims import claims_of
from registry.attestation.documents import SIGSTORE, read_document
from registry.attestation.judging import Asked, Attested, Verdict, judge_artifact
from registry.attestation.model_signing import verify_document
from registry.attestation.public_keys import read_public_key
from registry.attestation.trust import Trust, TrustedCertificates, TrustedKey
from registry.errors import InvalidAttestationError, RefutedAttestationError

signing = pytest.importorskip("model_signing.signing")
hashing = pytest.importorskip("model_signing.hashing")
PEM = serialization.Encoding.PEM


def _model(tmp_path: Path) -> Path:
    folder = tmp_path / "churn"
    (folder / "shards").mkdir(parents=True)
    (folder / "shards" / "1.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text("{}")
    return folder


def _private(path: Path, key: ec.EllipticCurvePrivateKey) -> Path:
    path.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


def _trusting(key: ec.EllipticCurvePrivateKey) -> Trust:
    public = key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Trust((TrustedKey(read_public_key(public.decode(), "publisher")),))


def _signed_by_key(tmp_path: Path, folder: Path) -> tuple[bytes, Trust]:
    key = ec.generate_private_key(ec.SECP256R1())
    config = signing.Config().use_elliptic_key_signer(private_key=_private(tmp_path / "key.pem", key))
    to = folder / "model.sig"
    config.set_hashing_config(hashing.Config().set_ignored_paths(paths=[to], ignore_git_paths=True))
    config.sign(folder, to)
    return to.read_bytes(), _trusting(key)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        (
            "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
            "decipher_only",
        ),
        False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=issuer is None, crl_sign=issuer is None, **usage),
            critical=True,
        )
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )


def _judge(folder: Path, content: bytes, trust: Trust) -> tuple[Verdict, tuple[str, ...]]:
    document = read_document(content)
    verified = verify_document(document, trust)
    attested = Attested("model.sig", document.digest, verified, None, given=True)
    judged = judge_artifact(digest_artifact(folder), [attested], Asked(True, None), 1.0)
    return judged.verdict, judged.reasons


def test_a_signed_model_is_verified_and_each_change_of_its_files_is_named(tmp_path: Path) -> None:
    folder = _model(tmp_path)
    content, trust = _signed_by_key(tmp_path, folder)
    assert read_document(content).sort == SIGSTORE
    assert _judge(folder, content, trust) == (Verdict.VERIFIED, ())
    assert _judge(folder, content, _trusting(ec.generate_private_key(ec.SECP256R1())))[0] is Verdict.REFUTED

    changes: list[tuple[Callable[[], Any], str]] = [
        (lambda: (folder / "shards" / "1.safetensors").write_bytes(b"other"), "other content: shards/1.safetensors"),
        (lambda: (folder / "extra.py").write_text("evil"), "not signed: extra.py"),
        (lambda: (folder / "config.json").unlink(), "missing: config.json"),
    ]
    for change, said in changes:
        change()
        verdict, reasons = _judge(folder, content, trust)
        assert verdict is Verdict.REFUTED
        assert said in reasons[0]


def test_the_folder_that_was_signed_has_the_digest_that_is_registered(tmp_path: Path) -> None:
    folder = _model(tmp_path)
    plain = digest_artifact(folder)
    content, trust = _signed_by_key(tmp_path, folder)
    claims = claims_of(verify_document(read_document(content), trust).statement)
    assert [claim.digests for claim in claims if claim.sort == "folder"] == [plain.digests]
    assert sorted(claim.name for claim in claims if not claim.whole) == ["config.json", "shards/1.safetensors"]


def _changed(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    bundle = json.loads(content)
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    change(statement)
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    return json.dumps(bundle).encode()


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "a\\..\\b", "a\0b"])
def test_names_that_lead_out_of_the_model_are_refused(tmp_path: Path, name: str) -> None:
    content, trust = _signed_by_key(tmp_path, _model(tmp_path))
    forged = _changed(content, lambda statement: statement["predicate"]["resources"][0].update(name=name))
    verified = verify_document(read_document(forged), trust)
    assert (verified.signers, verified.unknown) == ((), 1)
    with pytest.raises((InvalidAttestationError, RefutedAttestationError), match=r"leads out|not that of"):
        claims_of(verified.statement)


def test_a_list_that_is_not_what_was_summed_up_is_refused(tmp_path: Path) -> None:
    content, trust = _signed_by_key(tmp_path, _model(tmp_path))
    for change in (
        lambda said: said["predicate"]["resources"].pop(),
        lambda said: said["predicate"]["resources"][0].update(digest="0" * 64),
        lambda said: said["subject"][0].update(digest={"sha256": "0" * 64}),
        lambda said: said["subject"].append(said["subject"][0]),
    ):
        statement = verify_document(read_document(_changed(content, change)), trust).statement
        with pytest.raises(RefutedAttestationError):
            claims_of(statement)
    for change in (
        lambda said: said["predicate"].pop("resources"),
        lambda said: said["predicate"]["serialization"].update(method="shards"),
        lambda said: said["predicate"]["serialization"].update(hash_type="md5"),
    ):
        statement = verify_document(read_document(_changed(content, change)), trust).statement
        with pytest.raises(InvalidAttestationError):
            claims_of(statement)


def test_a_certificate_counts_by_its_root_and_its_name(tmp_path: Path) -> None:
    folder = _model(tmp_path)
    root_key, other_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    root, other = _certificate("Root", root_key, None), _certificate("Root", other_key, None)
    own = _certificate("publisher.example", key, (root, root_key))
    for name, certificate in (("root", root), ("other", other), ("own", own)):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(PEM))
    to = folder / "model.sig"
    config = signing.Config().use_certificate_signer(
        private_key=_private(tmp_path / "key.pem", key),
        signing_certificate=tmp_path / "own.pem",
        certificate_chain=[tmp_path / "root.pem"],
    )
    config.set_hashing_config(hashing.Config().set_ignored_paths(paths=[to], ignore_git_paths=True))
    config.sign(folder, to)
    content = to.read_bytes()

    def trust(root_name: str, *identities: str) -> Trust:
        return Trust((), (TrustedCertificates("publishers", tmp_path / f"{root_name}.pem", identities),))

    assert _judge(folder, content, trust("root", "publisher.example")) == (Verdict.VERIFIED, ())
    assert _judge(folder, content, trust("root", "somebody.else"))[0] is Verdict.REFUTED
    with pytest.raises(RefutedAttestationError):
        _judge(folder, content, trust("other", "publisher.example"))
    with pytest.raises(RefutedAttestationError):
        _judge(folder, _changed(content, lambda said: said.update(more=1)), trust("root", "*"))


def test_the_bundle_may_lie_in_the_folder_but_nothing_else_that_was_not_signed(tmp_path: Path) -> None:
    folder = _model(tmp_path)
    key = ec.generate_private_key(ec.SECP256R1())
    config = signing.Config().use_elliptic_key_signer(private_key=_private(tmp_path / "key.pem", key))
    config.sign(folder, folder / "model.sig")
    content = (folder / "model.sig").read_bytes()
    assert _judge(folder, content, _trusting(key)) == (Verdict.VERIFIED, ())
    (folder / "model.sig").write_bytes(content + b" ")
    assert _judge(folder, content, _trusting(key))[0] is Verdict.REFUTED
