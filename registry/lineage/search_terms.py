"""What is typed into a search, in the forms in which the graph is asked for it."""

from __future__ import annotations

from graph_schema.search_text import WORD_MAX, runs
from registry.errors import InvalidRequestError

TEXT_MAX = 1_000
"""Longest text, in characters."""
_MOST_RUNS = 20


def full_text_query(text: str) -> str:
    """The text in the full-text index's language: all of its words, each as the beginning of one.

    Raises InvalidRequestError where it has none.
    """
    found = runs(text)
    if not found:
        raise InvalidRequestError("The text has no letters and no digits to search for.")
    return " AND ".join(_either(whole, parts) for whole, parts in found[:_MOST_RUNS])


def joined(text: str) -> str:
    """All words in one piece, as names are compared with it."""
    return "".join(whole for whole, _ in runs(text)[:_MOST_RUNS])[:WORD_MAX]


def whole_words(text: str) -> list[str]:
    """The words, each in one piece."""
    return [whole for whole, _ in runs(text)[:_MOST_RUNS]]


def _either(whole: str, parts: tuple[str, ...]) -> str:
    if not parts:
        return f"{whole}*"
    return f"({whole}* OR ({' AND '.join(f'{part}*' for part in parts[:_MOST_RUNS])}))"
