"""The words that index and questions share."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.search_text import WORD_MAX, runs, search_text, words
from registry.lineage.search_terms import full_text_query


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("customer_events_x", ["customer", "events", "x"]),
        ("customerEvents", ["customerevents", "customer", "events"]),
        ("HTTPServer2", ["httpserver2", "http", "server", "2"]),
        ("gpt-4o", ["gpt", "4o", "4", "o"]),
        ("Zürich", ["zürich"]),
        ("हिन्दी", ["हिन्दी"]),
        ("顧客 データ", ["顧", "客", "データ"]),
        ("a AND b OR NOT c", ["a", "and", "b", "or", "not", "c"]),
        ("... --- !!!", []),
        ("x" * 300, ["x" * WORD_MAX]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text())
def test_words_hold_letters_and_digits_only(text: str) -> None:
    for word in words(text):
        assert 0 < len(word) <= WORD_MAX
        assert all(unicodedata.category(char)[0] in "LMN" for char in word)
    assert len(words(text)) == len(set(words(text)))


@given(st.text(alphabet="abcXYZ019_-. é顧", min_size=1, max_size=30))
def test_what_is_indexed_is_found_by_its_own_name(name: str) -> None:
    indexed = search_text(name, None, None, ()).split()
    for whole, parts in runs(name):
        assert whole in indexed or parts
        assert all(part in indexed for part in parts)


def test_the_index_knows_the_name_in_one_piece() -> None:
    assert "customereventsx" in search_text("customer_events_x", "Events", "of customers", ["pii"]).split()


def test_questions_are_made_of_our_own_syntax_alone() -> None:
    assert full_text_query("orders v3") == "orders* AND (v3* OR (v* AND 3*))"
