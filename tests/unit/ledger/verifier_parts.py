"""What the parts of the offline verifier must do, as functions of its module: trees, JSON, keys, notes, trust, entries."""

# mypy: disable-error-code="misc, var-annotated"
# Lambdas that bind a loop's value have no type that mypy finds by itself.
from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from registry.ledger.act import Act
from registry.ledger.canonical import canonical_json
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.content import content_digest
from registry.ledger.keys import SigningKey
from registry.ledger.merkle import EMPTY_ROOT, leaf_hash
from registry.ledger.note import sign_note
from registry.ledger.proofs import consistency_proof, inclusion_proof
from registry.ledger.statements import ROTATION
from tests.unit.ledger.exported import (
    ACTS,
    HEADS,
    LOG,
    NEW,
    NEWEST,
    OLD,
    ORIGIN,
    SECOND_WITNESS,
    STRANGER,
    WITNESS,
    flipped,
    hash_text,
    keys_of,
    outcome,
    rotation,
    trust,
)
from tests.unit.ledger.trees import KeptTiles, definition

LEAVES = [bytes([item]) for item in range(17)]
ROOTS = [definition(LEAVES[:size]) for size in range(18)]
TREE = KeptTiles(LEAVES).tree()


def inclusion(v: Any) -> None:
    for size in range(1, 18):
        for index in range(size):
            proof, leaf = list(inclusion_proof(TREE, index, size)), leaf_hash(LEAVES[index])
            v.verify_inclusion(leaf, index, size, proof, ROOTS[size])
            wrong = [
                (leaf, index, size, proof, flipped(ROOTS[size], 0)),
                (flipped(leaf, 31), index, size, proof, ROOTS[size]),
            ]
            wrong += [
                (leaf, index, size, [*proof, ROOTS[1]], ROOTS[size]),
                (leaf, index, size, proof * 3 + [leaf], ROOTS[size]),
            ]
            wrong += [(leaf, item, size, proof, ROOTS[size]) for item in (-1, index + 1, size, index - size)]
            for at in range(len(proof)):
                wrong.append((leaf, index, size, [*proof[:at], flipped(proof[at], at), *proof[at + 1 :]], ROOTS[size]))
                wrong.append((leaf, index, size, proof[:at] + proof[at + 1 :], ROOTS[size]))
            for item in wrong:
                assert outcome(v, lambda item=item: v.verify_inclusion(*item)) == "refuted"
    # A node is no leaf at another size: what is too short or too long is refused though it leads to the root.
    first, second = leaf_hash(LEAVES[0]), leaf_hash(LEAVES[1])
    assert outcome(v, lambda: v.verify_inclusion(ROOTS[2], 0, 2, [], ROOTS[2])) == "refuted"
    assert outcome(v, lambda: v.verify_inclusion(second, 0, 1, [first], ROOTS[2])) == "refuted"


def consistency(v: Any) -> None:
    for second in range(2, 18):
        for first in range(1, second):
            proof = list(consistency_proof(TREE, first, second))
            good = (first, second, ROOTS[first], ROOTS[second], proof)
            v.verify_consistency(*good)
            wrong = [
                (*good[:2], flipped(ROOTS[first], 0), *good[3:]),
                (*good[:3], flipped(ROOTS[second], 0), proof),
                (*good[:4], []),
            ]
            wrong += [
                (*good[:4], [*proof, ROOTS[1]]),
                (*good[:4], [ROOTS[1], *proof]),
                (first, second, ROOTS[first], ROOTS[first], []),
            ]
            for at in range(len(proof)):
                wrong.append((*good[:4], [*proof[:at], flipped(proof[at], at), *proof[at + 1 :]]))
                wrong.append((*good[:4], proof[:at] + proof[at + 1 :]))
            for item in wrong:
                assert outcome(v, lambda item=item: v.verify_consistency(*item)) == "refuted"
    # A proof that stops early or goes on would vouch for any pair that it happens to lead to.
    assert outcome(v, lambda: v.verify_consistency(1, 2, ROOTS[1], ROOTS[1], [])) == "refuted"
    assert outcome(v, lambda: v.verify_consistency(2, 4, ROOTS[2], ROOTS[2], [])) == "refuted"
    assert outcome(v, lambda: v.verify_consistency(3, 4, ROOTS[1], ROOTS[1], [ROOTS[1]])) == "refuted"
    beside = leaf_hash(b"beside")
    longer = [*consistency_proof(TREE, 3, 4), beside]
    roots = [v.node_hash(beside, ROOTS[size]) for size in (3, 4)]
    assert outcome(v, lambda: v.verify_consistency(3, 4, *roots, longer)) == "refuted"


