"""How far something may travel: four labels, one above the other. What has no label counts as ``internal``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from graph_schema.kinds.shared import SENSITIVITY

LEVELS: Final = SENSITIVITY.values
"""From what everybody may know to what nearly nobody may."""

UNLABELLED: Final = "internal"
HIGHEST: Final = LEVELS[-1]
_RANKS: Final = {level: rank for rank, level in enumerate(LEVELS)}


def rank(level: str | None) -> int:
    """Where a label stands, from 0. A label that is none of the four counts as the highest."""
    return _RANKS.get(UNLABELLED if level is None else level, len(LEVELS) - 1)


def within(level: str | None, ceiling: str) -> bool:
    """Whether somebody who is cleared up to a ceiling may know of something with this label."""
    return rank(level) <= rank(ceiling)


def strictest(levels: Iterable[str | None]) -> str | None:
    """The highest label that somebody gave; None where nobody gave any."""
    return max((level for level in levels if level is not None), key=lambda level: (rank(level), level), default=None)
