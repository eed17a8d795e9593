"""Envelopes: the vectors of the specification, another implementation, and what somebody hostile would send."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as TheirEnvelope

from registry.attestation.documents import read_document
from registry.attestation.envelope import IN_TOTO, Envelope, Signature, pae, sign_statement
from registry.attestation.json_object import MAX_BYTES, parse_object
from registry.attestation.public_keys import read_public_key
from registry.attestation.statement import Statement, Subject
from registry.attestation.trust import Scope, Trust, TrustedKey
from registry.attestation.verification import verify_envelope
from registry.errors import InvalidAttestationError, InvalidKeyError, RefutedAttestationError
from registry.ledger.keys import Algorithm, new_key

DIGEST = "ab" * 32
STATEMENT = Statement((Subject("model", {"sha256": DIGEST}),), "https://example.org/said/v1", {"so": True})


def trusting(*keys: object, scope: Scope = Scope()) -> Trust:  # noqa: B008 - frozen
    return Trust(tuple(TrustedKey(read_public_key(key.verifier.text), scope) for key in keys))  # type: ignore[attr-defined]


def test_the_vector_of_the_specification_is_met() -> None:
    # github.com/secure-systems-lab/dsse, protocol.md, "Test Vectors"
    content = json.dumps(
        {
            "payload": "aGVsbG8gd29ybGQ=",
            "payloadType": "http://example.com/HelloWorld",
            "signatures": [
                {"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}
            ],
        }
    ).encode()
    envelope = Envelope.parse(content)
    assert envelope.signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    x = 46950820868899156662930047687818585632848591499744589407958293238635476079160
    y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    key = read_public_key(pem)
    assert key.has_signed(envelope.signed, envelope.signatures[0].content)
    assert not key.has_signed(envelope.signed + b" ", envelope.signatures[0].content)


@given(st.text(min_size=1, max_size=40), st.binary(max_size=60))
def test_what_is_signed_is_what_another_implementation_signs(kind: str, payload: bytes) -> None:
    try:
        kind.encode()
    except UnicodeEncodeError:
        return
    assert pae(kind, payload) == TheirEnvelope(payload, kind, {}).pae()


@given(
    st.tuples(st.binary(max_size=12), st.binary(max_size=12)), st.tuples(st.binary(max_size=12), st.binary(max_size=12))
)
def test_no_two_contents_are_signed_by_the_same_bytes(one: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> None:
    texts = [pae(kind.hex(), payload) for kind, payload in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)


def test_a_signed_statement_is_verified_and_read_back() -> None:
    key = new_key("ci.example")
    envelope = Envelope.parse(json.dumps(sign_statement(STATEMENT.to_bytes(), key).as_json()).encode())
    verified = verify_envelope(envelope, trusting(key))
    assert verified.statement == STATEMENT
    assert [item.name for item in verified.signers] == ["ci.example"]
    assert (verified.unknown, verified.invalid) == (0, ())


def test_url_safe_base64_without_padding_is_read() -> None:
    payload = b"\xfb\xff\xfe{"
    text = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    envelope = Envelope.of({"payload": text, "payloadType": "x", "signatures": [{"sig": text}]})
    assert envelope.payload == envelope.signatures[0].content == payload


def test_one_good_signature_beside_a_bad_one_counts_and_the_bad_one_is_named() -> None:
    good, bad, stranger = new_key("good.example"), new_key("bad.example"), new_key("stranger.example")
    payload = STATEMENT.to_bytes()
    forged = Signature(sign_statement(payload, bad).signatures[0].keyid, b"\x00" * 64)
    envelope = Envelope(
        IN_TOTO,
        payload,
        (forged, *sign_statement(payload, stranger).signatures, *sign_statement(payload, good).signatures),
    )
    verified = verify_envelope(envelope, trusting(good, bad))
    assert [item.name for item in verified.signers] == ["good.example"]
    assert (verified.unknown, verified.invalid) == (1, ("bad.example",))
    with pytest.raises(RefutedAttestationError):
        verify_envelope(Envelope(IN_TOTO, payload, (forged,)), trusting(good, bad))
    assert verify_envelope(envelope, trusting(stranger)).unknown == 2  # those of unknown ids


def test_the_id_of_a_key_lends_nobody_its_name() -> None:
    trusted, thief = new_key("ci.example"), new_key("thief.example")
    payload = STATEMENT.to_bytes()
    stolen = Signature(
        sign_statement(payload, trusted).signatures[0].keyid, sign_statement(payload, thief).signatures[0].content
    )
    with pytest.raises(RefutedAttestationError):
        verify_envelope(Envelope(IN_TOTO, payload, (stolen,)), trusting(trusted))
    # And one that is right counts whatever it calls the key.
    renamed = Signature("somebody", sign_statement(payload, trusted).signatures[0].content)
    assert verify_envelope(Envelope(IN_TOTO, payload, (renamed,)), trusting(trusted)).signers


def test_a_signature_twice_is_one_signer() -> None:
    key = new_key("ci.example")
    payload = STATEMENT.to_bytes()
    signatures = sign_statement(payload, key).signatures
    assert len(verify_envelope(Envelope(IN_TOTO, payload, signatures * 3), trusting(key)).signers) == 1


def test_a_payload_of_another_type_is_no_statement_though_its_bytes_are_one() -> None:
    key = new_key("ci.example")
    payload = STATEMENT.to_bytes()
    signed_as = "application/json"
    other = Envelope(signed_as, payload, (Signature("", key.sign(pae(signed_as, payload).decode(), 0)),))
    with pytest.raises(InvalidAttestationError, match="application/json"):
        verify_envelope(other, trusting(key))
    # The type is changed outside: the signature no longer fits.
    relabelled = Envelope(IN_TOTO, payload, other.signatures)
    assert verify_envelope(relabelled, trusting(key)).signers == ()


def test_every_changed_byte_of_the_payload_and_the_signature_is_found() -> None:
    key = new_key("ci.example")
    envelope = sign_statement(STATEMENT.to_bytes(), key)
    for place in range(len(envelope.payload)):
        payload = bytearray(envelope.payload)
        payload[place] ^= 1
        with pytest.raises((RefutedAttestationError, InvalidAttestationError)):
            verify_envelope(Envelope(IN_TOTO, bytes(payload), envelope.signatures), trusting(key))
    keyid, content = envelope.signatures[0].keyid, envelope.signatures[0].content
    for place in range(len(content)):
        signature = bytearray(content)
        signature[place] ^= 1
        with pytest.raises(RefutedAttestationError):
            verify_envelope(Envelope(IN_TOTO, envelope.payload, (Signature(keyid, bytes(signature)),)), trusting(key))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"payload": "", "payload": "", "payloadType": "x", "signatures": [{"sig": "AA=="}]}',
        b'{"payloadType": "x", "payload": "AA==", "signatures": []}',
        b'{"payloadType": "x", "payload": "AA==", "signatures": [{"sig": ""}]}',
        b'{"payloadType": "x", "payload": "AA==", "signatures": [7]}',
        b'{"payloadType": "x", "payload": "AA==", "signatures": [{"sig": "AA==", "keyid": 7}]}',
        b'{"payloadType": "", "payload": "AA==", "signatures": [{"sig": "AA=="}]}',
        b'{"payloadType": "x", "payload": "A!==", "signatures": [{"sig": "AA=="}]}',
        b'{"payloadType": "x", "payload": null, "signatures": [{"sig": "AA=="}]}',
        b'{"payloadType": "x", "payload": "AA==", "signatures": [' + b'{"sig": "AA=="},' * 64 + b'{"sig": "AA=="}]}',
        b'{"payloadType": "\\ud800", "payload": "AA==", "signatures": [{"sig": "AA=="}]}',
        b'{"a": NaN, "payloadType": "x", "payload": "AA==", "signatures": [{"sig": "AA=="}]}',
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b'{"a": ' + b"1" * 5000 + b"}",
    ],
)
def test_what_is_no_envelope_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidAttestationError):
        Envelope.parse(content)


def test_what_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidAttestationError, match="more than"):
        parse_object(b" " * (MAX_BYTES + 1), "It")


@pytest.mark.parametrize(
    "document",
    [
        {"mediaType": "application/json", "dsseEnvelope": {}, "verificationMaterial": {}},
        {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "messageSignature": {}},
        {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": {}, "verificationMaterial": {}},
        {},
    ],
)
def test_what_is_no_signed_document_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(InvalidAttestationError):
        read_document(json.dumps(document).encode())


def _statement(**changed: object) -> bytes:
    said = json.loads(STATEMENT.to_bytes()) | changed
    return json.dumps({name: value for name, value in said.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    "content",
    [
        _statement(_type="https://in-toto.io/Statement/v0.1"),
        _statement(_type=...),
        _statement(predicateType=...),
        _statement(predicateType=7),
        _statement(predicate=[]),
        _statement(subject=[]),
        _statement(subject={}),
        _statement(subject=[7]),
        _statement(subject=[{"name": "x"}]),
        _statement(subject=[{"name": "x", "digest": {}}]),
        _statement(subject=[{"name": "x", "digest": {"sha256": "ab"}}]),
        _statement(subject=[{"name": "x", "digest": {"sha256": "xy" * 32}}]),
        _statement(subject=[{"name": "x", "digest": {"sha256": None}}]),
        _statement(subject=[{"name": 7, "digest": {"sha256": DIGEST}}]),
        _statement(subject=[{"name": "x", "uri": 7, "digest": {"sha256": DIGEST}}]),
        STATEMENT.to_bytes()[:-1] + b',"subject":[]}',
    ],
)
def test_what_is_no_statement_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidAttestationError):
        Statement.parse(content)


def test_a_witness_key_and_other_sorts_of_keys_do_not_attest() -> None:
    with pytest.raises(InvalidAttestationError):
        sign_statement(b"{}", new_key("witness.example", Algorithm.COSIGNATURE))
    with pytest.raises(InvalidKeyError):
        read_public_key(new_key("witness.example", Algorithm.COSIGNATURE).verifier.text)
    public = ec.generate_private_key(ec.SECP256K1()).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(InvalidKeyError, match="curve"):
        read_public_key(pem)
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(InvalidKeyError) as refused:
        read_public_key(private.decode())
    assert private.decode().splitlines()[1] not in str(refused.value)
