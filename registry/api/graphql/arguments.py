"""Arguments of fields, checked: a bound that is broken is named, never silently lowered."""

from __future__ import annotations

from registry.errors import InvalidRequestError

MAX_PAGE = 500


def page_size(first: int) -> int:
    """``first`` if a page may be that long. Raises InvalidRequestError."""
    if not 1 <= first <= MAX_PAGE:
        raise InvalidRequestError(
            f"first is {first}, which is not from 1 to {MAX_PAGE}.",
            hint="Ask for a page of at most that many and go on with `after`.",
            argument="first",
        )
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
