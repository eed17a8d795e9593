"""Envelopes open with their own key, at their own place, unaltered, and in no other case."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.secrecy.envelope import Envelope, Material, UnreadableError, index_of

KEY, OTHER = Material.fresh(), Material.fresh()
ID, URN = "00ff00ff00ff00ff", "urn:lineage:Person:demo:ann"
texts = st.text(max_size=40)


@given(st.binary(max_size=300), texts, texts)
def test_opens_where_it_was_sealed(content: bytes, urn: str, field: str) -> None:
    sealed = Envelope.seal(KEY, ID, urn, field, content)
    assert Envelope.parse(sealed.text) == sealed
    assert sealed.open(KEY, urn, field) == content
    assert content == b"" or len(content) < 6 or content not in sealed.text.encode()


@pytest.mark.parametrize(
    ("key", "key_id", "urn", "field"),
    [
        (OTHER, ID, URN, "contact"),
        (KEY, "00ff00ff00ff00fe", URN, "contact"),
        (KEY, ID, URN + "e", "contact"),
        (KEY, ID, URN, "title"),
    ],
)
def test_opens_nowhere_else(key: Material, key_id: str, urn: str, field: str) -> None:
    sealed = Envelope.seal(KEY, ID, URN, "contact", b"ann@example.org")
    moved = Envelope(key_id, sealed.nonce, sealed.ciphertext, sealed.index)
    with pytest.raises(UnreadableError):
        moved.open(key, urn, field)


def test_no_character_can_be_changed() -> None:
    sealed = Envelope.seal(KEY, ID, URN, "contact", b"ann@example.org")
    begin = len("v1.")
    end = sealed.text.rindex(".")  # the index only recognizes what is said again
    for place in range(begin, end):
        for other in "A0f_":
            if sealed.text[place] == other:
                continue
            text = sealed.text[:place] + other + sealed.text[place + 1 :]
            assert not _opens(text)


@given(
    st.one_of(
        st.text(), st.integers(), st.none(), st.from_regex(r"v1\.[0-9a-f]{16}\.[A-Za-z0-9_-]*\..*", fullmatch=True)
    )
)
def test_other_texts_are_no_envelopes(text: object) -> None:
    with pytest.raises(UnreadableError):
        Envelope.parse(text)


def test_the_same_value_is_sealed_differently_and_has_the_same_index() -> None:
    one, two = (Envelope.seal(KEY, ID, URN, "contact", b"same") for _ in range(2))
    assert one.nonce != two.nonce
    assert one.ciphertext != two.ciphertext
    assert one.index == two.index == index_of(KEY, URN, "contact", b"same")
    elsewhere = Envelope.seal(KEY, ID, URN + "e", "contact", b"same")
    assert elsewhere.index != one.index, "who sees two entities must not see that they have the same value"


def test_a_rotated_key_recognizes_what_the_one_before_it_sealed() -> None:
    new = Material.fresh(KEY)
    assert index_of(new, URN, "contact", b"same") == index_of(KEY, URN, "contact", b"same")
    with pytest.raises(UnreadableError):
        Envelope.seal(KEY, ID, URN, "contact", b"same").open(new, URN, "contact")


def test_secrets_are_in_no_text_of_a_key() -> None:
    assert repr(KEY) == str(KEY) == "Material(***)"
    with pytest.raises(TypeError):
        pickle.dumps(KEY)


def _opens(text: str) -> bool:
    try:
        found = Envelope.parse(text)
        found.open(KEY, URN, "contact")
    except UnreadableError:
        return False
    return found.key_id == ID
