"""The text of the registry's own tokens."""

from __future__ import annotations

import hmac
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.identity.process_tokens import ProcessTokens
from registry.identity.token_text import FIND_TOKENS, Sort, TokenText
from registry.permission.principal import Method


@pytest.mark.parametrize("sort", list(Sort))
def test_a_token_is_read_back_and_never_shown(sort: Sort) -> None:
    made = TokenText.make(sort)
    assert TokenText.read(made.text) == made
    assert made.text.startswith(f"{sort}_{made.id}_")
    secret = made.text.rpartition("_")[2]
    assert secret not in repr(made)
    assert made.digest == TokenText.read(made.text).digest  # type: ignore[union-attr]
    assert secret not in made.digest


def test_tokens_are_found_in_any_text() -> None:
    made = TokenText.make(Sort.SERVICE).text
    assert FIND_TOKENS.findall(f'curl -H "Authorization: Bearer {made}" # {made[:-1]}') == [made]


@given(place=st.integers(0, 69), sign=st.sampled_from(string.ascii_letters + string.digits + "_-"))
def test_a_mistyped_token_is_told_from_a_token(place: int, sign: str) -> None:
    text = TokenText.make(Sort.SERVICE).text
    changed = text[:place] + sign + text[place + 1 :]
    found = TokenText.read(changed)
    assert found is None if changed != text else found is not None


@given(st.text(max_size=100))
def test_no_other_text_is_a_token(text: str) -> None:
    assert TokenText.read(text) is None


def test_digests_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    original = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return original(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    one, other = TokenText.make(Sort.SERVICE), TokenText.make(Sort.SERVICE)
    assert one.has_digest(one.digest)
    assert not one.has_digest(other.digest)
    assert len(compared) == 2


def test_a_lent_token_ends_with_its_block() -> None:
    tokens = ProcessTokens()
    with tokens.lend("source:night") as text:
        token = TokenText.read(text)
        assert token is not None
        found = tokens.find(token)
        assert found is not None
        assert (found.principal.subject, found.principal.method) == ("source:night", Method.PROCESS)
        forged = TokenText(token.sort, token.id, TokenText.make(Sort.PROCESS).text)
        assert tokens.find(forged) is None
    assert tokens.find(token) is None
