"""Anchors in a Rekor log: what a real one answered, what somebody changed of it, and how the outside fails."""

from __future__ import annotations

import base64
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from registry.anchors import rekor
from registry.anchors.log_keys import LogKey, read_log_keys
from registry.anchors.rekor import RekorLog, anchoring_key
from registry.anchors.rekor_bundle import Anchor, verify_anchor
from registry.errors import ConfigurationError, InvalidAnchorError, InvalidKeyError
from registry.ledger.keys import Algorithm, new_key
from registry.ledger.note import SignedNote, sign_note
from tests.unit.anchors.transparency_log import Answer, TransparencyLog, running_log, text

pytest.importorskip("sigstore_models")

HEAD = b"log.example/lineage\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
REAL = json.loads((Path(__file__).parent / "rekor_answers.json").read_text(encoding="utf-8"))
SIGSTORE_LOG = {  # of the public log, as Sigstore publishes it
    "key": "MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244=",
    "id": "zxGZFVvd0FEmjR8WrFwMdcAJ9vtaY/QXf44Y1wUeP6A=",
    "name": "log2025-1.rekor.sigstore.dev",
}


def keys_of(item: dict[str, Any], folder: Path) -> tuple[LogKey, ...]:
    path = folder / "log.pem"
    path.write_text(item["log_key"])
    return read_log_keys(path)


@pytest.fixture
def log() -> Iterator[TransparencyLog]:
    with running_log() as found:
        yield found


@pytest.fixture
def asked(log: TransparencyLog, tmp_path: Path) -> RekorLog:
    """The log as it is asked."""
    return RekorLog(log.url, read_log_keys(log.public_key(tmp_path / "log.pem")), anchoring_key(tmp_path / "key.pem"))


@pytest.mark.parametrize("item", REAL, ids=lambda item: item["log_key_type"])
def test_what_a_real_log_answered_holds_for_its_document_only(item: dict[str, Any], tmp_path: Path) -> None:
    bundle, document, keys = json.dumps(item["bundle"]).encode(), item["document"].encode(), keys_of(item, tmp_path)
    assert verify_anchor(bundle, document, keys) == Anchor(**item["anchor"])
    with pytest.raises(InvalidAnchorError, match="of another document"):
        verify_anchor(bundle, document.replace(b"17", b"18"), keys)
    others = [other for other in REAL if other is not item]
    with pytest.raises(InvalidAnchorError, match="not signed by a key that is trusted"):
        verify_anchor(bundle, document, [key for other in others for key in keys_of(other, tmp_path)])


@pytest.mark.parametrize("item", REAL, ids=lambda item: item["log_key_type"])
def test_whatever_byte_of_a_real_answer_is_changed_it_says_nothing_else(item: dict[str, Any], tmp_path: Path) -> None:
    bundle, document, keys = json.dumps(item["bundle"]).encode(), item["document"].encode(), keys_of(item, tmp_path)
    honest, held = Anchor(**item["anchor"]), 0
    for at in range(len(bundle)):
        changed = bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :]
        try:
            assert verify_anchor(changed, document, keys) == honest
            held += 1
        except InvalidAnchorError:
            continue
    assert held < 10  # the last characters of base64 have bits that say nothing


def test_a_document_is_taken_up_each_time_it_is_sent(log: TransparencyLog, asked: RekorLog) -> None:
    for number in range(3):
        bundle, anchor = asked.anchor(HEAD)
        assert (anchor.index, anchor.size) == (number, number + 1)
        assert verify_anchor(bundle, HEAD, asked.keys) == anchor
    assert all(HEAD.split(b"\n")[0] not in json.dumps(item).encode() for item in log.asked)  # nothing of it is sent


def test_an_older_entry_of_a_greater_tree_holds(log: TransparencyLog, asked: RekorLog) -> None:
    log.entries.append(b"of others")

    def later(answer: Answer) -> Answer:
        log.entries.extend(f"of others {number}".encode() for number in range(9))
        return 201, {}, json.dumps(log.answer(1)).encode()

    log.misbehave = later
    _, anchor = asked.anchor(HEAD)
    assert (anchor.index, anchor.size) == (1, 11)


def changed(found: dict[str, Any], *path: str | int, to: Any) -> bytes:
    place: Any = found
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return json.dumps(found).encode()


