"""The keys of sensitive values over HTTP: list, rotate, destroy; and the erasure of an entity."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from registry.api.access import may, needs
from registry.api.rest.documents import body_of, read_model
from registry.api.rest.records import write_threads, writer_of
from registry.graph.database import Database
from registry.permission.role import Permission
from registry.secrecy.equality import find_equal
from registry.secrecy.erasure import destroy_keys, erase
from registry.secrecy.key_list import list_keys
from registry.secrecy.rotation_thread import RotationThread

router = APIRouter(prefix="/api/v1", tags=["keys"])

_LONGEST = 4_200
_Reason = Annotated[str, Field(min_length=1, max_length=1_000, description="Why. It stays in the log: name nobody.")]
_Slot = Annotated[str, Field(max_length=_LONGEST, description="Whose keys: `namespace NAME` or `entity URN`.")]


class Rotate(BaseModel):
    """What to rotate."""

    model_config = ConfigDict(extra="forbid")

    only_wrapping: bool = Field(False, description="Only wrap the data keys with the key-encryption key in force.")
    slot: _Slot | None = None
    reason: _Reason | None = None


class Destroy(BaseModel):
    """Whose keys to destroy, and why."""

    model_config = ConfigDict(extra="forbid")

    slot: _Slot
    reason: _Reason


class Search(BaseModel):
    """What to look for; in the body, so that it is in no address and no log."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: Annotated[str, Field(max_length=100)]
    field: Annotated[str, Field(max_length=100)]
    value: Annotated[str | int | float | bool | list[str], Field(description="The value, exactly.")]


class Erase(BaseModel):
    """What to erase, and why."""

    model_config = ConfigDict(extra="forbid")

    urn: Annotated[str, Field(max_length=_LONGEST)]
    reason: _Reason


@router.get("/keys", summary="The keys of sensitive values, and how far a rotation is")
@needs(Permission.ADMINISTER)
async def read_keys(
    request: Request, slot: Annotated[str | None, Query(max_length=_LONGEST, description="Only of this slot.")] = None
) -> dict[str, Any]:
    """The keys with their slots, states and counts; never the keys themselves."""
    vault, thread = writer_of(request).vault, _thread(request)

    def read() -> dict[str, Any]:
        progress = thread.rotation.progress()
        found = list_keys(_database(request), vault, slot)
        waits = None if thread.trouble is None else thread.trouble.message
        return found | {"rotation": None if progress is None else progress.as_json() | {"waits": waits}}

    return await write_threads(request).run(read)


@router.post(
    "/keys/rotate", summary="Replace keys, and seal everything anew", status_code=202, openapi_extra=body_of(Rotate)
)
@needs(Permission.ADMINISTER)
async def rotate(request: Request) -> dict[str, Any]:
    """Begin a rotation, or tell of the one that is under way. The server goes on with it in the background."""
    asked = await read_model(request, Rotate)
    thread = _thread(request)
    progress = await write_threads(request).run(
        thread.rotation.begin, only_wrapping=asked.only_wrapping, slot=asked.slot, reason=asked.reason
    )
    thread.wake()
    return progress.as_json()


@router.post("/keys/destroy", summary="Make what keys sealed unreadable for ever", openapi_extra=body_of(Destroy))
@needs(Permission.ADMINISTER)
async def destroy(request: Request) -> dict[str, Any]:
    """Destroy every key of a slot. Nothing brings back what they sealed."""
    asked = await read_model(request, Destroy)
    ids, sequence = await write_threads(request).run(destroy_keys, _database(request), asked.slot, asked.reason)
    writer_of(request).vault.keys.forget(ids)
    return {"destroyed": ids, "sequence": sequence}


@router.post("/sensitive/search", summary="Who has this sensitive value?", openapi_extra=body_of(Search))
@needs(Permission.READ_SENSITIVE)
async def search_sensitive(request: Request) -> dict[str, Any]:
    """The entities of a kind that have exactly this value, of those whose value you may see; each is noted as read."""
    asked = await read_model(request, Search)
    vault, may_see = writer_of(request).vault, partial(may, request, Permission.READ_SENSITIVE)
    urns, complete = await write_threads(request).run(
        find_equal, _database(request), vault, asked.kind, asked.field, asked.value, may_see
    )
    return {"urns": urns, "complete": complete}


@router.post("/erasures", summary="Erase what is recorded of an entity", openapi_extra=body_of(Erase))
@needs(Permission.ADMINISTER)
async def erase_entity(request: Request) -> dict[str, Any]:
    """Erase an entity; the log stays whole. Nothing brings it back."""
    asked = await read_model(request, Erase)
    done = await write_threads(request).run(erase, _database(request), asked.urn, asked.reason)
    if done.keys:
        writer_of(request).vault.keys.forget()
    return done.as_json()


def _thread(request: Request) -> RotationThread:
    thread: RotationThread = request.app.state.rotation
    return thread


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database
