"""Which part of a store a reading goes through: all of it, or what shows that it came after a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DAY = 86_400_000
"""Milliseconds."""


def days_before(since: int) -> int:
    """The day, counted since 1970, from which on traces are counted again: one is not over before the next begins."""
    return since // DAY - 1


@dataclass(frozen=True, slots=True)
class Part:
    """What to read of some experiments.

    Where ``since`` (milliseconds since 1970) is None: everything. Else runs that began, ended or were deleted since, and
    those that are under way; logged models that changed since; traces since the day before; and the logged models
    ``models`` with the runs and traces that name them, whenever they were.
    """

    experiments: Sequence[str]
    since: int | None = None
    models: frozenset[str] = frozenset()
