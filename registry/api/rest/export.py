"""``GET /api/v1/export``: a subgraph, at any time, in a format that others read."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from graph_schema.urn import parse_urn
from registry.api.access import needs, reader
from registry.api.bookmarks import BOOKMARK_HEADER, read_bookmarks
from registry.api.rest.times import read_time
from registry.api.threads import Threads
from registry.audit.exported import note_export
from registry.channels import trusted_channels
from registry.errors import InvalidRequestError, OverloadedError
from registry.export.formats import FORMATS, Export, Format, export, named
from registry.export.listing import read_namespace
from registry.export.reading import read_subgraph
from registry.export.subgraph import Subgraph, time_text
from registry.graph.database import Database
from registry.lineage.request import SAME_AS_CONFIDENCE, Direction, WalkRequest
from registry.permission.role import Permission

MOST_EXPORTS = 4
"""Exports at a time: each is put together in memory."""
DEFAULT_LIMIT = 10_000
"""Most entities that a walk reports for an export, unless told otherwise."""
router = APIRouter(prefix="/api/v1", tags=["lineage"])
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 80


@router.get(
    "/export",
    summary="Export lineage in a format that others read",
    response_class=Response,
    responses={
        200: {
            "content": {item.media_type.partition(";")[0]: {} for item in FORMATS.values()},
            "description": "The document. `Lineage-Complete` says whether that is all of it (the document says so, too), "
            "`Lineage-Left-Out` what the format has no place for, `Lineage-Known-At` which state it is of.",
        }
    },
)
@needs(Permission.EXPORT)
async def export_lineage(
    request: Request,
    format: Annotated[str, Query(description=f"One of {', '.join(FORMATS)}.")],  # noqa: A002
    urn: Annotated[list[str] | None, Query(description="Where the walk starts; may be repeated.")] = None,
    namespace: Annotated[str | None, Query(min_length=1, description="No walk: everything of a namespace.")] = None,
    everything: Annotated[bool, Query(description="No walk: everything that is recorded.")] = False,
    direction: Direction = Direction.UPSTREAM,
    depth: Annotated[int | None, Query(description="Most edges to follow; to the end, if not said.")] = None,
    versions: Annotated[str | None, Query(min_length=1, description="Which versions of an asset to start at.")] = None,
    kinds: Annotated[list[str] | None, Query(description="Report only these.")] = None,
    software: bool = False,
    possible: bool = True,
    same_as: float = SAME_AS_CONFIDENCE,
    surroundings: Annotated[
        bool | None,
        Query(description="With what is said of the entities: assets, owners, columns, evaluations, software."),
    ] = None,
    complete: Annotated[bool, Query(description="Refuse (`incomplete-export`) what would not be all of it.")] = False,
    limit: Annotated[int, Query(ge=1, description="Most entities of the walk.")] = DEFAULT_LIMIT,
    as_of: Annotated[str | None, Query(description="As it was true at this time.")] = None,
    known_at: Annotated[str | None, Query(description="As it was recorded by this time.")] = None,
    trusted: Annotated[
        bool, Query(description="Only edges that came by a channel of LINEAGE_TRUSTED_CHANNELS.")
    ] = False,
    as_of_camel: Annotated[str | None, Query(alias="asOf", include_in_schema=False)] = None,
    known_at_camel: Annotated[str | None, Query(alias="knownAt", include_in_schema=False)] = None,
) -> Response:
    """A walk with the whole state of what it found, the evidence of every edge, and how complete it is."""
    chosen = named(format)
    settings = request.app.state.settings
    times = read_time("as_of", as_of or as_of_camel), read_time("known_at", known_at or known_at_camel)
    most = min(limit, settings.max_nodes)
    read: Callable[..., Subgraph]
    if _is_walk(urn, namespace, everything=everything):
        names = urn or []
        asked = WalkRequest(
            names[0], direction, depth, tuple(kinds or ()), software, possible, most, *times, settings.max_nodes,
            tuple(names[1:]), versions, same_as=same_as,
            channels=trusted_channels(settings) if trusted else None,
        )  # fmt: skip
        around = chosen.surroundings if surroundings is None else surroundings
        read = partial(read_subgraph, request=asked, surroundings=around)
    else:
        if trusted:
            raise InvalidRequestError("trusted goes with a walk.", hint="Name where to start with `urn`.")
        read = partial(
            read_namespace, namespace=namespace, kinds=kinds or (), as_of=times[0], known_at=times[1], limit=most
        )
    bookmarks = read_bookmarks(request.headers.get(BOOKMARK_HEADER))
    slots: CapacityLimiter = request.app.state.export_slots
    if slots.available_tokens < 1:
        raise OverloadedError("Too many exports are under way.")
    threads: Threads = request.app.state.threads
    async with slots:
        graph, made = await threads.run(_made, read, reader(request), chosen, whole=complete, bookmarks=bookmarks)
    await threads.run(note_export, request.app.state.database, urn or [namespace or "everything"])
    return Response(made.content, media_type=chosen.media_type, headers=_headers(graph, made, chosen))


def _made(
    read: Callable[..., Subgraph], database: Database, chosen: Format, *, whole: bool, bookmarks: list[str] | None
) -> tuple[Subgraph, Export]:
    graph = read(database, bookmarks=bookmarks)
    return graph, export(graph, chosen, whole=whole)


def _is_walk(urns: list[str] | None, namespace: str | None, *, everything: bool) -> bool:
    """Whether there is something to walk from. Raises InvalidRequestError unless one thing is asked for."""
    if (bool(urns), namespace is not None, everything).count(True) != 1:
        raise InvalidRequestError("Say what to export: urn, or namespace, or everything, one of them.", argument="urn")
    return bool(urns)


def _headers(graph: Subgraph, made: Export, chosen: Format) -> Mapping[str, str]:
    digest = base64.b64encode(hashlib.sha256(made.content).digest()).decode()
    return {
        "Content-Disposition": f'attachment; filename="{_file_name(graph, chosen)}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Lineage-Complete": str(made.complete).lower(),
        "Lineage-Reasons": ", ".join(made.reasons),
        "Lineage-Left-Out": ", ".join(f"{kind}={count}" for kind, count in made.left_out.items()),
        "Lineage-Nodes": str(len(graph.entities)),
        "Lineage-Edges": str(len(graph.edges)),
        "Lineage-Known-At": time_text(graph.extent.known_at) or "",
    }


def _file_name(graph: Subgraph, chosen: Format) -> str:
    """A name for the document in which nothing is a path, a quote or a foreign letter."""
    name = "lineage"
    if graph.extent.starts:
        start = parse_urn(graph.extent.starts[0])
        name = "-".join(part for part in (start.name, start.version) if part)
    safe = _UNSAFE.sub("-", name).strip("-.")[:_LONGEST_NAME] or "lineage"
    return f"{safe}.{graph.extent.direction}{chosen.suffix}"
