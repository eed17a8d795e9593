"""Parameters and rows of the questions about the quarantine. Times are microseconds since 1970.

``since`` leaves out what came last before it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageParams:
    """Which entries: of a source, with a reason, or all; a page of them."""

    source: str | None
    reason: str | None
    since: int
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class CountParams:
    """Which entries."""

    source: str | None
    reason: str | None
    since: int


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many."""

    total: int


@dataclass(frozen=True, slots=True)
class EntryParams:
    """One entry by its id."""

    id: str
    since: int


@dataclass(frozen=True, slots=True)
class PageRow:
    """An entry as it is stored, without its content; ``errors`` and ``sender`` are JSON."""

    id: str
    source: str
    form: str
    origin: str
    place: str
    reason: str
    message: str
    errors: str | None
    received_at: int
    last_received_at: int
    times: int
    size: int
    kept: int
    sender: str | None


@dataclass(frozen=True, slots=True)
class EntryRow(PageRow):
    """An entry as it is stored; ``content`` is packed."""

    content: bytes


@dataclass(frozen=True, slots=True)
class BoundsParams:
    """From when on entries are kept."""

    since: int


@dataclass(frozen=True, slots=True)
class BoundsRow:
    """All entries, and those that are too old."""

    entries: int
    old: int
