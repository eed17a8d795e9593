"""The header that makes a read see an earlier write on every server of a cluster."""

from __future__ import annotations

import re

from registry.errors import InvalidRequestError

BOOKMARK_HEADER = "Lineage-Bookmark"
_MAX_BOOKMARKS = 10
_BOOKMARK = re.compile(r"FB:[A-Za-z0-9+/=_-]{1,512}")  # Neo4j fails inside on some texts that are none


def read_bookmarks(header: str | None) -> list[str] | None:
    """The bookmarks in a header's value, None without any. Raises InvalidRequestError for what cannot be one."""
    bookmarks = [item.strip() for item in (header or "").split(",") if item.strip()]
    if len(bookmarks) > _MAX_BOOKMARKS or not all(_BOOKMARK.fullmatch(item) for item in bookmarks):
        raise InvalidRequestError(
            f"The header {BOOKMARK_HEADER} cannot be used.", hint="Send it back as the write answered it."
        )
    return bookmarks or None