def frontier(v: Any) -> None:
    tree = v.Frontier()
    assert tree.root() == EMPTY_ROOT
    for size, leaf in enumerate(LEAVES):
        tree.append(v.leaf_hash(leaf))
        assert tree.root() == ROOTS[size + 1]
    for first in range(18):
        whole, at = v.Frontier(), 0
        for begin, end in ((0, first), (first, 17)):
            for level in v.complete_subtrees(begin, end):
                whole.append(TREE.subtree(level, at >> level), level)
                at += 1 << level
        assert (at, whole.size, whole.root()) == (17, 17, ROOTS[17])
    assert list(v.complete_subtrees(3, 12)) == [0, 2, 2]
    assert list(v.complete_subtrees(0, 13)) == [3, 2, 0]
    single = v.Frontier()
    single.append(ROOTS[1])
    assert outcome(v, lambda: single.append(ROOTS[2], 1)) == "malformed"


def strict_json(v: Any) -> None:
    for text in (
        '{"a":[1,-1,true,null,"\\n\\u001fé\u2028"],"b":{}}',
        "9007199254740991",
        "-9007199254740991",
        "0",
        '""',
    ):
        assert json.loads(text) == v.parse_json(text, "it")
    for text in (
        "", " 1", "1 ", "1.0", "1e2", "-0", "01", '{"b":1,"a":2}', '{"a":1,"a":1}', '{"a":1,"a":2}', '{"a": 1}', '"\\u0041"',
        "NaN", "Infinity", "-Infinity", "[1,]", '"\\ud800"', "1e999", "9007199254740992", "-9007199254740992", '{"é":1}', "[",
        '"\\/"', "9" * 17, "9" * 100_000, "[" * 100_000, '{"a":' * 100_000, '"\x00"', "\ufeff1", "nul", '{"a":1.5}',
    ):  # fmt: skip
        assert outcome(v, lambda text=text: v.parse_json(text, "it")) == "malformed"
    assert v.decode("AA==", "it") == b"\0"
    assert v.decode("", "it") == b""
    for no_base64 in ("AA", "AB==", "A A=", "AA==\n", "*", None, 1, b"AA==", "é"):
        assert outcome(v, lambda no_base64=no_base64: v.decode(no_base64, "it")) == "malformed"
    assert v.decode_hashes([hash_text(EMPTY_ROOT)], "it") == [EMPTY_ROOT]
    for value in (
        None,
        {},
        "AA==",
        ["AA=="],
        [hash_text(bytes(33))],
        [hash_text(bytes(31))],
        [hash_text(EMPTY_ROOT), 1],
    ):
        assert outcome(v, lambda value=value: v.decode_hashes(value, "it")) == "malformed"
    for item in ((True, int), (1, bool), ("a", int), (None, dict), ((), list)):
        assert outcome(v, lambda item=item: v.shaped(*item, "it")) == "malformed"
    assert v.fields({"a": 1, "b": 2}, ["a"], ["b", "c"], "it") == {"a": 1, "b": 2}
    for value in ({}, {"b": 1}, {"a": 1, "d": 1}, [], None):
        assert outcome(v, lambda value=value: v.fields(value, ["a"], ["b"], "it")) == "malformed"


