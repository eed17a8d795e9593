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
from registry.api.graphql.arguments import MAX_HISTORY, After, page_size
from registry.api.graphql.connections import EntityConnection, connection
from registry.api.graphql.context import ApiInfo, times_of
from registry.api.graphql.enums import Direction
from registry.api.graphql.fields import resolved
from registry.api.graphql.scalars import JSON, URN, DateTime, Long
from registry.api.graphql.vocabulary import Kind, Relation
from registry.channels import are_trusted
from registry.errors import InvalidRequestError
from registry.lineage import answer
from registry.lineage.excerpts import Excerpt
from registry.lineage.state import Neighbour, Neighbours, PastState, RecordedFinding

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
    cursor: str = strawberry.field(description="Goes on behind it, as `after`.")


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
    cursor: str = strawberry.field(description="Goes on behind it, as `after`.")


@strawberry.type(name="Neighbour", description="What one edge joins an entity to.")
class NeighbourType:
    """What one edge joins an entity to."""

    direction: Direction = strawberry.field(description="Where the node lies, seen from the entity.")
    relation: Relation
    edge: LineageEdge
    node: Entity
    cursor: str = strawberry.field(description="Goes on behind it, as `after` together with its direction.")


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
    attributes: JSON = strawberry.field(
        description="Every attribute that is recorded, by its name in records, but for sensitive ones."
    )
    true_from: DateTime | None
    true_to: DateTime | None = strawberry.field(description="When it ended; null while it has not.")
    recorded_from: DateTime
    recorded_to: DateTime | None = strawberry.field(description="When this was replaced; null for what holds now.")
    event_id: str | None
    event_time: DateTime | None
    producer: str | None
    channels: list[str] = strawberry.field(description="By which ways came in what it shows.")

    @resolved("Whether all of its channels are trusted.")
    def trusted(self, info: ApiInfo) -> bool:
        """Whether each of the channels is listed in the settings."""
        return are_trusted(info.context.settings, self.channels)

    @resolved(
        "Sensitive attributes by name, for who may see them, and facets among them; null where there are none, and for "
        "anybody else. Each reading is recorded.",
        JSON | None,
    )
    async def sensitive(self, info: ApiInfo) -> dict[str, Any] | None:
        """Its sensitive attributes."""
        return await info.context.sensitive.of(self) or None  # type: ignore[arg-type]

    @resolved("Who answers for it, or for the asset it is a version of.", list[Owner])
    async def owners(self, info: ApiInfo) -> tuple[answer.Owner, ...]:
        """Its owners."""
        return await info.context.loaders.owners(self.urn, times_of(info))

    @resolved("Its versions at the times of the question, newest first; none for kinds without.")
    async def versions(self, info: ApiInfo, first: int = 20, after: After = None) -> EntityConnection:
        """A page of its versions."""
        return connection(await info.context.loaders.versions(self.urn, page_size(first), after, times_of(info)), after)

    @resolved("What single edges join it to, upstream first; without a direction, each has its share of `first`.")
    async def neighbours(
        self,
        info: ApiInfo,
        direction: Direction | None = None,
        relations: list[Relation] | None = None,
        first: int = 50,
        after: After = None,
    ) -> list[NeighbourType]:
        """Its neighbours, upstream first."""
        size = page_size(first)
        pages = await _pages(self.urn, info, direction, relations, size, after)
        share = _shares(size, [len(page.items) for page in pages.values()])
        return [
            _neighbour(way, row, cursor)
            for (way, page), most in zip(pages.items(), share, strict=True)
            for row, cursor in zip(page.items[:most], page.cursors, strict=False)
        ]

    @resolved("Whether there are more than `neighbours` returns for the same arguments.")
    async def has_more_neighbours(
        self,
        info: ApiInfo,
        direction: Direction | None = None,
        relations: list[Relation] | None = None,
        first: int = 50,
        after: After = None,
    ) -> bool:
        """Whether neighbours are left out."""
        size = page_size(first)
        pages = (await _pages(self.urn, info, direction, relations, size, after)).values()
        return any(page.has_next for page in pages) or sum(len(page.items) for page in pages) > size

    @resolved(
        "What was recorded of it over time, oldest first; at the times of the question: by then, of then.",
        list[EntityStateType],
    )
    async def history(self, info: ApiInfo, first: int = 100, after: After = None) -> tuple[PastState, ...]:
        """The states of it behind a place."""
        return (await _history(self.urn, info, first, after)).items

    @resolved("Whether there are more than `history` returns for the same arguments.")
    async def has_more_history(self, info: ApiInfo, first: int = 100, after: After = None) -> bool:
        """Whether states are left out."""
        return (await _history(self.urn, info, first, after)).has_more

    @resolved("What was found about it while writing, newest first.", list[Finding])
    async def findings(self, info: ApiInfo, first: int = 50, after: After = None) -> tuple[RecordedFinding, ...]:
        """What was found about it."""
        return (await _findings(self.urn, info, first, after)).items

    @resolved("Whether there are more than `findings` returns for the same arguments.")
    async def has_more_findings(self, info: ApiInfo, first: int = 50, after: After = None) -> bool:
        """Whether findings are left out."""
        return (await _findings(self.urn, info, first, after)).has_more

    @classmethod
    def resolve_type(cls, value: Any, *_: Any) -> str:
        """The object type of a state: the one of its kind."""
        return str(value.kind)


