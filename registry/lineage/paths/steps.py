"""What ways are made of: directed steps between places, whatever walk they come from."""

from __future__ import annotations

from typing import NamedTuple

from registry.lineage.answer import Edge


class Place(NamedTuple):
    """An entity, and whether a way came there from one of its parts.

    From there it goes on without the entity's other parts, which is why the two are told apart.
    """

    urn: str
    from_part: bool = False


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
