"""What walks take and give beside lists of objects: filters as inputs, and answers as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import strawberry
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField, Selection

from registry.api.graphql.arguments import walk_limit
from registry.api.graphql.context import ApiInfo, remember_times
from registry.api.graphql.enums import Certainty
from registry.api.graphql.scalars import URN
from registry.api.graphql.vocabulary import Kind, Relation
from registry.channels import trusted_channels
from registry.errors import InvalidRequestError
from registry.lineage import request as asked
from registry.lineage.request import Direction, WalkRequest

_MOST_SECONDS = 3600.0


@strawberry.input(description="Entities that match every field that is given, by any of its values.")
class NodeFilter:
    """Which entities."""

    kinds: list[Kind] | None = None
    namespaces: list[str] | None = None
    tags: list[str] | None = None
    owners: list[str] | None = strawberry.field(
        default=None, description="URNs or names; an asset's hold for its versions."
    )
    environments: list[str] | None = strawberry.field(
        default=None, description="URNs, names or stages; asked of runs and deployments, everything else passes."
    )
    lifecycle: list[str] | None = None

    def read(self) -> asked.NodeFilter:
        """The filter that a walk takes."""
        return asked.NodeFilter(
            tuple(self.kinds or ()), tuple(self.namespaces or ()), tuple(self.tags or ()), tuple(self.owners or ()),
            tuple(self.environments or ()), tuple(self.lifecycle or ()),
        )  # fmt: skip


@strawberry.input(description="Edges that match every field that is given, or do not have what it asks about.")
class EdgeFilter:
    """Which edges."""

    families: list[str] | None = strawberry.field(default=None, description="data, serving, software.")
    roles: list[str] | None = strawberry.field(default=None, description="What runs read it for: train, input, ….")
    slices: list[str] | None = strawberry.field(default=None, description="The part that a run read.")
    evidence: list[str] | None = strawberry.field(default=None, description="observed, declared, inferred.")
    min_confidence: float | None = None

    def read(self) -> asked.EdgeFilter:
        """The filter that a walk takes."""
        return asked.EdgeFilter(
            tuple(self.families or ()), tuple(self.roles or ()), tuple(self.slices or ()), tuple(self.evidence or ()),
            self.min_confidence,
        )  # fmt: skip


@strawberry.type(description="Edges as columns. Numbers are places of nodes in the whole answer, over all pages.")
class EdgeColumns:
    """Edges as columns."""

    downstream: list[int]
    upstream: list[int]
    relation: list[Relation]
    family: list[str]
    role: list[str | None]
    evidence: list[str | None]
    confidence: list[float | None]


@strawberry.type(description="Nodes as columns: the starts (on the first page), then by depth and name.")
class LineageColumns:
    """Nodes and edges as columns, for big answers."""

    offset: int = strawberry.field(description="The place of the first of them in the whole answer.")
    urn: list[URN]
    kind: list[Kind]
    namespace: list[str]
    name: list[str]
    version: list[str | None]
    depth: list[int]
    certainty: list[Certainty]
    edges: EdgeColumns


def walk_request(
    info: ApiInfo,
    direction: Direction,
    urn: str | None,
    urns: Sequence[str] | None,
    *,
    limit: int,
    as_of: int | None,
    known_at: int | None,
    filters: dict[str, Any],
    **more: Any,
) -> WalkRequest:
    """The request that the arguments of a field make. Raises InvalidRequestError."""
    starts = [*([urn] if urn is not None else []), *(urns or [])]
    if not starts:
        raise InvalidRequestError("A walk starts somewhere.", hint="Give `urn`, or several `urns`.", argument="urn")
    if more.get("seconds") is not None and not 0 < more["seconds"] <= _MOST_SECONDS:
        raise InvalidRequestError("seconds has to be more than 0, and at most 3600.", argument="seconds")
    if more.get("versions") == "":
        raise InvalidRequestError("versions is empty.", hint="Leave it out for all of them.", argument="versions")
    remember_times(info, as_of, known_at)
    settings = info.context.settings
    channels = trusted_channels(settings) if more.pop("trusted", False) else None
    return WalkRequest(
        starts[0],
        direction,
        also=tuple(starts[1:]),
        limit=walk_limit(limit, settings.max_nodes),
        max_walked=settings.max_nodes,
        as_of=as_of,
        known_at=known_at,
        channels=channels,
        **{name: given.read() for name, given in filters.items() if given is not None},
        **more,
    )


def selected(info: ApiInfo, *path: str) -> frozenset[str]:
    """The names of the fields asked for below a path, fragments included."""
    found: list[Selection] = [item for field in info.selected_fields for item in field.selections]
    for name in path:
        found = [item for field in _fields(found) if field.name == name for item in field.selections]
    return frozenset(field.name for field in _fields(found))


def _fields(selections: list[Selection]) -> Iterator[SelectedField]:
    for selection in selections:
        if isinstance(selection, SelectedField):
            yield selection
        elif isinstance(selection, FragmentSpread | InlineFragment):
            yield from _fields(selection.selections)
