"""The quarantine over HTTP: list, show, send again, drop; and the events as they came."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request

from registry.api.rest.openlineage import arriving, intake_of, refusal
from registry.api.rest.records import write_threads
from registry.errors import InvalidEventError, InvalidRequestError
from registry.intake.taking import SOURCE, Intake
from registry.quarantine import Quarantine

router = APIRouter(prefix="/api/v1/quarantine", tags=["openlineage"])

_MOST = 500
EntryId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of the entry.")]
First = Annotated[int, Query(ge=1, le=_MOST, description="At most so many.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Leave out so many first.")]
Chosen = Annotated[str | None, Query(max_length=256)]


@router.get("", summary="What could not be taken")
async def list_entries(
    request: Request, source: Chosen = None, reason: Chosen = None, limit: First = 100, offset: Offset = 0
) -> dict[str, Any]:
    """Entries without their content, the newest first, and how many there are in all."""
    quarantine: Quarantine = request.app.state.quarantine
    await write_threads(request).run(quarantine.tidy)
    found, total = await request.app.state.threads.run(
        quarantine.find, source=source, reason=reason, limit=limit, offset=offset
    )
    return {"entries": [item.as_json() for item in found], "total": total, "complete": offset + len(found) >= total}


@router.get("/{entry_id}", summary="One entry with its content")
async def read_entry(request: Request, entry_id: EntryId) -> dict[str, Any]:
    """The entry as it came, and why it could not be taken. 404 where there is none."""
    entry = await request.app.state.threads.run(intake_of(request).quarantine.read, entry_id)
    return dict(entry.as_json())


@router.post("/{entry_id}/retry", summary="Send an entry again")
async def retry_entry(request: Request, entry_id: EntryId) -> dict[str, Any]:
    """Take the entry as if it came now; it leaves the quarantine where that works. 422 where it still cannot be."""
    return await write_threads(request).run(_retry, intake_of(request), entry_id)


@router.delete("/{entry_id}", summary="Drop an entry")
async def drop_entry(request: Request, entry_id: EntryId) -> dict[str, Any]:
    """Forget the entry. 404 where there is none."""
    quarantine = intake_of(request).quarantine
    await write_threads(request).run(quarantine.read, entry_id)
    return {"dropped": await write_threads(request).run(quarantine.drop, [entry_id])}


def _retry(intake: Intake, entry_id: str) -> dict[str, Any]:
    entry = intake.quarantine.read(entry_id)
    content = entry.content or b""
    if entry.cut:
        raise InvalidRequestError(
            f"Of this entry's {entry.size} bytes only the first {entry.kept} are kept.",
            hint="Send the event again from where it came from.",
        )
    if entry.source != SOURCE:
        raise InvalidRequestError(
            f"What came from {entry.source} is sent again by importing it again.", hint=f"lineage import {entry.source}"
        )
    try:
        raw = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidEventError(f"The entry is still not JSON: {error}.", errors=[]) from None
    taken = intake.take([arriving(raw, content)])
    (item,) = taken.events
    if item.error is not None:
        raise refusal(item.error)
    intake.quarantine.drop([entry_id])
    return {"id": entry_id, "taken": True, "created": taken.created, "changed": taken.changed}
