"""Times in the query of a REST request."""

from __future__ import annotations

from graph_schema.times import parse_time
from registry.errors import InvalidRequestError


def read_time(name: str, text: str | None) -> int | None:
    """A parameter's time in microseconds; None where it was not given. Raises InvalidRequestError, which names it."""
    if text is None:
        return None
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise InvalidRequestError(
            f"{name} is not a time.",
            hint="Write an RFC 3339 time with a zone, for example 2026-05-04T12:00:00Z.",
            argument=name,
        ) from None
