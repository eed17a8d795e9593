"""Parameters and rows of the questions that paths ask. Times are microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartsParams:
    """Wholes by name, and the families of the edges that lead upstream; the rest says which edges count."""

    wholes: list[str]
    families: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int


@dataclass(frozen=True, slots=True)
class PartsRow:
    """Slices as columns; ``made`` where something but the one whole lies upstream; once for each whole."""

    urn: list[str]
    made: list[bool]
