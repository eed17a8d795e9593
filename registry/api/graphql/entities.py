"""Entities in GraphQL: one interface, one object type a kind, made from the vocabulary."""

from __future__ import annotations

import asyncio
from typing import Any

import strawberry

from graph_schema.catalogue import KINDS
from graph_schema.core import Kind as KindDefinition
from graph_schema.core import Property, ValueType
from graph_schema.kinds.shared import EVERY_KIND
from registry.api.graphql.answers import LineageEdge, Owner
from registry.api.graphql.arguments import MAX_HISTORY, list_size, page_size
from registry.api.graphql.context import ApiInfo, times_of
from registry.api.graphql.enums import Direction
from registry.api.graphql.fields import resolved
from registry.api.graphql.scalars import JSON, URN, DateTime, Long
from registry.api.graphql.vocabulary import Kind, Relation
from registry.lineage import answer
from registry.lineage.state import EntityState, Neighbour, Neighbours, Page, RecordedFinding, SearchAnswer

_PYTHON_TYPES: dict[ValueType, Any] = {
    ValueType.STRING: str,
    ValueType.INTEGER: Long,
    ValueType.FLOAT: float,
    ValueType.BOOLEAN: bool,
    ValueType.TIMESTAMP: DateTime,
    ValueType.STRINGS: list[str],
    ValueType.JSON: JSON,
}


@strawberry.type(name="Finding", description="Something worth knowing that was found while writing.")
class Finding:
    """Something worth knowing that was found while writing."""

    id: str
    rule: str
    severity: str
    urn: URN
    message: str
    event_id: str | None
    recorded_at: DateTime


@strawberry.type(name="EntityState", description="What was recorded of an entity in one interval.")
class EntityStateType:
    """What was recorded of an entity in one interval."""

    attributes: JSON
    placeholder: bool
    true_from: DateTime | None
    true_to: DateTime | None
    recorded_from: DateTime
    recorded_to: DateTime | None
    event_id: str | None
    event_time: DateTime | None
    producer: str | None


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="One hit and the cursor that goes on behind it.")
class EntityEdge:
    """One hit and its cursor."""

    cursor: str
    node: Entity


@strawberry.type(description="A page of entities.")
class EntityConnection:
    """A page of entities."""

    edges: list[EntityEdge]
    page_info: PageInfo
    total_count: int
    total_is_exact: bool = strawberry.field(description="Whether totalCount counts every hit.")


@strawberry.type(name="Neighbour", description="What one edge joins an entity to.")
class NeighbourType:
    """What one edge joins an entity to."""

    direction: Direction = strawberry.field(description="Where the node lies, seen from the entity.")
    relation: Relation
    edge: LineageEdge
    node: Entity


