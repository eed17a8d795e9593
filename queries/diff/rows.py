"""Parameters and rows of what a comparison asks. Times are microseconds since 1970; every answer is one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RecordedParams:
    """Entities by name, as recorded by ``known_at``."""

    urns: list[str]
    known_at: int


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """The stored properties of each state."""

    states: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class AtParams:
    """Entities by name; the rest says which edges count, and how many there may be."""

    urns: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int


@dataclass(frozen=True, slots=True)
class MadeByRow:
    """What was made, beside the run that made it."""

    made: list[str]
    run: list[str]


@dataclass(frozen=True, slots=True)
class AroundRow:
    """Runs, beside an environment, a container, a library or a model that they ran in or needed."""

    run: list[str]
    around: list[str]