def keys(v: Any) -> None:
    from tests.unit.ledger.test_notes import GO_KEY, GO_NOTE, GO_TEXT, SPEC_KEY, SPEC_NOTE

    for key, note in ((SPEC_KEY, SPEC_NOTE), (GO_KEY, GO_NOTE)):
        text, lines = v.parse_note(note)
        ((found, time),) = v.verify_signatures(text, lines, [v.parse_key(key)])
        assert (found.name, found.key_id.hex(), time) == (*key.split("+")[:2], None)
    assert text == GO_TEXT
    for text in (
        "", "a", "a+b", "a+00000000+", "a+00000000+AQ==", SPEC_KEY[:-4], SPEC_KEY.replace("530d903a", "530d903b"), SPEC_KEY + "=",
        SPEC_KEY.replace("530d903a", "530D903A"), SPEC_KEY.replace("foo", "fob"), SPEC_KEY.replace("+", "", 1), "+" + SPEC_KEY,
    ):  # fmt: skip
        assert outcome(v, lambda text=text: v.parse_key(text)) == "malformed"
    for name, content in (("a b", b"\1" + bytes(32)), ("a", b"\2" + bytes(32)), ("a", b"\1" + bytes(33)), ("", b"\4" + bytes(32)),
                          ("a\x01", b"\1" + bytes(32)), ("a", b"\1" + bytes(31)), ("a", b"\0" + bytes(32)), ("a", b"\5" + bytes(32))):  # fmt: skip
        key_id = v.Key(name, content[0], content[1:]).key_id.hex()
        text = f"{name}+{key_id}+{hash_text(content)}"
        assert outcome(v, lambda text=text: v.parse_key(text)) == "malformed"
    assert v.parse_key(WITNESS.verifier.text).algorithm == v.COSIGNATURE
    with_plus = next(
        text for item in range(99) if "+" in (text := SigningKey("a", bytes([item]) * 32).verifier.text)[11:]
    )
    assert v.parse_key(with_plus).name == "a"


def notes(v: Any) -> None:
    line = "\u2014 a AAAAAAA=\n"
    assert v.parse_note("a\n\nb\n\n" + line * 64) == ("a\n\nb\n", [("a", bytes(4), b"\0")] * 64)
    for note in (
        "", "\n", "a\n", "a\n\n", "a\n\n\u2014 a AAAA\n", "a\n\n\u2014 a AAAAAA==\n", "a\n\n- a AAAAAAA=\n", "a\n\n\u2014  AAAAAAA=\n",
        "a\n\n\u2014 a+b AAAAAAA=\n", "a\n\n\u2014 a\u00a0b AAAAAAA=\n", "a\n\n" + line[:-1], "a\n\n\u2014 a AAAAAAA\n", "a\n" + line,
        "a\n\n\u2014 a AAAAAAB=\n", "a\r\n\n" + line, "a\x00\n\n" + line, "a\t\n\n" + line, "a\x1f\n\n" + line, "a\n\n" + line + "b\n",
        "a\n\n" + line * 65, "a" * 262_144 + "\n\n" + line, line, line * 2, "a\n\n" + line + "\n",
    ):  # fmt: skip
        assert outcome(v, lambda note=note: v.parse_note(note)) == "malformed"
    rest = "\n\n" + line
    assert v.parse_note("a" * (256 * 1024 - len(rest)) + rest)[1]
    assert outcome(v, lambda: v.parse_note("a" * (256 * 1024 + 1 - len(rest)) + rest)) == "malformed"
    assert v.parse_note("a b\x7f\n\n" + line)[0] == "a b\x7f\n"


def checkpoints(v: Any) -> None:
    root = hash_text(EMPTY_ROOT)
    for size in (0, 1, 10, 2**63 - 1):
        head = v.parse_checkpoint(f"a b\n{size}\n{root}\n\n\u2014 a AAAAAAA=\n")
        assert (head.origin, head.size, head.root, len(head.lines)) == ("a b", size, EMPTY_ROOT, 1)
    assert v.parse_checkpoint(f"a\n1\n{root}\nmore\n\n\u2014 a AAAAAAA=\n").text.endswith("more\n")
    for text in (
        "a\n1\n", f"a\n01\n{root}\n", f"a\n+1\n{root}\n", f"a\n-1\n{root}\n", "a\n1\nAAAA\n", f"\n1\n{root}\n", f"a\n{2**63}\n{root}\n",
        f"a\n1\n{hash_text(bytes(33))}\n", f"a\n\u0663\n{root}\n", f"a\n1{'0' * 30}\n{root}\n", f"a\n1\n{root}\n\nb\n", f"a\n1\n{root}\n\n", "a\n", f"a\n1 \n{root}\n",
    ):  # fmt: skip
        assert outcome(v, lambda text=text: v.parse_checkpoint(f"{text}\n\u2014 a AAAAAAA=\n")) == "malformed"
    for value in (None, 1, [], b""):
        assert outcome(v, lambda value=value: v.parse_checkpoint(value)) == "malformed"


