"""Parameters and rows of the questions about scheduled sources. Times are microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ListedParams:
    """One source by its name, or all."""

    name: str | None


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A source as it is stored, and the time by the database."""

    properties: dict[str, Any]
    now: int


@dataclass(frozen=True, slots=True)
class RunsParams:
    """A page of the runs of a source."""

    source: str
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class RunCountParams:
    """The runs of a source."""

    source: str


@dataclass(frozen=True, slots=True)
class RunCountRow:
    """How many."""

    total: int


@dataclass(frozen=True, slots=True)
class RunParams:
    """One run of a source."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as it is stored; its report is packed, or None in a list."""

    properties: dict[str, Any]
