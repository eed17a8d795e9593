"""Arguments of fields, checked: a bound that is broken is named, never silently lowered."""

from __future__ import annotations

from typing import Annotated

import strawberry

from registry.errors import InvalidRequestError

MAX_PAGE = 500
MAX_HISTORY = 1_000


Trusted = Annotated[
    bool, strawberry.argument(description="Only what came by a channel that `LINEAGE_TRUSTED_CHANNELS` lists.")
]
After = Annotated[str | None, strawberry.argument(description="Cursor behind which to go on.")]


def page_size(first: int, most: int = MAX_PAGE) -> int:
    """``first`` if a page may be that long. Raises InvalidRequestError."""
    if not 1 <= first <= most:
        raise InvalidRequestError(
            f"first is {first}, which is not from 1 to {most}.",
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
