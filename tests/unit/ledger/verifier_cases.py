"""What the offline verifier must do, as functions of its module: so that broken copies of it can be put to the same test."""

# mypy: disable-error-code="misc, var-annotated"
# Lambdas that bind a loop's value have no type that mypy finds by itself.
from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from registry.ledger.act import Act
from registry.ledger.canonical import canonical_json
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.content import content_digest
from registry.ledger.export import export_bundle
from registry.ledger.keys import SigningKey
from registry.ledger.merkle import EMPTY_ROOT, leaf_hash
from registry.ledger.note import sign_note
from registry.ledger.proofs import consistency_proof, inclusion_proof
from registry.ledger.statements import ROTATION
from tests.unit.ledger.exported import (
    ACTS,
    BUNDLE,
    HEADS,
    LOG,
    NEW,
    NEWEST,
    OLD,
    ORIGIN,
    RANGE,
    ROTATIONS,
    SECOND_WITNESS,
    STRANGER,
    WHOLE,
    WITNESS,
    KeptLog,
    bundle_outcome,
    edited,
    hash_text,
    keys_of,
    outcome,
    rotation,
    trust,
    write_folder,
)
from tests.unit.ledger.trees import KeptTiles, definition

LEAVES = [bytes([item]) for item in range(17)]
ROOTS = [definition(LEAVES[:size]) for size in range(18)]
TREE = KeptTiles(LEAVES).tree()


def _flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def inclusion(v: Any) -> None:
    for size in range(1, 18):
        for index in range(size):
            proof, leaf = list(inclusion_proof(TREE, index, size)), leaf_hash(LEAVES[index])
            v.verify_inclusion(leaf, index, size, proof, ROOTS[size])
            wrong = [
                (leaf, index, size, proof, _flip(ROOTS[size], 0)),
                (_flip(leaf, 31), index, size, proof, ROOTS[size]),
            ]
            wrong += [
                (leaf, index, size, [*proof, ROOTS[1]], ROOTS[size]),
                (leaf, index, size, proof * 3 + [leaf], ROOTS[size]),
            ]
            wrong += [(leaf, item, size, proof, ROOTS[size]) for item in (-1, index + 1, size, index - size)]
            for at in range(len(proof)):
                wrong.append((leaf, index, size, [*proof[:at], _flip(proof[at], at), *proof[at + 1 :]], ROOTS[size]))
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
                (*good[:2], _flip(ROOTS[first], 0), *good[3:]),
                (*good[:3], _flip(ROOTS[second], 0), proof),
                (*good[:4], []),
            ]
            wrong += [
                (*good[:4], [*proof, ROOTS[1]]),
                (*good[:4], [ROOTS[1], *proof]),
                (first, second, ROOTS[first], ROOTS[first], []),
            ]
            for at in range(len(proof)):
                wrong.append((*good[:4], [*proof[:at], _flip(proof[at], at), *proof[at + 1 :]]))
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


