"""Pages of entities, in the form of Relay's connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from registry.api.graphql.scalars import DateTime
from registry.lineage.state import Page, SearchAnswer

if TYPE_CHECKING:
    from registry.api.graphql.entities import Entity


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
    node: Annotated[Entity, strawberry.lazy("registry.api.graphql.entities")]


@strawberry.type(description="A page of entities.")
class EntityConnection:
    """A page of entities."""

    edges: list[EntityEdge]
    page_info: PageInfo
    total_count: int
    total_is_exact: bool = strawberry.field(description="Whether totalCount counts every hit.")
    known_at: DateTime | None = strawberry.field(
        description="Up to which recorded time a search knows, on all of its pages; null for versions."
    )


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
        known_at=getattr(page, "known_at", None),
    )
