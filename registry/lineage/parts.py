"""How a walk downstream comes to parts and wholes, and where it goes on from there.

A slice's whole leads down to its columns, but not to its other slices; what has a column leads down to its slices,
but not to its other columns, and neither do those slices. A column that was come down to doesn't lead up to the others
that have it.
"""

from __future__ import annotations

from registry.lineage.answer import Edge
from registry.lineage.subgraph import FIELD_OF, PART

FREE = 0
_FROM_SLICE, _FROM_COLUMN, _DOWN = 1, 2, 4
WAYS_OF_COMING = (FREE, _FROM_SLICE, _FROM_COLUMN, _FROM_SLICE | _FROM_COLUMN, _DOWN)
"""Every way in which an entity may have been come to; ``FREE`` says nothing about where to go on."""


def is_column(edge: Edge) -> bool:
    """Whether an edge joins a column to what has it."""
    return edge.relation == FIELD_OF


def is_part(edge: Edge) -> bool:
    """Whether an edge joins a part (a slice, a column) to what it is part of."""
    return edge.family == PART or is_column(edge)


def comes_down(came: int, edge: Edge) -> int | None:
    """How the far end of an edge is come to, from an end that was come to in some way; None where it is not."""
    if is_column(edge):
        return None if came & _FROM_COLUMN else _DOWN
    if edge.family == PART:
        return None if came & _FROM_SLICE else came & _FROM_COLUMN
    return FREE


def comes_up(came: int, edge: Edge) -> int | None:
    """The same for the step from a part up to its whole."""
    if is_column(edge):
        return None if came & _DOWN else came | _FROM_COLUMN
    return (came & _FROM_COLUMN) | _FROM_SLICE
