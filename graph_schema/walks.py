"""What "uses" means: which relations a walk follows. Written down here, and nowhere else.

Impact follows stored edges backwards (from what is used to what uses it), upstream follows them forwards.
Data and serving are always walked; software on request, and by itself from software; parts (slices) because a
slice belongs to its version; possible edges because a consumer of an unknown version may have used this one.
Structure, responsibility, evaluation and context are never walked. Two names for one thing (identity) and columns are
joined beside the walk (registry.lineage.subgraph).
"""

from __future__ import annotations

from collections.abc import Iterable

from graph_schema.catalogue import RELATIONS
from graph_schema.core import Family, Relation

USE = frozenset({Family.DATA, Family.SERVING, Family.PART})
SOFTWARE_USE = USE | {Family.SOFTWARE}
SOFTWARE_KINDS = frozenset({"Library", "LibraryVersion", "Container", "Environment"})
"""Kinds from which a walk follows software without being asked to."""


def families_for(start_kinds: Iterable[str], *, software: bool = False, possible: bool = True) -> frozenset[Family]:
    """The families that a walk from these kinds follows."""
    families = SOFTWARE_USE if software or not SOFTWARE_KINDS.isdisjoint(start_kinds) else USE
    return families | {Family.POSSIBLE} if possible else families


def relations_in(families: Iterable[Family]) -> tuple[Relation, ...]:
    """The relations that have at least one edge in one of the families, in reading order.

    Where a relation's family depends on the role of the edge, a walk also has to test the edge's own family.
    """
    wanted = frozenset(families)
    return tuple(relation for relation in RELATIONS.values() if relation.families & wanted)
