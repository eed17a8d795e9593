"""Parameters and rows of searching. A filter that is empty lets everything through.

None of them is ever null or an empty list, and lists are filled up with '' to a length that they always have: Neo4j
plans a statement anew for parameters of another type or size, which takes far longer than to answer it.

Times are microseconds since 1970. A state shows that was recorded by ``known_at`` and not replaced by then, and was
so from ``so_by`` or before until after ``so_after``; an edge counts that was true from ``true_by`` or before until
after ``true_after``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class HitsNow:
    """A page of what matches ``query`` (in the full-text index's language) or begins with ``prefix``.

    ``joined`` and ``words`` are the same text as names are compared with it.
    """

    query: str
    asset_kinds: list[str]
    version_kinds: list[str]
    other_kinds: list[str]
    prefix: str
    joined: str
    words: list[str]
    namespace: str
    lifecycle: str
    tags: list[str]
    channels: list[str]
    owner: str
    after_rank: int
    after_urn: str
    limit: int
    count_limit: int
    open: int
    now: int


@dataclass(frozen=True, slots=True)
class HitsAt:
    """The same at a time."""

    query: str
    asset_kinds: list[str]
    version_kinds: list[str]
    other_kinds: list[str]
    prefix: str
    joined: str
    words: list[str]
    namespace: str
    lifecycle: str
    tags: list[str]
    channels: list[str]
    owner: str
    after_rank: int
    after_urn: str
    limit: int
    count_limit: int
    known_at: int
    so_by: int
    so_after: int
    true_by: int
    true_after: int


@dataclass(frozen=True, slots=True)
class ListNow:
    """A page of what has these kinds, behind a name and URN in the order."""

    kinds: list[str]
    namespace: str
    lifecycle: str
    tags: list[str]
    channels: list[str]
    owner: str
    after_name: str
    after_urn: str
    limit: int
    count_limit: int
    open: int
    now: int


@dataclass(frozen=True, slots=True)
class ListAt:
    """The same at a time."""

    kinds: list[str]
    namespace: str
    lifecycle: str
    tags: list[str]
    channels: list[str]
    owner: str
    after_name: str
    after_urn: str
    limit: int
    count_limit: int
    known_at: int
    so_by: int
    so_after: int
    true_by: int
    true_after: int


@dataclass(frozen=True, slots=True)
class SearchRow:
    """A page of stored properties with how good each is, and how many there are in all.

    ``clock`` is when the last write was recorded (0: there was none); where it is not ``still``, another came between.
    """

    items: list[dict[str, Any]]
    ranks: list[int]
    total: int
    clock: int
    still: bool
