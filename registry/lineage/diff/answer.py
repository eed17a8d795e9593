"""What a comparison answers. Every difference holds both of its sides, so that one answer leads to the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from registry.lineage.answer import Completeness, Direction, Edge, Node, Reason


class Difference(StrEnum):
    """What became of something between the older and the newer side."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"  # the same thing, but not as it was
    REPLACED = "replaced"  # another thing took its place: another version of it, or the run that made the new one


@dataclass(frozen=True, slots=True)
class AttributeDifference:
    """One attribute; values are ready for JSON, None on the side that does not have it. Parts of JSON have dotted names."""

    name: str
    change: Difference
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class NodeDifference:
    """One entity, or two that took each other's place; ``before`` is None for what was added, ``after`` for removed.

    ``sure`` is false where the side that lacks it is not complete, so that it may be there all the same.
    """

    change: Difference
    before: Node | None
    after: Node | None
    attributes: tuple[AttributeDifference, ...]
    sure: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class EdgeDifference:
    """One edge; where an end of it was replaced, its ends are among the attributes."""

    change: Difference
    before: Edge | None
    after: Edge | None
    attributes: tuple[AttributeDifference, ...]
    sure: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class RunComparison:
    """The runs that made the two things that are compared: parameters, seed, code, environment, software.

    Without attributes they were made alike, as far as is recorded.
    """

    before: Node
    after: Node
    attributes: tuple[AttributeDifference, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class DiffSide:
    """One of the two answers: what it is about, at which times, whether that was there, and how complete it is.

    ``known_at`` is what the side was read by, even where nothing was asked for.
    """

    urn: str
    as_of: int | None
    known_at: int
    there: bool
    start: tuple[Node, ...]
    completeness: Completeness


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    replaced: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class LineageDiff:
    """What changed, in a stable order: nodes by depth, kind and name, edges by their ends.

    It is ``complete`` where both sides are; ``reasons`` are those of either.
    """

    direction: Direction
    before: DiffSide
    after: DiffSide
    nodes: tuple[NodeDifference, ...]
    edges: tuple[EdgeDifference, ...]
    runs: tuple[RunComparison, ...]
    node_counts: Counts
    edge_counts: Counts
    summary: str

    @property
    def complete(self) -> bool:
        """Whether both sides are complete."""
        return self.before.completeness.complete and self.after.completeness.complete

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it is not complete."""
        told = {*self.before.completeness.reasons, *self.after.completeness.reasons}
        return tuple(reason for reason in Reason if reason in told)


def count(differences: Sequence[NodeDifference] | Sequence[EdgeDifference], unchanged: int) -> Counts:
    """How many of each sort."""
    found = Counter(item.change.value for item in differences)
    return Counts(**found, unchanged=unchanged)
