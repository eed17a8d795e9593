"""Arguments of fields, checked: a bound that is broken is named, never silently lowered."""

from __future__ import annotations

from registry.errors import InvalidRequestError

MAX_PAGE = 500
MAX_HISTORY = 1_000


def page_size(first: int) -> int:
    """``first`` if a page may be that long. Raises InvalidRequestError."""
    return _size(first, MAX_PAGE, "Ask for a page of at most that many and go on with `after`.")


def list_size(first: int, most: int = MAX_PAGE) -> int:
    """``first`` if a list without cursors may be that long. Raises InvalidRequestError."""
    return _size(first, most, "Ask for at most that many; the field `hasMore…` beside it says whether there are more.")


def _size(first: int, most: int, hint: str) -> int:
    if not 1 <= first <= most:
        raise InvalidRequestError(f"first is {first}, which is not from 1 to {most}.", hint=hint, argument="first")
    return first


def walk_limit(limit: int, most: int) -> int:
    """``limit`` if an answer may be that big. Raises InvalidRequestError."""
    if not 1 <= limit <= most:
        raise InvalidRequestError(
            f"limit is {limit}, which is not from 1 to {most}.",
            hint="LINEAGE_MAX_NODES sets the most that one answer may hold.",
            argument="limit",
        )
    return limit
