"""``GET /api/v1/lineage/stream``: answers of any size, as an Arrow stream or as lines of JSON."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from enum import StrEnum
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import iterate_in_threadpool

from graph_schema.times import format_time
from registry.api.access import needs, reader
from registry.api.bookmarks import BOOKMARK_HEADER, read_bookmarks
from registry.api.rest import encoding
from registry.api.rest.times import read_time
from registry.api.slow_readers import BoundedStream
from registry.api.threads import Threads
from registry.audit.exported import note_export
from registry.channels import trusted_channels
from registry.errors import InvalidRequestError, OverloadedError
from registry.lineage.place import make_moment, read_moment
from registry.lineage.request import SAME_AS_CONFIDENCE, Direction, WalkRequest
from registry.lineage.stream import EdgeStream, NodeStream, stream_edges, stream_nodes
from registry.permission.role import Permission

MOST_STREAMS = 16
"""Streams at a time."""
router = APIRouter(prefix="/api/v1", tags=["lineage"])


class Part(StrEnum):
    """Which half of a subgraph."""

    NODES = "nodes"
    EDGES = "edges"


class Format(StrEnum):
    """How it is written."""

    ARROW = "arrow"
    NDJSON = "ndjson"


class OneWay(StrEnum):
    """Which way the walk goes."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


_MEDIA_TYPES = {Format.ARROW: "application/vnd.apache.arrow.stream", Format.NDJSON: "application/x-ndjson"}


@router.get(
    "/lineage/stream",
    summary="Stream lineage of any size",
    response_class=Response,
    responses={
        200: {
            "content": {media_type: {} for media_type in _MEDIA_TYPES.values()},
            "description": "Nodes (urn, kind, namespace, name, version, depth, certainty), the starts first; or edges, "
            "whose ends are places of nodes. `Lineage-Complete` says whether that is all, `Lineage-Total` how many, "
            "and `Lineage-State`, sent back as `state`, gives the other part of the same state.",
        }
    },
)
@needs(Permission.READ)
async def stream_lineage(
    request: Request,
    urn: Annotated[list[str], Query(min_length=1, description="Where the walk starts; may be repeated.")],
    direction: OneWay = OneWay.DOWNSTREAM,
    part: Part = Part.NODES,
    format: Annotated[Format, Query(description="Arrow IPC stream, or a JSON object a line.")] = Format.ARROW,  # noqa: A002
    depth: Annotated[int | None, Query(description="Most edges to follow; to the end, if not said.")] = None,
    versions: Annotated[str | None, Query(min_length=1, description="Which versions of an asset to start at.")] = None,
    kinds: Annotated[list[str] | None, Query(description="Report only these.")] = None,
    software: bool = False,
    possible: bool = True,
    same_as: float = SAME_AS_CONFIDENCE,
    limit: Annotated[int | None, Query(ge=1, description="Most nodes; LINEAGE_MAX_STREAMED_NODES if not said.")] = None,
    as_of: Annotated[str | None, Query(description="As it was true at this time.")] = None,
    known_at: Annotated[str | None, Query(description="As it was recorded by this time.")] = None,
    trusted: Annotated[
        bool, Query(description="Only edges that came by a channel of LINEAGE_TRUSTED_CHANNELS.")
    ] = False,
    state: Annotated[str | None, Query(description="The `Lineage-State` of another stream: the same state.")] = None,
) -> Response:
    """Everything that a walk reaches, written as it is read: the server's memory does not grow with the answer."""
    most = request.app.state.settings.max_streamed_nodes
    asked = WalkRequest(
        urn[0], Direction(direction.value), depth, tuple(kinds or ()), software, possible, min(limit or most, most),
        read_time("as_of", as_of), read_time("known_at", known_at), most, tuple(urn[1:]), versions, same_as=same_as,
        channels=trusted_channels(request.app.state.settings) if trusted else None,
    )  # fmt: skip
    read: Callable[..., NodeStream | EdgeStream] = stream_nodes if part is Part.NODES else stream_edges
    threads: Threads = request.app.state.threads
    bookmarks = read_bookmarks(request.headers.get(BOOKMARK_HEADER))
    if state is not None and (as_of or known_at):
        raise InvalidRequestError("state says when already; leave as_of and known_at out.", argument="state")
    slots: CapacityLimiter = request.app.state.stream_slots
    if slots.available_tokens < 1:
        raise OverloadedError("Too many streams are under way.")
    when = None if state is None else read_moment(state)
    found = await threads.run(read, reader(request), asked, when=when, bookmarks=bookmarks)
    await threads.run(note_export, request.app.state.database, urn)
    write = encoding.arrow if format is Format.ARROW else encoding.ndjson
    chunks: Iterator[bytes] = write(found)
    headers = {
        "Lineage-Complete": str(found.complete).lower(),
        "Lineage-Total": str(found.total),
        "Lineage-Known-At": format_time(found.state.known_at) or "",
        "Lineage-State": make_moment(found.state),
    }
    return BoundedStream(_holding(slots, chunks), media_type=_MEDIA_TYPES[format], headers=headers)


async def _holding(slots: CapacityLimiter, chunks: Iterator[bytes]) -> AsyncGenerator[bytes]:
    """The chunks, while one of the places for streams is taken: each holds a connection to the database."""
    borrower = object()
    await slots.acquire_on_behalf_of(borrower)
    try:
        async for chunk in iterate_in_threadpool(chunks):
            yield chunk
    finally:
        slots.release_on_behalf_of(borrower)