def notes(v: Any) -> None:
    line = "\u2014 a AAAAAAA=\n"
    assert v.parse_note("a\n\nb\n\n" + line * 64) == ("a\n\nb\n", [("a", bytes(4), b"\0")] * 64)
    for note in (
        "", "\n", "a\n", "a\n\n", "a\n\n\u2014 a AAAA\n", "a\n\n\u2014 a AAAAAA==\n", "a\n\n- a AAAAAAA=\n", "a\n\n\u2014  AAAAAAA=\n",
        "a\n\n\u2014 a+b AAAAAAA=\n", "a\n\n\u2014 a\u00a0b AAAAAAA=\n", "a\n\n" + line[:-1], "a\n\n\u2014 a AAAAAAA\n", "a\n" + line,
        "a\n\n\u2014 a AAAAAAB=\n", "a\r\n\n" + line, "a\x00\n\n" + line, "a\t\n\n" + line, "a\x1f\n\n" + line, "a\n\n" + line + "b\n",
        "a\n\n" + line * 65, "a" * 262_144 + "\n\n" + line, "a\n\n" + line + "\n",
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
        f"a\n1\n{hash_text(bytes(33))}\n", f"a\n\u0663\n{root}\n", f"a\n1{'0' * 30}\n{root}\n", f"a\n1\n{root}\n\nb\n", "a\n", f"a\n1 \n{root}\n",
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


def bundles(v: Any) -> None:
    report = v.verify_bundle(BUNDLE, trust(v, OLD, witnesses=(WITNESS, SECOND_WITNESS)), None)
    assert report["verified"] is True
    assert (report["origin"], report["contents"], report["rotations"]) == (ORIGIN, 3, [4, 7])
    assert report["entries"] == [[1, 1], [4, 4], [7, 7], [12, 12]]
    assert [item["size"] for item in report["checkpoints"]] == [3, 7, 13]
    assert [len(item["signatures"]) for item in report["checkpoints"]] == [2, 2, 3]
    assert report["checkpoints"][2]["root"] == HEADS[2].checkpoint.root.hex()
    assert report["checkpoints"][2]["signatures"][1] == {
        "name": WITNESS.verifier.name, "id": WITNESS.verifier.key_id.hex(), "time": 1_700_000_000
    }  # fmt: skip
    assert bundle_outcome(v, BUNDLE, NEWEST) == "verified"
    assert bundle_outcome(v, BUNDLE.removesuffix("\n"), NEW) == "verified"
    assert bundle_outcome(v, BUNDLE + "\n") == "malformed"
    assert bundle_outcome(v, BUNDLE, STRANGER) == "refuted"
    assert bundle_outcome(v, BUNDLE, witnesses=(WITNESS,), needed=1) == "verified"
    assert bundle_outcome(v, BUNDLE, witnesses=(WITNESS, SECOND_WITNESS), needed=2) == "refuted"
    # The retired key's signature on a later tree does not count, though it was never taken back by its owner.
    late = export_bundle(LOG, [LOG.signed(13, OLD)], ROTATIONS).decode()
    assert bundle_outcome(v, late) == "refuted"
    assert bundle_outcome(v, export_bundle(LOG, [LOG.signed(13, OLD)]).decode()) == "verified"
    early = export_bundle(LOG, [LOG.signed(4, NEW), LOG.signed(13, NEWEST)], ROTATIONS).decode()
    assert bundle_outcome(v, early) == "refuted"
    empty = export_bundle(LOG, [LOG.signed(0, OLD)]).decode()
    assert bundle_outcome(v, empty) == "verified"


def bent_bundles(v: Any) -> None:
    document = json.loads(BUNDLE)
    for name in document:
        assert bundle_outcome(v, edited(BUNDLE, lambda it, name=name: it.pop(name))) in (
            ("verified",) if name == "contents" else ("malformed",)
        )
        for wrong in (None, 2, "a", {}, [1], [None], [[]], [{}]):
            bent = edited(BUNDLE, lambda it, name=name, wrong=wrong: it.update({name: wrong}))
            assert bundle_outcome(v, bent) == "malformed", (name, wrong)
    for change in (
        lambda it: it.update(version=2), lambda it: it.update(format="other"), lambda it: it.update(zzz=1),
        lambda it: it.update(checkpoints=[], consistency=[]), lambda it: it["consistency"].pop(), lambda it: it["consistency"].append([]),
        lambda it: it["checkpoints"].pop(), lambda it: it["entries"].append(it["entries"][0]), lambda it: it["entries"][0].update(z=1),
        lambda it: it["entries"][0].update(sequence="1"), lambda it: it["entries"][0].update(sequence=True),
        lambda it: it["entries"][0].update(proof=["AA=="]), lambda it: it["entries"][0].pop("proof"), lambda it: it.update(version=True),
        lambda it: it.update(checkpoints=[it["checkpoints"][0]] * 2, consistency=[[]]), lambda it: it.update(format=1),
        lambda it: it.update(checkpoints=[*reversed(it["checkpoints"])]),
        lambda it: it["checkpoints"].__setitem__(0, LOG.signed(3, OLD, origin="other.example").note.to_text()),
        lambda it: it.update(checkpoints=[LOG.signed(0, OLD).note.to_text(), it["checkpoints"][2]], consistency=[[]]),
    ):  # fmt: skip
        bent = edited(BUNDLE, change)
        assert bundle_outcome(v, bent) in ("malformed", "refuted"), bent
    for change in (
        lambda it: it["entries"][0].update(sequence=2), lambda it: it["entries"][0].update(sequence=13),
        lambda it: it["entries"][0].update(sequence=-1), lambda it: it["entries"][0]["proof"].pop(),
        lambda it: it["entries"][0].update(entry=it["entries"][0]["entry"].replace("alice", "mallory")),
        lambda it: it["consistency"].reverse(), lambda it: it["consistency"][0].pop(),
        lambda it: it["checkpoints"].__setitem__(2, LOG.signed(13, NEWEST, STRANGER).note.to_text().replace("\n13\n", "\n14\n")),
        lambda it: it["entries"].__delitem__(1), lambda it: it["entries"].__delitem__(2),
    ):  # fmt: skip
        assert bundle_outcome(v, edited(BUNDLE, change)) == "refuted"
    assert bundle_outcome(v, f"[{BUNDLE.strip()}]") == "malformed"


def ranges(v: Any) -> None:
    report = v.verify_bundle(RANGE, trust(v, NEWEST), None)
    assert (report["entries"], report["rotations"]) == ([[4, 10]], [4, 7])
    assert bundle_outcome(v, RANGE, OLD) == "verified"
    assert v.verify_bundle(WHOLE, trust(v, OLD), None)["entries"] == [[0, 12]]
    for span in ((0, 1), (0, 12), (1, 13), (12, 13), (6, 7)):
        content = export_bundle(LOG, HEADS[2:], span=span).decode()
        assert v.verify_bundle(content, trust(v, NEWEST), None)["entries"] == [[span[0], span[1] - 1]]
    for change in (
        lambda part: part["entries"].pop(), lambda part: part["entries"].pop(2), lambda part: part["entries"].reverse(),
        lambda part: part["entries"].append(part["entries"][0]), lambda part: part.update(first=4), lambda part: part.update(first=-1),
        lambda part: part.update(first=13), lambda part: part.update(first=2**53 - 1), lambda part: part.update(entries=[]),
        lambda part: part["entries"].__setitem__(1, part["entries"][1].replace("alice", "mallory")), lambda part: part["left"].pop(),
        lambda part: part["right"].append(hash_text(EMPTY_ROOT)), lambda part: part["left"].__setitem__(0, hash_text(EMPTY_ROOT)),
        lambda part: part["right"].__setitem__(0, hash_text(EMPTY_ROOT)), lambda part: part["left"].reverse(), lambda part: part.update(z=1),
        lambda part: part.update(left=[]), lambda part: part.update(right=None), lambda part: part.update(entries=[1]), lambda part: part.clear(),
        lambda part: part.update(first="5"), lambda part: part.update(entries={}), lambda part: part.update(first=True),
    ):  # fmt: skip
        bent = edited(RANGE, lambda it, change=change: change(it["range"]))
        assert bundle_outcome(v, bent, NEWEST) in ("refuted", "malformed"), bent[:300]
    for wrong in (None, [], 1, "a"):
        assert bundle_outcome(v, edited(RANGE, lambda it, wrong=wrong: it.update(range=wrong)), NEWEST) == "malformed"


def contents(v: Any) -> None:
    for at in range(3):
        for change in (
            lambda item: item.update(sequence=4), lambda item: item.update(sequence=5), lambda item: item.update(salt=hash_text(bytes(32))),
            lambda item: item.update(digest=content_digest(b"x")), lambda item: item.update(digest="x"), lambda item: item.pop("digest"),
            lambda item: item.pop("sequence"), lambda item: item.update(sequence=None), lambda item: item.update(digest=None),
            lambda item: item.update(base64="AA==", text="x"), lambda item: item.update(zzz=1), lambda item: item.update(salt="AA=="),
            lambda item: item.update(salt=hash_text(bytes(33))), lambda item: item.update({"text" if "text" in item else "base64": "AA=="}),
            lambda item: item.update({"text" if "text" in item else "base64": None}), lambda item: [item.pop("text", 0), item.pop("base64", 0)],
        ):  # fmt: skip
            bent = edited(BUNDLE, lambda it, at=at, change=change: change(it["contents"][at]))
            assert bundle_outcome(v, bent) in ("refuted", "malformed")
    unsalted = edited(BUNDLE, lambda it: it["contents"][0].pop("salt"))
    assert bundle_outcome(v, unsalted) == "refuted"
    for wrong in ("x", {}, 1):
        assert bundle_outcome(v, edited(BUNDLE, lambda it, wrong=wrong: it.update(contents=wrong))) == "malformed"


def kept_checkpoints(v: Any) -> None:
    def since(head: SignedCheckpoint) -> Any:
        return v.parse_checkpoint(head.note.to_text())

    for head in HEADS:
        assert bundle_outcome(v, BUNDLE, since=since(head)) == "verified"
    other = KeptLog([*ACTS[:2], ACTS[8], *ACTS[3:]])
    for head in (LOG.signed(5, NEW), LOG.signed(0, OLD), other.signed(3, OLD), LOG.signed(3, OLD, origin="other")):
        assert bundle_outcome(v, BUNDLE, since=since(head)) == "refuted"


def folders(v: Any) -> None:

    acts: list[Act] = [*ACTS, *(replace(ACTS[0], target=f"urn:{item}") for item in range(506))]
    log = KeptLog(acts)
    with tempfile.TemporaryDirectory() as name:
        folder = write_folder(Path(name) / "log", log, log.signed(519, NEWEST, WITNESS))
        report = v.verify_folder(str(folder), trust(v, OLD, witnesses=(WITNESS,), needed=1), None)
        assert (report["entries"], report["rotations"], len(report["checkpoints"])) == ([[0, 518]], [4, 7], 1)

        def look(*known: SigningKey, since: Any = None) -> str:
            kept = v.parse_checkpoint(since.note.to_text()) if since else None
            return outcome(v, lambda: v.verify_folder(str(folder), trust(v, *(known or (OLD,))), kept))

        assert look(STRANGER) == "refuted"
        for size in (0, 1, 7, 256, 518, 519):
            assert look(since=log.signed(size, OLD)) == "verified"
        forked = KeptLog([acts[8], *acts[1:]])
        grown = KeptLog([*acts, acts[0]])
        for head in (
            forked.signed(1, OLD),
            forked.signed(519, OLD),
            grown.signed(520, OLD),
            log.signed(7, OLD, origin="x"),
            log.signed(0, OLD, origin="x"),
        ):
            assert look(since=head) == "refuted"
        _spoil(folder, look)
        # An older checkpoint over a folder that has grown since: wider tiles hold what it needs.
        for size in (519, 300, 256, 1, 0):
            (folder / "checkpoint").write_text(log.signed(size, OLD if size < 5 else NEWEST).note.to_text())
            assert look() == "verified"
        (folder / "checkpoint").write_text(grown.signed(520, NEWEST).note.to_text())
        assert look() == "malformed"
        (folder / "checkpoint").write_text(forked.signed(519, NEWEST).note.to_text())
        assert look() == "refuted"
        (folder / "checkpoint").write_bytes(b"\xff")
        assert look() == "malformed"
        (folder / "checkpoint").unlink()
        assert look() == "malformed"
    assert outcome(v, lambda: v.verify_folder("\0", trust(v, OLD), None)) == "malformed"


def _spoil(folder: Path, look: Callable[[], str]) -> None:
    for path in (
        folder / "tile/0/000",
        folder / "tile/0/002.p/7",
        folder / "tile/entries/000",
        folder / "tile/entries/002.p/7",
    ):
        content = path.read_bytes()
        for spoiled in (
            b"",
            content[:-1],
            _flip(content, 0),
            _flip(content, 1),
            _flip(content, 2),
            _flip(content, len(content) - 1),
        ):
            path.write_bytes(spoiled)
            assert look() in ("refuted", "malformed"), path
        path.unlink()
        assert look() == "malformed"
        path.mkdir()
        assert look() == "malformed"
        path.rmdir()
        path.symlink_to("/dev/zero")
        assert look() == "malformed"
        path.unlink()
        path.write_bytes(content)
    path = folder / "tile/entries/000"
    content = path.read_bytes()
    latin = content.replace(b"a reason", b"a\xffreason", 1)
    path.write_bytes(latin)
    assert look() == "refuted"
    path.write_bytes(content)
    assert look() == "verified"


def tile_paths(v: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        for index, path in ((0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")):
            file = Path(name) / "tile/0" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(str(index).encode())
            assert v._read_tile(name, "0", index, 256) == v._read_tile(name, "0", index, 7) == str(index).encode()
        (Path(name) / "tile/0/000.p").mkdir()
        for width in (9, 255):
            (Path(name) / f"tile/0/000.p/{width}").write_bytes(str(width).encode())
        assert [v._read_tile(name, "0", 0, width) for width in (1, 9, 10, 255, 256)] == [
            b"9",
            b"9",
            b"255",
            b"255",
            b"0",
        ]
        big = Path(name) / "tile/0/005"
        big.write_bytes(b"x" * (256 * (60 * 1024 + 2)))
        assert len(v._read_tile(name, "0", 5, 256)) == 256 * (60 * 1024 + 2)
        big.write_bytes(b"x" * (256 * (60 * 1024 + 2) + 1))
        assert outcome(v, lambda: v._read_tile(name, "0", 5, 256)) == "malformed"


def spoiled_bytes(v: Any, step: int = 41) -> None:
    """A flipped byte anywhere in a bundle is found; all its signatures are asked for, since lines of strangers are not."""
    head = LOG.signed(13, NEWEST, WITNESS)
    content = export_bundle(LOG, [LOG.signed(7, NEW, WITNESS), head], [1, *ROTATIONS], span=(11, 13)).decode()
    assert bundle_outcome(v, content, witnesses=(WITNESS,), needed=1) == "verified"
    encoded = content.encode()
    for at in range(0, len(encoded), step):
        for bit in (1, 0x20):
            changed = encoded[:at] + bytes([encoded[at] ^ bit]) + encoded[at + 1 :]
            ended = outcome(
                v,
                lambda changed=changed: v.verify_bundle(
                    v.to_text(changed, "it"), trust(v, OLD, witnesses=(WITNESS,), needed=1), None
                ),
            )
            assert ended != "verified", (at, encoded[at - 20 : at + 20])
    for end in range(0, len(encoded) - 1, 10 * step):
        assert (
            bundle_outcome(v, encoded[:end].decode("utf-8", "replace"), witnesses=(WITNESS,), needed=1) == "malformed"
        )


def paths(v: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "bundle.json"
        path.write_text(BUNDLE, encoding="utf-8")
        assert v.verify_path(str(path), trust(v, OLD), None, ORIGIN)["verified"] is True
        assert outcome(v, lambda: v.verify_path(str(path), trust(v, OLD), None, "other")) == "refuted"
        assert v.read_file(str(path), path.stat().st_size) == path.read_bytes()
        assert outcome(v, lambda: v.read_file(str(path), path.stat().st_size - 1)) == "malformed"
        path.write_bytes(b"\xff")
        assert outcome(v, lambda: v.verify_path(str(path), trust(v, OLD))) == "malformed"
        for missing in (f"{name}/missing", "/dev/null", "\0"):
            assert outcome(v, lambda missing=missing: v.read_file(missing, 10)) == "malformed"
        folder = write_folder(Path(name) / "log", LOG, HEADS[2])
        assert v.verify_path(str(folder), trust(v, OLD))["entries"] == [[0, 12]]


def limits(v: Any) -> None:
    """Stated in the documentation, and the same as where bundles are written."""
    assert (v.MAX_SIZE, v.MAX_BUNDLE, v.MAX_ENTRY, v.MAX_NOTE) == (2**63 - 1, 67_108_864, 61_440, 262_144)
    assert (v.MAX_SIGNATURES, v.TILE, v.ED25519, v.COSIGNATURE) == (64, 256, 1, 4)


CASES: list[Callable[[Any], None]] = [
    limits, frontier, keys, notes, checkpoints, signatures, whom_to_trust, key_changes, entries, bundles, bent_bundles, ranges, contents,
    kept_checkpoints, tile_paths, paths, inclusion, consistency, folders, strict_json, spoiled_bytes,
]  # fmt: skip
