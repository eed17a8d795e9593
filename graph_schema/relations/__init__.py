"""The relations, one file per family; ``ALL_RELATIONS`` in reading order."""

from __future__ import annotations

from graph_schema.core import Relation
from graph_schema.relations import (
    attestations,
    data,
    evaluation,
    identity,
    responsibility,
    serving,
    software,
    structure,
)

ALL_RELATIONS: tuple[Relation, ...] = tuple(
    relation
    for family in (data, serving, software, evaluation, identity, structure, responsibility, attestations)
    for relation in family.RELATIONS
)
