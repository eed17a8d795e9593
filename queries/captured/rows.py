"""Parameters and rows of the questions about captured events. Times are microseconds since 1970.

``since`` leaves out what was received before it. ``key`` is a run, a job or a data set as it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventParams:
    """One event by its digest."""

    id: str
    since: int


@dataclass(frozen=True, slots=True)
class ChosenParams:
    """Events of a key, or of all where it is None, that happened in ``[after, before)``."""

    key: str | None
    after: int
    before: int
    since: int


@dataclass(frozen=True, slots=True)
class PageParams(ChosenParams):
    """A page of them."""

    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as it is stored: ``about`` is JSON, ``content`` packed."""

    id: str
    about: str
    state: str | None
    time: int
    received_at: int
    producer: str | None
    content: bytes


@dataclass(frozen=True, slots=True)
class TotalRow:
    """How many."""

    total: int


@dataclass(frozen=True, slots=True)
class FoldsParams:
    """Keys as they are stored."""

    keys: list[str]


@dataclass(frozen=True, slots=True)
class FoldRow:
    """What the events of one key add up to, packed."""

    id: str
    state: bytes
