"""How far sources have been read, over HTTP: asked before an import, and kept after it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from registry.api.access import may_everywhere, needs, principal_of
from registry.api.rest.documents import read_model
from registry.api.rest.records import write_threads
from registry.errors import InvalidRequestError
from registry.permission.role import Permission
from registry.watermarks.store import MOST_BYTES, Watermarks, own_id

router = APIRouter(prefix="/api/v1/watermarks", tags=["records"])

_MOST_OF_A_BODY = 2 * MOST_BYTES + (1 << 16)
SourceId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of a source: a digest of how it is read.")]
Name = Annotated[str, Field(min_length=1, max_length=256)]


class Sending(BaseModel):
    """What is about to be sent: the event's id, and the digest of all of it."""

    model_config = ConfigDict(extra="forbid")
    event_id: Name
    digest: Name


class Progress(BaseModel):
    """How far a source has been read, or what is about to be sent of it."""

    model_config = ConfigDict(extra="forbid")
    source: Name
    where: Annotated[str, Field(min_length=1, max_length=4096)]
    mark: Annotated[str | None, Field(max_length=MOST_BYTES)] = None
    sending: Sending | None = None


_NAME = {"type": "string", "minLength": 1, "maxLength": 256}
_BODY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["source", "where"],
    "properties": {
        "source": _NAME,
        "where": _NAME | {"maxLength": 4096},
        "mark": {"type": ["string", "null"], "maxLength": MOST_BYTES},
        "sending": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "required": ["event_id", "digest"],
            "properties": {"event_id": _NAME, "digest": _NAME},
        },
    },
}


@router.get("", summary="Which sources have been read")
@needs(Permission.AUDIT)
async def list_watermarks(request: Request) -> dict[str, Any]:
    """The sources in order, and when each was read to its end; without the marks themselves."""
    found = await request.app.state.threads.run(_marks(request).find)
    return {"watermarks": [item.as_json() for item in found]}


@router.get("/{source_id}", summary="How far a source has been read")
@needs(Permission.WRITE)
async def read_watermark(request: Request, source_id: SourceId) -> dict[str, Any]:
    """The mark that a capture reached, and what was broken off. 404 where the source was never read.

    Everybody has marks of their own; those who administer share theirs, and reach the others by the ids in the list.
    """
    found = await request.app.state.threads.run(_marks(request).read, _own(request, source_id))
    return dict(found.as_json()) | {"id": source_id}


@router.put(
    "/{source_id}",
    summary="Keep how far a source has been read",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}}},
)
@needs(Permission.WRITE)
async def keep_watermark(request: Request, source_id: SourceId) -> dict[str, Any]:
    """Keep the mark, once what came before it is recorded; or, without a mark, what is about to be sent."""
    progress = await read_model(request, Progress, _MOST_OF_A_BODY)
    marks, threads, own = _marks(request), write_threads(request), _own(request, source_id)
    if progress.mark is not None:
        await threads.run(marks.reached, own, progress.source, progress.where, progress.mark)
    elif progress.sending is not None:
        told = progress.sending
        await threads.run(marks.sending, own, progress.source, progress.where, told.event_id, told.digest)
    else:
        raise InvalidRequestError("There is nothing to keep.", hint="Send a mark, or what is about to be sent.")
    return {"id": source_id, "source": progress.source, "where": progress.where}


@router.delete("/{source_id}", summary="Forget how far a source has been read", status_code=204)
@needs(Permission.WRITE)
async def forget_watermark(request: Request, source_id: SourceId) -> Response:
    """Have the source read from its beginning next time."""
    await write_threads(request).run(_marks(request).forget, _own(request, source_id))
    return Response(status_code=204)


def _own(request: Request, source_id: str) -> str:
    administers = may_everywhere(request, Permission.ADMINISTER)
    return source_id if administers else own_id(source_id, principal_of(request))


def _marks(request: Request) -> Watermarks:
    return Watermarks(request.app.state.database)