def signatures(v: Any) -> None:
    text = HEADS[2].note.text

    def check(note: Any, *known: SigningKey) -> Any:
        return v.verify_signatures(*v.parse_note(note.to_text()), keys_of(v, *known))

    found = check(HEADS[2].note, NEWEST, WITNESS, OLD)
    assert [(key.name, time) for key, time in found] == [(ORIGIN, None), (WITNESS.verifier.name, 1_700_000_000)]
    assert check(HEADS[2].note, OLD) == []
    for key in (NEWEST, WITNESS):
        line = sign_note("other\n", [key], 7).signatures[0]
        assert (
            outcome(v, lambda line=line, key=key: check(replace(HEADS[2].note, signatures=(line,)), key)) == "refuted"
        )
        for content in (b"\0", bytes(64), bytes(72), bytes(200)):
            bad = replace(HEADS[2].note, signatures=(replace(line, content=content), *HEADS[2].note.signatures))
            assert outcome(v, lambda bad=bad, key=key: check(bad, key)) == "refuted"
    moved = replace(HEADS[2].note.signatures[1], content=bytes(8) + HEADS[2].note.signatures[1].content[8:])
    assert outcome(v, lambda: check(replace(HEADS[2].note, signatures=(moved,)), WITNESS)) == "refuted"
    doubled = sign_note(text, [NEWEST, NEWEST], 0)
    assert len(check(doubled, NEWEST)) == 1


def whom_to_trust(v: Any) -> None:
    def verify(head: SignedCheckpoint, *known: SigningKey, **options: Any) -> str:
        return outcome(v, lambda: trust(v, *known, **options).verify(v.parse_checkpoint(head.note.to_text())))

    assert verify(HEADS[2], NEWEST) == "verified"
    assert verify(HEADS[2], OLD) == "refuted"
    assert verify(HEADS[2], OLD, witnesses=(WITNESS,)) == "refuted"
    assert verify(HEADS[2], OLD, NEWEST, witnesses=(WITNESS, SECOND_WITNESS), needed=2) == "verified"
    assert verify(HEADS[2], NEWEST, witnesses=(WITNESS,), needed=1) == "verified"
    assert verify(HEADS[2], NEWEST, witnesses=(WITNESS,), needed=2) == "refuted"
    assert verify(HEADS[2], NEWEST, witnesses=(WITNESS, WITNESS), needed=2) == "refuted"
    assert verify(HEADS[0], OLD, witnesses=(WITNESS, SECOND_WITNESS), needed=2) == "refuted"
    assert verify(LOG.signed(0, OLD), OLD) == "verified"


def key_changes(v: Any) -> None:
    def of(*acts: Act) -> list[tuple[int, str]]:
        return [(at, act.statement or "") for at, act in enumerate(acts) if act.statement]

    def spans(trusted: Any) -> dict[str, tuple[int, int]]:
        return {key.key_id.hex(): (key.first, key.last) for key in trusted.keys}

    ids = {key: key.verifier.key_id.hex() for key in (OLD, NEW, NEWEST, STRANGER)}
    for pinned in (OLD, NEW, NEWEST):
        trusted = trust(v, pinned)
        assert trusted.follow(ORIGIN, of(*ACTS)) == [4, 7]
        assert spans(trusted) == {ids[OLD]: (0, 4), ids[NEW]: (5, 7), ids[NEWEST]: (8, v.MAX_SIZE)}
    trusted = trust(v, STRANGER)
    assert trusted.follow(ORIGIN, of(*ACTS)) == []
    assert list(spans(trusted)) == [ids[STRANGER]]
    for pinned in (OLD, NEW, NEWEST):
        at_one_go = trust(v, pinned)
        assert at_one_go.follow(ORIGIN, of(rotation(OLD, NEW), rotation(NEW, NEWEST))) == [0, 1]
        assert spans(at_one_go) == {ids[OLD]: (0, 0), ids[NEW]: (1, 1), ids[NEWEST]: (2, v.MAX_SIZE)}
    # A retired key appoints nobody any more.
    late = trust(v, OLD)
    assert late.follow(ORIGIN, of(*ACTS[:6], rotation(OLD, STRANGER))) == [4]
    assert ids[STRANGER] not in spans(late)
    at_once = trust(v, OLD)
    assert at_once.follow(ORIGIN, of(rotation(OLD, NEW), rotation(OLD, STRANGER))) == [0]
    assert spans(at_once) == {ids[OLD]: (0, 0), ids[NEW]: (1, v.MAX_SIZE)}
    # Without either signature nothing is changed, and what is not in its form is refused.
    body = f"{ROTATION}\n{ORIGIN}\nretire {OLD.verifier.text}\nadopt {NEW.verifier.text}\n"
    for signers in ([OLD], [NEW], [OLD, STRANGER], [STRANGER]):
        statement = sign_note(body, signers, 0).to_text()
        assert outcome(v, lambda statement=statement: trust(v, OLD).follow(ORIGIN, [(0, statement)])) == "refuted"
    forged = sign_note(body, [OLD], 0).to_text() + sign_note("other\n", [NEW], 0).signatures[0].line
    assert outcome(v, lambda: trust(v, OLD).follow(ORIGIN, [(0, forged)])) == "refuted"
    itself = sign_note(body.replace(NEW.verifier.text, OLD.verifier.text), [OLD], 0).to_text()
    assert outcome(v, lambda: trust(v, OLD).follow(ORIGIN, [(0, itself)])) == "refuted"
    for text in (
        body.replace(ORIGIN + "\n", "other\n"), body.replace("/v1", "/v2"), body.replace("retire", "replac"), body + "more\n",
        body.replace("adopt", "adapt"), body.replace("adopt ", "adopt  "), body.split("adopt")[0], body.replace(NEW.verifier.text, "x"),
    ):  # fmt: skip
        bent = sign_note(text, [OLD, NEW], 0).to_text()
        assert outcome(v, lambda bent=bent: trust(v, OLD).follow(ORIGIN, [(0, bent)])) == "malformed"


