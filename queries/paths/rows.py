"""Parameters and rows of the questions that paths ask. Times are microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartsParams:
    """``wholes`` and ``starts`` by name, and the families of the edges that lead upstream; the rest says which count."""

    wholes: list[str]
    starts: list[str]
    families: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int


@dataclass(frozen=True, slots=True)
class PartsRow:
    """Slices and columns, as columns; ``made`` where something but the one whole may lie upstream. Some come twice."""

    urn: list[str]
    made: list[bool]
