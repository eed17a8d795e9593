"""Parameters and rows of searching. A filter that is None or empty lets everything through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class HitsPage:
    """A page of what matches ``query`` (in the full-text index's language) or begins with ``prefix``."""

    query: str
    asset_kinds: list[str]
    version_kinds: list[str]
    other_kinds: list[str]
    prefix: str
    namespace: str | None
    lifecycle: str | None
    tags: list[str]
    owner: str | None
    open: int
    now: int
    after_score: float
    after_urn: str
    limit: int


@dataclass(frozen=True, slots=True)
class HitsCount:
    """The same, to be counted."""

    query: str
    asset_kinds: list[str]
    version_kinds: list[str]
    other_kinds: list[str]
    prefix: str
    namespace: str | None
    lifecycle: str | None
    tags: list[str]
    owner: str | None
    open: int
    now: int
    count_limit: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of what has these kinds, behind a name and URN in the order."""

    kinds: list[str]
    namespace: str | None
    lifecycle: str | None
    tags: list[str]
    owner: str | None
    open: int
    now: int
    after_name: str
    after_urn: str
    limit: int


@dataclass(frozen=True, slots=True)
class ListCount:
    """The same, to be counted; ``after_name`` is '' for all."""

    kinds: list[str]
    namespace: str | None
    lifecycle: str | None
    tags: list[str]
    owner: str | None
    open: int
    now: int
    after_name: str
    count_limit: int


@dataclass(frozen=True, slots=True)
class HitRow:
    """The stored properties of a hit, and how good it is."""

    properties: dict[str, Any]
    score: float


@dataclass(frozen=True, slots=True)
class ListRow:
    """The stored properties of an entity."""

    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many."""

    total: int