def entries(v: Any) -> None:
    good = LOG.contents[1].decode()
    assert v.parse_entry(good, 1) == json.loads(good)
    document = json.loads(good)
    for name in ("version", "sequence", "time", "actor", "action", "target", "decision"):
        for wrong in (None, True, [], 1.5, -7):
            bent = canonical_json(document | {name: wrong}).decode()
            assert outcome(v, lambda bent=bent: v.parse_entry(bent, 1)) in ("malformed", "refuted")
        bent = canonical_json({key: value for key, value in document.items() if key != name}).decode()
        assert outcome(v, lambda bent=bent: v.parse_entry(bent, 1)) == "malformed"
    for change in ({"version": 2}, {"version": 0}, {"version": True}, {"zzz": 1}, {"time": "2026-05-04T12:00:00Z"}, {"target": 1},
                   {"time": "2026-05-04T12:00:00.000000Zz"}, {"time": "x2026-05-04T12:00:00.000000Z"}, {"actor": "alice"}):  # fmt: skip
        bent = canonical_json(document | change).decode()
        assert outcome(v, lambda bent=bent: v.parse_entry(bent, 1)) == "malformed"
    for text in ("", "1", "[]", "null", good + " ", good[:-1]):
        assert outcome(v, lambda text=text: v.parse_entry(text, 1)) == "malformed"
    for place in (0, 2):
        assert outcome(v, lambda place=place: v.parse_entry(good, place)) == "refuted"
    longest = document | {"reason": "x" * (60 * 1024 - len(good.encode()) + len(document["reason"]))}
    assert v.parse_entry(canonical_json(longest).decode(), 1)["reason"] == longest["reason"]
    longer = canonical_json(longest | {"reason": longest["reason"] + "x"}).decode()
    assert outcome(v, lambda: v.parse_entry(longer, 1)) == "malformed"
    optional = {
        "event": "e",
        "request": "r",
        "reason": "x",
        "changes": [],
        "payload": {},
        "occurrences": {},
        "statement": "s",
    }
    assert v.parse_entry(canonical_json(document | optional).decode(), 1)["request"] == "r"
    found = v.digests_of(
        document | {"more": [[{"a": "hmac-sha256:" + "0" * 64}], "sha256:" + "0" * 63, "sha256:" + "G" * 64, 1]}
    )
    assert len(found) == 5
    assert v.digests_of([]) == v.digests_of({}) == v.digests_of(None) == set()
    for salt in (None, bytes(32)):
        assert v.verify_content(content_digest(b"a", salt), b"a", salt) is True
        assert v.verify_content(content_digest(b"a", salt), b"b", salt) is False
    assert v.verify_content(content_digest(b"a"), b"a", bytes(32)) is False


def limits(v: Any) -> None:
    """Stated in the documentation, and the same as where bundles are written."""
    assert (v.MAX_SIZE, v.MAX_BUNDLE, v.MAX_ENTRY, v.MAX_NOTE) == (2**63 - 1, 67_108_864, 61_440, 262_144)
    assert (v.MAX_SIGNATURES, v.TILE, v.ED25519, v.COSIGNATURE) == (64, 256, 1, 4)