LIES: dict[str, tuple[tuple[str | int, ...], Any, str]] = {
    "another place": (("logIndex",), "0", "shorter than the tree"),
    "another proof": (("inclusionProof", "hashes", 0), text(bytes(32)), "leads to another root"),
    "no proof": (("inclusionProof", "hashes"), [], "shorter than the tree"),
    "short hashes": (("inclusionProof", "hashes", 0), text(b"x"), "32 bytes"),
    "no head": (("inclusionProof", "checkpoint"), None, "has no head"),
    "a head in no form": (("inclusionProof", "checkpoint", "envelope"), "x", "does not hold"),
    "another size": (("inclusionProof", "treeSize"), "7", "other things than its signed head"),
    "another root": (("inclusionProof", "rootHash"), text(bytes(32)), "other things than its signed head"),
    "another log": (("logId", "keyId"), text(bytes(32)), "other things than its signed head"),
    "another place in the proof": (("inclusionProof", "logIndex"), "0", "other things than its signed head"),
    "a time": (("integratedTime",), "1795320000", "a time, which nobody has signed"),
    "another kind": (("kindVersion", "version"), "0.0.3", "is not a hashedrekord 0.0.2"),
    "no entry": (("canonicalizedBody",), text(b"{}"), "is not in its form"),
    "a field that nobody knows": (("later",), "x", "is not in its form: later"),
    "a field that colours a terminal": (("\x1b[31m",), "x", r"is not in its form: \\x1b\[31m"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_of_the_log_is_named_and_nothing_is_kept(lie: str, log: TransparencyLog, asked: RekorLog) -> None:
    path, to, named = LIES[lie]
    log.entries += [b"of others", b"too"]
    log.misbehave = lambda answer: (201, {}, changed(json.loads(answer[2]), *path, to=to))
    with pytest.raises(InvalidAnchorError, match=named):
        asked.anchor(HEAD)


def test_the_proof_of_another_document_or_of_another_signature_is_refused(
    log: TransparencyLog, asked: RekorLog
) -> None:
    asked.anchor(b"another\n")
    log.misbehave = lambda _: (201, {}, json.dumps(log.answer(0)).encode())
    with pytest.raises(InvalidAnchorError, match="of another document"):
        asked.anchor(HEAD)
    log.misbehave = lambda answer: answer
    asked.anchor(HEAD)
    log.misbehave = lambda _: (201, {}, json.dumps(log.answer(2)).encode())
    with pytest.raises(InvalidAnchorError, match="another signature"):
        asked.anchor(HEAD)


def test_a_head_of_another_log_of_that_name_is_refused(log: TransparencyLog, asked: RekorLog) -> None:
    other = TransparencyLog()

    def forged(answer: Answer) -> Answer:
        other.entries = log.entries
        found, theirs = json.loads(answer[2]), other.answer(len(log.entries) - 1)
        line = theirs["inclusionProof"]["checkpoint"]["envelope"].split(" ")[-1]
        honest = found["inclusionProof"]["checkpoint"]["envelope"]
        key_id = base64.b64decode(honest.split(" ")[-1])[:4]
        signature = base64.b64decode(line)[4:]
        return 201, {}, changed(
            found, "inclusionProof", "checkpoint", "envelope", to=f"{honest.rpartition(' ')[0]} {text(key_id + signature)}\n"
        )  # fmt: skip

    log.misbehave = forged
    with pytest.raises(InvalidAnchorError, match=r"forged: log2026\.rekor\.test has not signed it"):
        asked.anchor(HEAD)
    log.misbehave = lambda _: (201, {}, json.dumps(other.answer(len(other.entries) - 1)).encode())
    with pytest.raises(InvalidAnchorError, match="not signed by a key that is trusted"):
        asked.anchor(HEAD)


def test_cosignatures_of_witnesses_on_the_head_are_passed_over(log: TransparencyLog, asked: RekorLog) -> None:
    witness = new_key("witness.example", Algorithm.COSIGNATURE)

    def cosigned(answer: Answer) -> Answer:
        found = json.loads(answer[2])
        note = SignedNote.parse(found["inclusionProof"]["checkpoint"]["envelope"])
        lines = (*sign_note(note.text, [witness], 1_790_000_000).signatures, *note.signatures)
        both = SignedNote(note.text, lines).to_text()
        return 201, {}, changed(found, "inclusionProof", "checkpoint", "envelope", to=both)

    log.misbehave = cosigned
    bundle, anchor = asked.anchor(HEAD)
    assert anchor.index == 0
    assert b"witness.example" in bundle


FAILURES: dict[str, tuple[Answer, str]] = {
    "an error": ((500, {}, b"oops"), "answers 500: 'oops'"),
    "too many requests": ((429, {"Retry-After": "1"}, b""), "answers 429"),
    "frozen": ((405, {}, b"This log has been frozen"), "frozen"),
    "elsewhere": ((307, {"Location": "http://127.0.0.1:9/"}, b""), "answers 307"),
    "garbage": ((201, {}, b"<html>"), "is not JSON"),
    "cut short": ((201, {}, b'{"logIndex": "1"'), "is not JSON"),
    "two meanings": ((201, {}, b'{"logIndex": "1", "logIndex": "2"}'), "is not JSON"),
    "deep": ((201, {}, b"[" * 100_000), "is not JSON"),
    "nothing": ((201, {}, b""), "is not JSON"),
    "a number": ((201, {}, b"17"), "is not in its form"),
    "huge": ((201, {}, b" " * 2_000_000), "more than 262,144 bytes"),
    "squeezed": ((201, {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08\x00"), "is not JSON"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_each_failure_of_the_log_is_told(failure: str, log: TransparencyLog, asked: RekorLog) -> None:
    answer, told = FAILURES[failure]
    log.misbehave = lambda _: answer
    with pytest.raises((ConfigurationError, InvalidAnchorError), match=told):
        asked.anchor(HEAD)


def test_a_log_that_keeps_silent_is_left(
    log: TransparencyLog, asked: RekorLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekor, "_SECONDS", 0.2)
    over = threading.Event()

    def silent(answer: Answer) -> Answer:
        over.wait(10)
        return answer

    log.misbehave = silent
    with pytest.raises(ConfigurationError, match="gave no answer"):
        asked.anchor(HEAD)
    over.set()
    with pytest.raises(ConfigurationError, match="gave no answer"):
        RekorLog("http://127.0.0.1:9", asked.keys, asked.key).anchor(HEAD)


@pytest.mark.parametrize(
    "url", ["", "log.example", "file:///etc/passwd", "http://", "http://a:b@log.example", "http://["]
)
def test_what_is_no_address_is_not_asked(url: str, asked: RekorLog) -> None:
    with pytest.raises(ConfigurationError, match="not the address of the transparency log"):
        RekorLog(url, asked.keys, asked.key).anchor(HEAD)


def test_without_the_extra_it_is_named(asked: RekorLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sigstore_models.rekor.v2.verifier", None)
    with pytest.raises(ConfigurationError) as raised:
        asked.anchor(HEAD)
    assert raised.value.hint == "pip install 'lineage-registry[transparency]'."


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first = anchoring_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert anchoring_key(path).public_key() == first.public_key()
    path.chmod(0o644)
    with pytest.raises(InvalidKeyError, match="may be read by others"):
        anchoring_key(path)
    for wrong in (b"junk", ec.generate_private_key(ec.SECP384R1())):
        pem = (
            wrong
            if isinstance(wrong, bytes)
            else wrong.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        path.chmod(0o600)
        path.write_bytes(pem)
        with pytest.raises(InvalidKeyError):
            anchoring_key(path)


def test_keys_are_read_from_pem_and_from_a_trusted_root(tmp_path: Path) -> None:
    root = {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [
            {
                "baseUrl": f"https://{SIGSTORE_LOG['name']}",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {"rawBytes": SIGSTORE_LOG["key"], "keyDetails": "PKIX_ED25519"},
                "logId": {"keyId": SIGSTORE_LOG["id"]},
            }
        ],
        "certificateAuthorities": [],
        "ctlogs": [],
    }
    path = tmp_path / "trusted_root.json"
    path.write_text(json.dumps(root))
    (key,) = read_log_keys(path)
    assert text(key.id_for(SIGSTORE_LOG["name"])) == SIGSTORE_LOG["id"]
    path.write_text("".join(item["log_key"] for item in REAL))
    both = read_log_keys(path)
    assert [text(key.id_for("rekor.local")) for key in both] == [
        item["bundle"]["verificationMaterial"]["tlogEntries"][0]["logId"]["keyId"] for item in REAL
    ]
    for wrong in (
        "",
        "junk",
        "{}",
        "{",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "x" * 2_000_000,
    ):
        path.write_text(wrong)
        with pytest.raises(ConfigurationError):
            read_log_keys(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_log_keys(tmp_path / "none.pem")
