"""What ways are made of: directed steps between places, whatever walk they come from."""

from __future__ import annotations

from typing import NamedTuple

from registry.lineage.answer import Edge
from registry.lineage.parts import FREE


class Place(NamedTuple):
    """An entity, and how a way came there (registry.lineage.parts), which decides where it goes on."""

    urn: str
    came: int = FREE


class Step(NamedTuple):
    """One step along an edge. ``certain`` is false where nobody recorded that the edge concerns this very thing."""

    near: Place
    far: Place
    edge: Edge
    certain: bool


class WorkBudget:
    """How much may still be done, counted in steps, so that the same question is cut at the same place every time."""

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> bool:
        """Do so much; whether that was still within the budget."""
        self.left -= steps
        return self.left >= 0
