"""`GET /api/v1/impact/changes`: server-sent events whenever the impact of something changes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from registry.api.access import needs
from registry.api.changes.event_stream import EventStream
from registry.api.changes.watches import Watches
from registry.lineage.impact_set import Point, Watched
from registry.permission.role import Permission

router = APIRouter(prefix="/api/v1", tags=["reading"])

_LISTED = 1_000
_POINT_MAX = 80


@router.get(
    "/impact/changes",
    summary="Watch an impact set",
    description=(
        "Server-sent events. First `state`: how many are affected, and a digest of the set. Then `change` for each "
        "change: what was added, removed, or became certain or only possible, and by when that was recorded. An "
        "event's id is the point up to which everything was told; send it back as `Last-Event-ID`, which browsers do "
        "by themselves, and the first event is what changed since, or `state` where nothing did."
    ),
    response_class=Response,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Events, until the client leaves."},
        404: {"description": "Nothing is recorded under that name."},
        503: {"description": "As many watch as the server lets (`too-many-watchers`), or the database is away."},
    },
)
@needs(Permission.READ)
async def watch_impact(
    request: Request,
    urn: Annotated[str, Query(max_length=2_000, description="What to watch the impact of.")],
    kinds: Annotated[list[str] | None, Query(description="Report only these kinds; may be repeated.")] = None,
    depth: Annotated[int | None, Query(description="Follow at most this many edges.")] = None,
    software: Annotated[bool, Query(description="Follow libraries, containers and environments too.")] = False,
    possible: Annotated[bool, Query(description="Follow versions that nobody recorded too.")] = True,
    limit: Annotated[int, Query(ge=0, le=10_000, description="List at most this many of each sort in a change.")] = (
        _LISTED
    ),
    since: Annotated[
        str | None, Query(max_length=_POINT_MAX, description="Tell first what changed since: a time, or an event's id.")
    ] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=_POINT_MAX, description="The id of the last event seen; goes before `since`.")
    ] = None,
) -> Response:
    """Tell when the impact of an entity changes."""
    watches: Watches = request.app.state.watches
    start = last_event_id or since
    watched = Watched(urn, tuple(sorted(set(kinds or ()))), depth, software, possible)
    watcher = await watches.subscribe(watched, Point.parse(start) if start else None)
    return EventStream(watcher, listed=limit)
