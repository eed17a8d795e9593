"""Notes, keys and checkpoints: the published examples, to the byte, and what is none."""

from __future__ import annotations

import base64
import copy
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidKeyError, InvalidLedgerError
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.frontier import Frontier
from registry.ledger.keys import Algorithm, SigningKey, VerifierKey, new_key
from registry.ledger.merkle import EMPTY_ROOT, leaf_hash
from registry.ledger.note import MAX_SIGNATURES, NoteSignature, SignedNote, sign_note
from registry.ledger.proof_file import ProofFile
from registry.ledger.proofs import inclusion_proof
from tests.unit.ledger.trees import KeptTiles

# The example of c2sp.org/signed-note, and that of Go's sumdb/note, whose secret key is published too.
SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjO"
    "BH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SIGNING_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The examples of c2sp.org/signed-note and c2sp.org/tlog-cosignature whose keys are not published.
TWO_PARTS = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore"
    " NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
COSIGNED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa"
    " Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n— witness.example.com/w1"
    " jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
LOG, WITNESS = new_key("log.example/lineage"), new_key("witness.example/w1", Algorithm.COSIGNATURE)
ORIGIN = LOG.verifier.name
TEXT = Checkpoint(ORIGIN, 3, bytes(32)).to_text()


@pytest.mark.parametrize(("key", "note"), [(SPEC_KEY, SPEC_NOTE), (GO_KEY, GO_NOTE)])
def test_published_notes_verify(key: str, note: str) -> None:
    parsed = SignedNote.parse(note)
    assert [item.key.text for item in parsed.verify([VerifierKey.parse(key)])] == [key]
    assert parsed.to_text() == note
    assert SignedNote.parse(note.encode()) == parsed


def test_signing_makes_the_published_note() -> None:
    key = SigningKey.parse(GO_SIGNING_KEY)
    assert key.verifier.text == GO_KEY
    assert key.reveal() == GO_SIGNING_KEY
    assert sign_note(GO_TEXT, [key], 0).to_text() == GO_NOTE


def test_published_forms_are_read() -> None:
    note = SignedNote.parse(TWO_PARTS)
    assert note.text.endswith(":\n\ned è subito sera.\n")
    assert note.signatures[0].key_id.hex() == "367ba04b"
    signed = SignedCheckpoint.parse(COSIGNED)
    assert signed.checkpoint.size == 20852163
    assert signed.checkpoint.to_text() == signed.note.text
    assert [len(item.content) for item in signed.note.signatures] == [64, 72]
    assert int.from_bytes(signed.note.signatures[1].content[:8], "big") == 1679315147


@pytest.mark.parametrize(("key", "note"), [(SPEC_KEY, SPEC_NOTE), (GO_KEY, GO_NOTE)])
def test_every_flipped_byte_of_a_note_fails(key: str, note: str) -> None:
    content = note.encode()
    for at in range(len(content)):
        for bit in (0, 5):
            changed = content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
            with pytest.raises(InvalidLedgerError):
                SignedNote.parse(changed).verify([VerifierKey.parse(key)])


@pytest.mark.parametrize(
    "note",
    [
        "", "\n", "a\n", "a\n\n", "a\n\n— a AAAA\n", "a\n\n— a AAAAAA==\n", "a\n\n- a AAAAAAA=\n", "a\n\n—  AAAAAAA=\n",
        "a\n\n— a+b AAAAAAA=\n", "a\n\n— a\u00a0b AAAAAAA=\n", "a\n\n— a AAAAAAA=", "a\n\n— a AAAAAAA\n", "a\n\n— a AAAAAAB=\n",
        "a\n\n— a  AAAAAAA=\n", "a\n\n— a AAAAAAA= \n", "a\r\n\n— a AAAAAAA=\n", "a\x00\n\n— a AAAAAAA=\n", "a\n— a AAAAAAA=\n",
        "a\n\n— a AAAAAAA=\nb\n", "a\n\n" + "— a AAAAAAA=\n" * (MAX_SIGNATURES + 1), "a" * 300_000 + "\n\n— a AAAAAAA=\n",
        b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n", "\ud800\n\n— a AAAAAAA=\n", "a\n\n— a\x7f\n",
    ],
)  # fmt: skip
def test_what_is_no_note(note: str | bytes) -> None:
    with pytest.raises(InvalidLedgerError):
        SignedNote.parse(note)


