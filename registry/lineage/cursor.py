"""Cursors: a place in an ordered answer, opaque to clients, good for the same question only."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from registry.errors import InvalidRequestError

_CHECK_BYTES = 12
_LONGEST = 16_384
_INT64 = 2**63


def make_cursor(question: Sequence[Any], place: Sequence[str | float]) -> str:
    """A cursor for a place in the answer to a question."""
    body = orjson.dumps(list(place))
    return base64.urlsafe_b64encode(_check(question, body) + body).decode().rstrip("=")


def read_cursor(question: Sequence[Any], cursor: str, shape: tuple[type, ...]) -> list[Any]:
    """The place that a cursor names. Raises InvalidRequestError unless it was made for this very question."""
    place = _place(question, cursor)
    if (
        place is None
        or len(place) != len(shape)
        or any(type(got) is not want for got, want in zip(place, shape, strict=True))
        or any(isinstance(got, int) and not -_INT64 <= got < _INT64 for got in place)
    ):
        raise foreign_cursor()
    return place


def foreign_cursor() -> InvalidRequestError:
    """The error for a cursor that was not made for this question."""
    return InvalidRequestError(
        "The cursor does not belong to this question.",
        hint="Send back a cursor as it came, with the same arguments; or start again without one.",
    )


def _place(question: Sequence[Any], cursor: str) -> list[Any] | None:
    if len(cursor) > _LONGEST:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body = raw[_CHECK_BYTES:]
    if raw[:_CHECK_BYTES] != _check(question, body):
        return None
    try:
        place = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return place if isinstance(place, list) else None


def _check(question: Sequence[Any], body: bytes) -> bytes:
    # Not a secret: what a cursor holds only ever becomes a parameter. It tells a broken or foreign one.
    return hashlib.sha256(orjson.dumps(list(question)) + b"\n" + body).digest()[:_CHECK_BYTES]
