"""`GET /api/v1/impact/changes`: server-sent events whenever the impact of something changes."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from registry.api.access import guard, needs, principal_of
from registry.api.changes.event_stream import EventStream
from registry.api.changes.watches import Watches
from registry.errors import RegistryError
from registry.lineage.impact_set import Point, Watched
from registry.permission.role import Permission
from registry.permission.view import View

router = APIRouter(prefix="/api/v1", tags=["reading"])

_LISTED = 1_000
_POINT_MAX = 80
_SERVER_ERROR = 500


@router.get(
    "/impact/changes",
    summary="Watch an impact set",
    description=(
        "Server-sent events. First `state`: how many are affected, and a digest of the set. Then `change` for each "
        "change: what was added, removed, or became certain or only possible, and by when that was recorded. An "
        "event's id is the point up to which everything was told; send it back as `Last-Event-ID`, which browsers do "
        "by themselves, and the first event is what changed since, or `state` where nothing did. The stream ends where "
        "your credential does, or what you may see has changed: connect again."
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
    view = request.state.view
    principal = principal_of(request)
    who = (principal.issuer, principal.subject)
    watcher = await watches.subscribe(watched, Point.parse(start) if start else None, view=view, who=who)
    return EventStream(watcher, listed=limit, still_allowed=partial(_may_see_the_same, request, view))


async def _may_see_the_same(request: Request, view: View | None) -> bool:
    """Whether who asked still has a valid credential and may see what they could at the beginning, no more, no less."""
    try:
        await guard(request)
    except RegistryError as error:
        return error.status >= _SERVER_ERROR  # the database is away: nothing can be told meanwhile
    seen: View | None = request.state.view
    return seen == view