def test_unknown_signatures_are_passed_over_and_known_ones_must_hold() -> None:
    stranger = new_key("stranger.example")
    note = sign_note(TEXT, [stranger, LOG, WITNESS], 1_700_000_000)
    verified = note.verify([LOG.verifier, WITNESS.verifier])
    assert [(item.key, item.time) for item in verified] == [(LOG.verifier, None), (WITNESS.verifier, 1_700_000_000)]
    with pytest.raises(InvalidLedgerError, match="any key that is trusted"):
        note.verify(
            [
                new_key(LOG.verifier.name).verifier,
            ]
        )
    with pytest.raises(InvalidLedgerError, match="any key that is trusted"):
        note.verify([])
    forged = SignedNote(TEXT.replace("3", "4"), note.signatures)
    with pytest.raises(InvalidLedgerError, match="not valid"):
        forged.verify([LOG.verifier])
    spoiled = SignedNote(TEXT, (note.signatures[1], *SignedNote.parse(forged.to_text()).signatures[2:], *_broken(note)))
    with pytest.raises(InvalidLedgerError, match="not valid"):
        spoiled.verify([LOG.verifier, WITNESS.verifier])


def _broken(note: SignedNote) -> tuple[NoteSignature, ...]:
    """The log's own line once more, with a signature on something else."""
    other = sign_note("other\n", [LOG], 0)
    assert other.signatures[0].key_id == note.signatures[1].key_id
    return other.signatures


def test_a_cosignature_signs_header_time_and_the_whole_checkpoint() -> None:
    note = sign_note(TEXT + "extension\n", [WITNESS], 1_679_315_147)
    content = note.signatures[0].content
    message = f"cosignature/v1\ntime 1679315147\n{TEXT}extension\n".encode()
    Ed25519PublicKey.from_public_bytes(WITNESS.verifier.public).verify(content[8:], message)
    for changed in (
        b"\0" * 8 + content[8:],
        content[:8],
        content[:-1],
        content + b"\0",
        b"\xff" * 8 + content[8:],
        b"",
    ):
        with pytest.raises(InvalidLedgerError):
            WITNESS.verifier.verify(note.text, changed)


def test_one_key_under_two_algorithms_has_two_ids_and_neither_signs_for_the_other() -> None:
    secret = bytes(range(32))
    plain, witness = SigningKey("a", secret), SigningKey("a", secret, Algorithm.COSIGNATURE)
    assert plain.verifier.key_id != witness.verifier.key_id
    with pytest.raises(InvalidLedgerError):
        witness.verifier.verify(TEXT, plain.sign(TEXT, 0))
    with pytest.raises(InvalidLedgerError):
        plain.verifier.verify(TEXT, witness.sign(TEXT, 0))


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a+b", "a+00000000+", "a+00000000+AQ==", SPEC_KEY[:-4], SPEC_KEY.replace("530d903a", "530d903b"),
        SPEC_KEY.replace("530d903a", "530D903A"), SPEC_KEY.replace("foo", "fob"), SPEC_KEY.replace("AekyeR", "AukyeR"),
        SPEC_KEY.replace("+530", " +530"), SPEC_KEY + "=", SPEC_KEY.replace("AekyeR", "BukyeR"), "PRIVATE+KEY+" + SPEC_KEY,
    ],
)  # fmt: skip
def test_what_is_no_verifier_key(text: str) -> None:
    with pytest.raises(InvalidKeyError):
        VerifierKey.parse(text)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_keys_are_read_back(algorithm: Algorithm) -> None:
    key = new_key("log.example/ü", algorithm)
    assert VerifierKey.parse(key.verifier.text) == key.verifier
    assert SigningKey.parse(key.reveal()).verifier == key.verifier
    assert new_key("log.example/ü", algorithm).verifier != key.verifier


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "\ud800", "a\tb"])
def test_what_is_no_key_name(name: str) -> None:
    with pytest.raises(InvalidKeyError):
        new_key(name)


def test_a_signing_key_does_not_show_itself() -> None:
    key = SigningKey.parse(GO_SIGNING_KEY)
    seed = GO_SIGNING_KEY.rsplit("+", 1)[1]
    raw = base64.b64decode(GO_SIGNING_KEY.split("+", 4)[4])[1:]
    for shown in (repr(key), str(key), f"{key}", f"{[key]!r}", repr(key.verifier)):
        assert seed not in shown
        assert raw.hex() not in shown
    for serialize in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not serialized"):
            serialize(key)
    assert not hasattr(key, "__dict__")
    for text in (GO_SIGNING_KEY[:-2], GO_SIGNING_KEY.replace("c74f20a3", "c74f20a4"), GO_SIGNING_KEY + "A", seed):
        with pytest.raises(InvalidKeyError) as failure:
            SigningKey.parse(text)
        assert seed[:8] not in failure.value.diagnostics()
        assert failure.value.__cause__ is None


