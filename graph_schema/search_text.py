"""How names become words to find them by; writing and searching use the same."""

from __future__ import annotations

import re
from collections.abc import Iterable

_CHUNK = re.compile(r"[^\W_]+")
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_MOST_WORDS = 2_000


def words(text: str) -> list[str]:
    """The lower-case words in a text, once each, in order: whole ones, and their parts.

    ``customerEvents_x2`` gives customerevents, customer, events, x2, x, 2. Letters of any script count.
    """
    found: dict[str, None] = {}
    for chunk in _CHUNK.findall(text):
        found[chunk.lower()] = None
        for piece in _PIECE.findall(chunk):
            found[piece.lower()] = None
    return list(found)


def search_text(name: str, title: str | None, description: str | None, tags: Iterable[str]) -> str:
    """What the full-text index keeps of an entity: the words of its name, title, tags and description."""
    parts = " ".join(part for part in (name, title, *tags, description) if part)
    return " ".join(words(parts)[:_MOST_WORDS])
