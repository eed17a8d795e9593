"""Writing to the terminal: text for people, one JSON document for machines, nothing that a value can smuggle in.

Names and messages come from other systems. Consoles made here read no markup in strings, and every value
passes :func:`visible` before it is drawn, so that neither Rich markup nor terminal escapes in it take effect.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, the 8-bit ones included
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the writing direction
    "\u2028\u2029\ufeff\ud800-\udfff\U000e0000-\U000e007f]"  # line separators, lone surrogates, invisible tags
)
_PIPED_WIDTH = 240
"""Columns where nobody looks: wide enough that a pipe gets one row a line."""


def visible(value: object) -> str:
    """The value as text in which nothing acts on a terminal: control characters are written as escapes."""
    return _UNSEEN.sub(_escaped, str(value))


def literal(value: object, style: str = "") -> Text:
    """A value in one style, on one line, never read as markup."""
    return Text(visible(value).replace("\n", "\\n").replace("\t", "\\t"), style=style)


def output() -> Console:
    """Where answers go: standard output."""
    return _console(stderr=False)


def notices() -> Console:
    """Where everything goes that is not the answer: standard error."""
    return _console(stderr=True)


def print_json(value: Any, *, stderr: bool = False) -> None:
    """One JSON document and a newline; keys in the order of the value."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    print(_UNSEEN.sub(_json_escaped, text), file=sys.stderr if stderr else sys.stdout)


def print_json_line(value: Any) -> None:
    """One JSON document on a line of its own, at once: for answers that go on."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.write(_UNSEEN.sub(_json_escaped, text) + "\n")
    sys.stdout.flush()


def tolerate_encoding() -> None:
    """Make a terminal that cannot show a character show its escape instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _PIPED_WIDTH)
    return console


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def _json_escaped(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1] if ord(found[0]) > 127 else f"\\u{ord(found[0]):04x}"