@given(
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1),
)
def test_checkpoints_are_read_back(size: int, root: bytes, origin: str) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert Checkpoint.parse(checkpoint.to_text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n", "a\n1\n", "a\n01\n" + "A" * 43 + "=\n", "a\n+1\n" + "A" * 43 + "=\n", "a\n-1\n" + "A" * 43 + "=\n",
        "a\n1\n" + "A" * 42 + "\n", "a\n1\n" + "A" * 44 + "\n", "\n1\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 43 + "=",
        "a\n9223372036854775808\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 43 + "=\n\nb\n", "a\n٣\n" + "A" * 43 + "=\n",
        "a\n1" + "0" * 5000 + "\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 42 + "B=\n", "a\r\n1\n" + "A" * 43 + "=\n",
    ],
)  # fmt: skip
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(InvalidLedgerError):
        Checkpoint.parse(text)


def _proof_file() -> tuple[ProofFile, bytes]:
    entries = [f"entry {item}".encode() for item in range(11)]
    root = Frontier().append(map(leaf_hash, entries)).root()
    checkpoint = Checkpoint("log.example/lineage", 11, root)
    note = sign_note(checkpoint.to_text(), [LOG, WITNESS], 7)
    hashes = inclusion_proof(KeptTiles(entries).tree(), 4, 11)
    return ProofFile(4, hashes, SignedCheckpoint(note, checkpoint), b"extra"), entries[4]


def test_a_proof_file_is_read_back_and_verifies() -> None:
    proof, entry = _proof_file()
    assert ProofFile.parse(proof.to_text()) == proof
    assert proof.to_text().startswith("c2sp.org/tlog-proof@v1\nextra ZXh0cmE=\nindex 4\n")
    verified = proof.verify(entry, ORIGIN, [LOG.verifier], [WITNESS.verifier])
    assert [item.key for item in verified] == [LOG.verifier, WITNESS.verifier]
    assert [item.key for item in proof.verify(entry, ORIGIN, [LOG.verifier])] == [LOG.verifier]
    with pytest.raises(InvalidLedgerError, match="another root"):
        proof.verify(b"other", ORIGIN, [LOG.verifier])
    with pytest.raises(InvalidLedgerError, match="another log"):
        proof.verify(entry, "x", [LOG.verifier])
    with pytest.raises(InvalidLedgerError, match="not signed by the log"):
        proof.verify(entry, ORIGIN, [new_key(ORIGIN).verifier], [WITNESS.verifier])


def test_every_flipped_byte_of_a_proof_file_fails() -> None:
    proof, entry = _proof_file()
    content = proof.to_text().encode()
    extra = range(content.index(b"extra") + 6, content.index(b"\nindex"))  # proves nothing, and is not authenticated
    witness = content.index("— witness".encode())  # what spoils its line takes away its signature, no more
    for at in (item for item in range(len(content)) if item not in extra):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        try:
            verified = ProofFile.parse(changed).verify(entry, ORIGIN, [LOG.verifier], [WITNESS.verifier])
        except InvalidLedgerError:
            continue
        assert at > witness
        assert [item.key for item in verified] == [LOG.verifier]


@pytest.mark.parametrize(
    "head",
    ["c2sp.org/tlog-proof@v2\nindex 1", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\nindex 01", "c2sp.org/tlog-proof@v1\nindex -1",
     "c2sp.org/tlog-proof@v1\nextra *\nindex 1", "c2sp.org/tlog-proof@v1\nindex 1\nAAAA", "c2sp.org/tlog-proof@v1\nindex 1\n*",
     "c2sp.org/tlog-proof@v1\nindex 1\n" + "\n".join([base64.b64encode(EMPTY_ROOT).decode()] * 64), ""],
)  # fmt: skip
def test_what_is_no_proof_file(head: str) -> None:
    with pytest.raises(InvalidLedgerError):
        ProofFile.parse(f"{head}\n\n{sign_note(TEXT, [LOG], 0).to_text()}")