async def _history(urn: str, info: ApiInfo, first: int, after: str | None) -> Excerpt[PastState]:
    return await info.context.loaders.history(urn, page_size(first, MAX_HISTORY), after, times_of(info))


async def _findings(urn: str, info: ApiInfo, first: int, after: str | None) -> Excerpt[RecordedFinding]:
    return await info.context.loaders.findings(None, urn, page_size(first), after, times_of(info).known_at)


async def _pages(
    urn: str,
    info: ApiInfo,
    direction: Direction | None,
    relations: list[Relation] | None,
    size: int,
    after: str | None,
) -> dict[Direction, Neighbours]:
    """What lies in each direction that is asked for, up to ``size`` in each. Raises InvalidRequestError."""
    one = direction not in (None, Direction.BOTH)
    asked = (direction,) if direction is not None and one else (Direction.UPSTREAM, Direction.DOWNSTREAM)
    if after is not None and not one:
        raise InvalidRequestError(
            "A cursor of neighbours goes on in one direction.",
            hint="Give the direction of the neighbour that the cursor came with.",
            argument="direction",
        )
    read, times = info.context.loaders.neighbours, times_of(info)
    pages = await asyncio.gather(*(read(urn, way, tuple(relations or ()), size, times, after) for way in asked))
    return dict(zip(asked, pages, strict=True))


def _shares(size: int, there: list[int]) -> list[int]:
    """How many of each list to show: all of a short one, and an even part of long ones, the first ahead."""
    if len(there) == 1:
        return [size]
    first, second = there
    shown = max(min(first, (size + 1) // 2), min(first, size - second))
    return [shown, size - shown]


def _neighbour(direction: Direction, row: Neighbour, cursor: str) -> NeighbourType:
    return NeighbourType(
        direction=direction,
        relation=row.edge.relation,
        edge=row.edge,  # type: ignore[arg-type]
        node=row.entity,  # type: ignore[arg-type]
        cursor=cursor,
    )


def _object_type(kind: KindDefinition) -> type:
    own = [item for item in kind.properties if item.name not in Entity.__annotations__]
    shared = [item for item in EVERY_KIND if item.name not in Entity.__annotations__]

    def is_type_of(value: Any, _info: Any) -> bool:
        return getattr(value, "kind", None) == kind.name

    body: dict[str, Any] = {item.name: _field(item) for item in (*own, *shared)}
    body["__annotations__"] = {item.name: _PYTHON_TYPES[item.type] | None for item in (*own, *shared)}
    body["__doc__"] = kind.description
    body["is_type_of"] = staticmethod(is_type_of)
    return strawberry.type(type(kind.name, (Entity,), body), name=kind.name, description=kind.description)


def _field(item: Property) -> Any:
    if not item.sensitive:
        return strawberry.field(description=_described(item))

    async def resolve(root: Any, info: ApiInfo) -> Any:
        return (await info.context.sensitive.of(root, item.name)).get(item.name)

    return strawberry.field(
        resolver=resolve, description=_described(item), graphql_type=_PYTHON_TYPES[item.type] | None
    )


def _described(item: Property) -> str:
    told = _told(item)
    return f"{told} Sensitive: null for who may not see it; each reading is recorded." if item.sensitive else told


def _told(item: Property) -> str:
    return f"{item.description} One of: {', '.join(item.values)}." if item.values else item.description


ENTITY_TYPES: tuple[type, ...] = tuple(_object_type(kind) for kind in KINDS.values())
"""One object type for each kind of the vocabulary."""
