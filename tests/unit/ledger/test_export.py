"""Bundles that are refused before they are made, and statements in the log."""

from __future__ import annotations

import json

import pytest

from registry.errors import InvalidKeyError, InvalidLedgerError, InvalidRequestError
from registry.ledger.export import Disclosure, export_bundle
from registry.ledger.note import SignedNote, sign_note
from registry.ledger.statements import ROTATION, Genesis, parse_rotation, sign_genesis, sign_rotation
from tests.unit.ledger.exported import BUNDLE, HEADS, LOG, NEW, OLD, ORIGIN, RICH, STATE, STRANGER, WITNESS


def test_a_bundle_is_one_canonical_document() -> None:
    document = json.loads(BUNDLE)
    assert json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" == BUNDLE
    assert [item["sequence"] for item in document["entries"]] == [1, 4, 7, 12]


@pytest.mark.parametrize("heads", [[], [HEADS[1], HEADS[0]], [HEADS[0], HEADS[0]], [LOG.signed(0, OLD), HEADS[0]]])
def test_checkpoints_grow(heads: list[object]) -> None:
    with pytest.raises(InvalidRequestError):
        export_bundle(LOG, heads)  # type: ignore[arg-type]


@pytest.mark.parametrize("span", [(0, 0), (3, 2), (-1, 2), (0, 14)])
def test_a_span_is_in_the_tree(span: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequestError):
        export_bundle(LOG, HEADS, span=span)


@pytest.mark.parametrize("sequence", [-1, 13])
def test_an_entry_is_in_the_tree(sequence: int) -> None:
    with pytest.raises(InvalidRequestError):
        export_bundle(LOG, HEADS, [sequence])


def test_what_has_another_digest_is_not_disclosed() -> None:
    digest = RICH.changes[0].after
    assert digest is not None
    with pytest.raises(InvalidLedgerError):
        export_bundle(LOG, HEADS, [1], disclosures=[Disclosure(1, digest.state, STATE)])


def test_a_change_of_keys_is_read_back() -> None:
    statement = sign_rotation(ORIGIN, OLD, NEW)
    rotation = parse_rotation(statement, ORIGIN)
    assert (rotation.origin, rotation.retired, rotation.adopted) == (ORIGIN, OLD.verifier, NEW.verifier)
    for text in (
        statement.replace(ORIGIN + "\n", "other\n", 1),
        statement.replace("retire", "adopt"),
        statement.replace("/v1", "/v2"),
    ):
        with pytest.raises(InvalidLedgerError):
            parse_rotation(text, ORIGIN)
    with pytest.raises(InvalidLedgerError):
        parse_rotation(statement, "other")
    note = SignedNote.parse(statement)
    for forged in (
        sign_note(note.text, [OLD], 0),
        sign_note(note.text, [NEW, STRANGER], 0),
        sign_note(note.text.replace(NEW.verifier.text, "x"), [OLD, NEW], 0),
        sign_note(f"{ROTATION}\n{ORIGIN}\nretire {OLD.verifier.text}\nadopt {OLD.verifier.text}\n", [OLD], 0),
        sign_note(f"{note.text}more\n", [OLD, NEW], 0),
    ):
        with pytest.raises(InvalidLedgerError):
            parse_rotation(forged.to_text(), ORIGIN)


def test_a_key_is_replaced_by_another_of_its_kind() -> None:
    for retired, adopted in ((OLD, OLD), (OLD, WITNESS), (WITNESS, OLD)):
        with pytest.raises(InvalidKeyError):
            sign_rotation(ORIGIN, retired, adopted)


def test_how_the_log_began_is_signed() -> None:
    digest = f"sha256:{'0' * 64}"
    note = SignedNote.parse(sign_genesis(Genesis(ORIGIN, digest, 12, 34), OLD))
    assert note.text == f"lineage-registry/genesis/v1\n{ORIGIN}\n{digest}\n12 entities\n34 edges\n"
    assert note.verify([OLD.verifier])
    with pytest.raises(InvalidLedgerError):
        sign_genesis(Genesis(ORIGIN, "none", 0, 0), OLD)
