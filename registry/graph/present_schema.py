"""The constraints and indexes that a database has, to compare with those that it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from registry.graph.database import Database

_CONSTRAINTS = (
    "SHOW CONSTRAINTS YIELD name, type, entityType, labelsOrTypes, properties "
    "RETURN name, type, entityType, labelsOrTypes, properties"
)
_INDEXES = (
    "SHOW INDEXES YIELD name, type, entityType, labelsOrTypes, properties, state, populationPercent, owningConstraint "
    "WHERE owningConstraint IS NULL AND type <> 'LOOKUP' "
    "RETURN name, type, entityType, labelsOrTypes, properties, state, populationPercent"
)
_STATEMENT = re.compile(
    r"CREATE (?P<type>CONSTRAINT|RANGE INDEX|FULLTEXT INDEX) (?P<name>\w+) IF NOT EXISTS "
    r"FOR \(n:(?P<labels>[\w|]+)\) (?:REQUIRE |ON EACH \[|ON \()"
    r"(?P<properties>n\.\w+(?:, n\.\w+)*)(?: IS UNIQUE$|\)$|\])"
)
_TYPES = {"CONSTRAINT": "UNIQUENESS", "RANGE INDEX": "RANGE", "FULLTEXT INDEX": "FULLTEXT"}


@dataclass(frozen=True, slots=True)
class Present:
    """A constraint, or an index that belongs to none; ``percent`` is how much of an index is built."""

    name: str
    constraint: bool
    type: str
    labels: frozenset[str]
    properties: tuple[str, ...]
    """In their order: an index over several answers by the first alone, and not by the second."""
    state: str = "ONLINE"
    percent: float = 100.0

    @property
    def drop(self) -> str:
        """The statement that takes it away."""
        return f"DROP {'CONSTRAINT' if self.constraint else 'INDEX'} {_quoted(self.name)}"

    def covers(self, shape: Shape) -> bool:
        """Whether it is on the very labels and properties, whatever it is."""
        return (self.labels, self.properties) == (shape.labels, shape.properties)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement of a migration makes."""

    name: str
    type: str
    labels: frozenset[str]
    properties: tuple[str, ...]

    @classmethod
    def of(cls, statement: str) -> Self:
        """Read one of our own statements, which all have one of three forms. Raises ValueError for another."""
        found = _STATEMENT.match(statement)
        if found is None:
            raise ValueError(f"not a statement of ours: {statement}")
        labels = frozenset(found["labels"].split("|"))
        properties = tuple(part.removeprefix("n.") for part in found["properties"].split(", "))
        return cls(found["name"], _TYPES[found["type"]], labels, properties)

    def fits(self, other: Present) -> bool:
        """Whether that is what the statement makes. Its name counts only where questions use it: full text."""
        named = self.type != "FULLTEXT" or self.name == other.name
        return named and self.type == other.type and other.covers(self)


def read_schema(database: Database) -> list[Present]:
    """What there is, on nodes and on relationships."""
    constraints = [
        Present(name, True, _type(kind, entity), frozenset(labels), tuple(properties))
        for name, kind, entity, labels, properties in database.read_text(_CONSTRAINTS)
    ]
    indexes = [
        Present(name, False, _type(kind, entity), frozenset(labels), tuple(properties), state, percent)
        for name, kind, entity, labels, properties, state, percent in database.read_text(_INDEXES)
    ]
    return constraints + indexes


def _type(name: str, entity: str) -> str:
    """The type by one name: releases of Neo4j call the same constraint differently."""
    plain = "UNIQUENESS" if name.endswith("UNIQUENESS") else name
    return plain if entity == "NODE" else f"RELATIONSHIP {plain}"


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z]\w*", name) else f"`{name.replace('`', '``')}`"
