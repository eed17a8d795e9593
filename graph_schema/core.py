"""The building blocks of the vocabulary: kinds, relations and their properties, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

NAME_MAX = 1024
"""Longest namespace, name or version, in characters."""


class ValueType(StrEnum):
    """The types a property may have, in records, in the graph and in GraphQL."""

    STRING = "string"
    INTEGER = "integer"  # 64 bits, signed
    FLOAT = "float"  # finite
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"  # RFC 3339 with a zone in records and GraphQL, microseconds since 1970 in the graph
    STRINGS = "strings"  # a list of strings
    JSON = "json"  # any JSON object; kept as text in the graph


class Family(StrEnum):
    """What following a relation means; a walk chooses families, never single arrows."""

    DATA = "data"
    SERVING = "serving"
    SOFTWARE = "software"
    EVALUATION = "evaluation"
    CONTEXT = "context"
    IDENTITY = "identity"
    POSSIBLE = "possible"
    PART = "part"
    STRUCTURE = "structure"
    RESPONSIBILITY = "responsibility"


@dataclass(frozen=True, slots=True)
class Property:
    """One attribute of a kind or a relation.

    ``values`` closes the set of strings; ``immutable`` says that a change is worth a finding, because the
    thing described cannot have changed; ``pattern`` is an ECMA 262 regular expression, anchored by itself;
    ``sensitive`` values are encrypted wherever they are kept and shown only to who may see them.
    """

    name: str
    type: ValueType
    description: str
    required: bool = False
    values: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    immutable: bool = False
    default: str | None = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entity: a node label.

    ``version_of`` names the logical kind that a versioned kind belongs to (its entities then have a version);
    ``searchable`` kinds are in the full-text index, which costs writing time, so only logical ones are.
    ``personal`` kinds stand for human beings: the ledger names their entities by pseudonyms, and one of them can be
    erased by itself. ``derived`` kinds are made by the registry, never by a client.
    """

    name: str
    description: str
    properties: tuple[Property, ...] = ()
    version_of: str | None = None
    searchable: bool = False
    personal: bool = False
    derived: bool = False

    @property
    def versioned(self) -> bool:
        """Whether entities of this kind carry a version in their name."""
        return self.version_of is not None


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation: an edge type, stored from what depends to what it depends on.

    ``ends`` are the allowed (from kinds, to kinds) pairs. ``family_by_role`` replaces ``family`` where the
    role of an edge decides what following it means. ``discriminators`` name the properties that keep two
    edges between the same ends apart. ``derived`` relations are made by the registry, never by a client.
    """

    name: str
    description: str
    family: Family
    ends: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    properties: tuple[Property, ...] = ()
    prov: str | None = None
    family_by_role: Mapping[str, Family] = field(default_factory=lambda: MappingProxyType({}))
    discriminators: tuple[str, ...] = ()
    acyclic: bool = False
    derived: bool = False

    @property
    def families(self) -> frozenset[Family]:
        """Every family an edge of this relation may belong to."""
        return frozenset(self.family_by_role.values()) | {self.family}

    def family_of(self, role: str | None) -> Family:
        """The family of one edge, given its role (None where the relation has no roles)."""
        return self.family_by_role.get(role, self.family) if role is not None else self.family

    def joins(self, source_kind: str, target_kind: str) -> bool:
        """Whether an edge of this relation may lead from one kind to the other."""
        return any(source_kind in sources and target_kind in targets for sources, targets in self.ends)
