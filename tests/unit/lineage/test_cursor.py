"""Cursors come back as they went, and nothing else does."""

from __future__ import annotations

import base64
import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidRequestError
from registry.lineage.cursor import make_cursor, read_cursor


@given(st.floats(allow_nan=False, allow_infinity=False), st.text())
def test_a_cursor_comes_back(score: float, urn: str) -> None:
    question = ("search", "wine", ["Dataset"], None)
    assert read_cursor(question, make_cursor(question, (score, urn)), (float, str)) == [score, urn]


@given(st.text(max_size=60))
def test_whatever_else_comes_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_cursor(("q",), text, (str,))


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_cursor_is_refused(place: int, change: int) -> None:
    cursor = make_cursor(("q",), ("urn:lineage:Run:demo:a",))
    place %= len(cursor)
    changed = cursor[:place] + chr((ord(cursor[place]) + change) % 128) + cursor[place + 1 :]
    with contextlib.suppress(InvalidRequestError):
        # Only the bits that fill up the last letter may differ without a trace.
        assert changed == cursor or read_cursor(("q",), changed, (str,)) == ["urn:lineage:Run:demo:a"]


@given(st.binary(max_size=60) | st.sampled_from([b"[" * 3000, b'["\\ud800"]', b"[NaN]", b"", b"[1e999]", b"{}"]))
def test_a_cursor_that_somebody_made_up_is_refused(body: bytes) -> None:
    """What tells a broken cursor is no secret, so anybody can make one that seems whole."""
    check = hashlib.sha256(b'["q"]\n' + body).digest()[:12]
    with pytest.raises(InvalidRequestError):
        read_cursor(("q",), base64.urlsafe_b64encode(check + body).decode(), (str, int, float))


def test_a_cursor_of_another_question_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        read_cursor(("b",), make_cursor(("a",), ("x",)), (str,))
    with pytest.raises(InvalidRequestError):
        read_cursor(("a",), make_cursor(("a",), ("x",)), (float,))
