"""The vocabulary as GraphQL: enums of kinds and relations, and the ``vocabulary`` query's types."""

from __future__ import annotations

from enum import Enum, StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import strawberry

from graph_schema.catalogue import KINDS, RELATIONS, properties_of
from graph_schema.core import Property
from graph_schema.edges import EVERY_EDGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    # The members come from the vocabulary, so the types are known when the program runs; a member is a str.
    Kind = str
    Relation = str
else:

    def _enum(name: str, described: Mapping[str, Any], description: str) -> type[Enum]:
        made = strawberry.enum(StrEnum(name, {item: item for item in described}), name=name, description=description)
        for value in made.__strawberry_definition__.values:
            value.description = described[value.value].description
        return made

    Kind = _enum("Kind", KINDS, "What an entity is.")
    Relation = _enum("Relation", RELATIONS, "What an edge says; from what depends to what it depends on.")


@strawberry.type(name="VocabularyProperty", description="One attribute of a kind or a relation.")
class PropertyType:
    """One attribute of a kind or a relation."""

    name: str = strawberry.field(description="Name in records; GraphQL fields are named the same in camel case.")
    type: str
    description: str
    required: bool
    values: list[str] = strawberry.field(description="The only values allowed; empty where any is.")


@strawberry.type(name="VocabularyKind", description="A kind of entity.")
class KindType:
    """A kind of entity."""

    name: str
    description: str
    version_of: str | None = strawberry.field(description="The kind whose versions these are.")
    searchable: bool = strawberry.field(description="Whether `search` finds it by text.")
    properties: list[PropertyType]


@strawberry.type(name="VocabularyRelation", description="A kind of edge.")
class RelationType:
    """A kind of edge."""

    name: str
    description: str
    families: list[str] = strawberry.field(description="What following it means; a walk chooses families.")
    derived: bool = strawberry.field(description="Whether the registry makes it by itself.")
    properties: list[PropertyType]


@strawberry.type(description="What may exist in the registry.")
class Vocabulary:
    """What may exist in the registry."""

    kinds: list[KindType]
    relations: list[RelationType]


@cache
def vocabulary() -> Vocabulary:
    """The whole vocabulary, in reading order."""
    return Vocabulary(kinds=_kinds(), relations=_relations())


def _kinds() -> list[KindType]:
    return [
        KindType(
            name=kind.name,
            description=kind.description,
            version_of=kind.version_of,
            searchable=kind.searchable,
            properties=_properties(properties_of(kind)),
        )
        for kind in KINDS.values()
    ]


def _relations() -> list[RelationType]:
    return [
        RelationType(
            name=relation.name,
            description=relation.description,
            families=sorted(relation.families),
            derived=relation.derived,
            properties=_properties(relation.properties + EVERY_EDGE),
        )
        for relation in RELATIONS.values()
    ]


def _properties(items: tuple[Property, ...]) -> list[PropertyType]:
    return [
        PropertyType(
            name=item.name,
            type=str(item.type),
            description=item.description,
            required=item.required,
            values=list(item.values),
        )
        for item in items
    ]
