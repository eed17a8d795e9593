"""The words that entities are found by: one way to cut text for the index and for whoever searches it.

Words are runs of letters and digits in lower case, cut at every other character, between letters and digits
and where camelCase begins a new word; a run that is cut is a word as a whole too. So ``customer_events_x`` is
found by ``customer`` and ``customerEvents`` by ``events`` and ``customerevents``. A word never contains anything
that means something to a query language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

WORD_MAX = 100
"""Longest word in characters; the rest of a longer one is left out, in the index and in questions alike."""
_MOST_WORDS = 2_000

_CAMEL = re.compile(r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\d)(?=\D)|(?<=\D)(?=\d)")


def words(text: str) -> list[str]:
    """Every word of a text once, in order: each run whole, then its parts."""
    found: dict[str, None] = {}
    for whole, parts in runs(text):
        found[whole] = None
        found.update(dict.fromkeys(parts))
    return list(found)


def runs(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """The runs of letters and digits, each with the parts that it is cut into (none where it is one word)."""
    found = []
    for run in "".join(_spaced(char) for char in unicodedata.normalize("NFKC", text)).split():
        parts = [part.lower()[:WORD_MAX] for part in _CAMEL.split(run)]
        found.append((run.lower()[:WORD_MAX], tuple(parts) if len(parts) > 1 else ()))
    return found


def search_text(
    name: str, title: str | None = None, description: str | None = None, tags: Iterable[str] | None = None
) -> str:
    """The text to index for an entity: the words of all of it, and its name in one piece.

    Words beyond the first 2,000 are left out.
    """
    joined = "".join(whole for whole, _ in runs(name))[:WORD_MAX]
    found = dict.fromkeys([joined] if joined else [])
    for text in (name, title, *(tags or ()), description):
        found.update(dict.fromkeys(words(text) if text else ()))
    return " ".join(islice(found, _MOST_WORDS))


def _spaced(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] not in "LMN":
        return " "
    # The index takes each ideograph and each hiragana sign for a word, so a question has to do the same.
    return f" {char} " if _stands_alone(char) else char


def _stands_alone(char: str) -> bool:
    return (
        "぀" <= char <= "ゟ" or "㐀" <= char <= "鿿" or "豈" <= char <= "\ufaff" or "\U00020000" <= char <= "\U0003ffff"
    )