@strawberry.interface(description="Anything the registry knows by name.")
class Entity:
    """Anything the registry knows by name."""

    urn: URN
    kind: Kind
    namespace: str
    name: str
    version: str | None
    version_unknown: bool = strawberry.field(description="Some version, nobody recorded which.")
    placeholder: bool = strawberry.field(description="Named by an edge, not yet described by anybody.")
    title: str | None
    description: str | None
    tags: list[str] | None
    lifecycle: str | None
    criticality: str | None
    attributes: JSON = strawberry.field(description="Every attribute that is recorded, by its name in records.")
    true_from: DateTime | None
    true_to: DateTime | None = strawberry.field(description="When it ended; null while it has not.")
    recorded_from: DateTime
    recorded_to: DateTime | None = strawberry.field(description="When this was replaced; null for what holds now.")
    event_id: str | None
    event_time: DateTime | None
    producer: str | None

    @resolved("Who answers for it, or for the asset it is a version of.", list[Owner])
    async def owners(self, info: ApiInfo) -> tuple[answer.Owner, ...]:
        """Its owners."""
        return await info.context.loaders.owners(self.urn, times_of(info))

    @resolved("Its versions, newest first; none for kinds without.")
    async def versions(self, info: ApiInfo, first: int = 20, after: str | None = None) -> EntityConnection:
        """A page of its versions."""
        return connection(await info.context.loaders.versions(self.urn, page_size(first), after), after)

    @resolved("What single edges join it to, upstream first; without a direction, each has its share of `first`.")
    async def neighbours(
        self,
        info: ApiInfo,
        direction: Direction | None = None,
        relations: list[Relation] | None = None,
        first: int = 50,
    ) -> list[NeighbourType]:
        """Its neighbours, upstream first."""
        size = list_size(first)
        pages = await _pages(self.urn, info, direction, relations, size)
        share = _shares(size, [len(page.items) for page in pages.values()])
        return [
            _neighbour(way, row)
            for (way, page), most in zip(pages.items(), share, strict=True)
            for row in page.items[:most]
        ]

    @resolved("Whether there are more than `neighbours` returns for the same arguments.")
    async def has_more_neighbours(
        self,
        info: ApiInfo,
        direction: Direction | None = None,
        relations: list[Relation] | None = None,
        first: int = 50,
    ) -> bool:
        """Whether neighbours are left out."""
        size = list_size(first)
        pages = (await _pages(self.urn, info, direction, relations, size)).values()
        return any(page.has_next for page in pages) or sum(len(page.items) for page in pages) > size

    @resolved("What was recorded of it over time, oldest first; at most 1000.", list[EntityStateType])
    async def history(self, info: ApiInfo, first: int = 100) -> tuple[EntityState, ...]:
        """The first states of it."""
        return (await info.context.loaders.history(self.urn, list_size(first, MAX_HISTORY))).items

    @resolved("Whether there are more than `history` returns for the same arguments.")
    async def has_more_history(self, info: ApiInfo, first: int = 100) -> bool:
        """Whether states are left out."""
        return (await info.context.loaders.history(self.urn, list_size(first, MAX_HISTORY))).has_more

    @resolved("What was found about it while writing, newest first.", list[Finding])
    async def findings(self, info: ApiInfo, first: int = 50) -> tuple[RecordedFinding, ...]:
        """What was found about it."""
        return (await info.context.loaders.findings(None, self.urn, list_size(first))).items

    @resolved("Whether there are more than `findings` returns for the same arguments.")
    async def has_more_findings(self, info: ApiInfo, first: int = 50) -> bool:
        """Whether findings are left out."""
        return (await info.context.loaders.findings(None, self.urn, list_size(first))).has_more

    @classmethod
    def resolve_type(cls, value: Any, *_: Any) -> str:
        """The object type of a state: the one of its kind."""
        return str(value.kind)


def connection(page: Page | SearchAnswer, after: str | None) -> EntityConnection:
    """A page of states as a Relay connection."""
    return EntityConnection(
        edges=[
            EntityEdge(cursor=cursor, node=state)  # type: ignore[arg-type]
            for cursor, state in zip(page.cursors, page.items, strict=True)
        ],
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=after is not None,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        ),
        total_count=page.total,
        total_is_exact=getattr(page, "total_is_exact", True),
    )


async def _pages(
    urn: str, info: ApiInfo, direction: Direction | None, relations: list[Relation] | None, size: int
) -> dict[Direction, Neighbours]:
    """What lies in each direction that is asked for, up to ``size`` in each."""
    one = direction not in (None, Direction.BOTH)
    asked = (direction,) if direction is not None and one else (Direction.UPSTREAM, Direction.DOWNSTREAM)
    read, times = info.context.loaders.neighbours, times_of(info)
    pages = await asyncio.gather(*(read(urn, way, tuple(relations or ()), size, times) for way in asked))
    return dict(zip(asked, pages, strict=True))


def _shares(size: int, there: list[int]) -> list[int]:
    """How many of each list to show: all of a short one, and an even part of long ones, the first ahead."""
    if len(there) == 1:
        return [size]
    first, second = there
    shown = max(min(first, (size + 1) // 2), min(first, size - second))
    return [shown, size - shown]


def _neighbour(direction: Direction, row: Neighbour) -> NeighbourType:
    return NeighbourType(
        direction=direction,
        relation=row.edge.relation,
        edge=row.edge,  # type: ignore[arg-type]
        node=row.entity,  # type: ignore[arg-type]
    )


def _object_type(kind: KindDefinition) -> type:
    own = [item for item in kind.properties if item.name not in Entity.__annotations__]
    shared = [item for item in EVERY_KIND if item.name not in Entity.__annotations__]

    def is_type_of(value: Any, _info: Any) -> bool:
        return getattr(value, "kind", None) == kind.name

    body: dict[str, Any] = {item.name: strawberry.field(description=_described(item)) for item in (*own, *shared)}
    body["__annotations__"] = {item.name: _PYTHON_TYPES[item.type] | None for item in (*own, *shared)}
    body["__doc__"] = kind.description
    body["is_type_of"] = staticmethod(is_type_of)
    return strawberry.type(type(kind.name, (Entity,), body), name=kind.name, description=kind.description)


def _described(item: Property) -> str:
    return f"{item.description} One of: {', '.join(item.values)}." if item.values else item.description


ENTITY_TYPES: tuple[type, ...] = tuple(_object_type(kind) for kind in KINDS.values())
"""One object type for each kind of the vocabulary."""
