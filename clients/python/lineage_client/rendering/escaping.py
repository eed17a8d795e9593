"""Names come from anywhere, so none reaches a page, a drawing or a terminal as it is."""

from __future__ import annotations

import unicodedata
from html import escape

_JOINERS = frozenset("\u200c\u200d")  # parts of words and of emoji
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def shown(text: str) -> str:
    """The text on one line, with whatever would move the cursor, turn the reading direction or hide spelled out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(char) for char in text)


def escaped(text: object) -> str:
    """The text as it may stand in HTML and SVG, in elements and in quoted attributes."""
    return escape(shown(str(text)), quote=True)


def shortened(text: str, most: int) -> str:
    """At most so many columns, with an ellipsis where some is left out. The text is one that may be shown."""
    if columns(text) <= most:
        return text
    kept = text[: most - 1]
    while columns(kept) > most - 1:
        kept = kept[:-1]
    return kept + "…"


def columns(text: str) -> int:
    """How wide the text is: letters that are as wide as high, as of Chinese, count for two."""
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _spelled(char: str) -> str:
    if char in _JOINERS or unicodedata.category(char) not in _UNSEEN:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
