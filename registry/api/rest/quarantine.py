"""The quarantine over HTTP: put away, list, show, send again, drop."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from registry.api.access import may_everywhere, needs, principal_of
from registry.api.allowance import Allowance
from registry.api.bookmarks import BOOKMARK_HEADER
from registry.api.rest.lines import read_body
from registry.api.rest.openlineage import intake_of, refusal
from registry.api.rest.records import slots, write_threads, writer_of
from registry.errors import InvalidEventError, InvalidRequestError, PermissionDeniedError
from registry.intake.taking import Incoming, Intake
from registry.permission.cause import Cause, caused_by, current_cause
from registry.permission.role import Permission
from registry.quarantine import Form, Quarantine, Quarantined
from registry.quarantine.arriving import read_parts, read_settled
from registry.quarantine.records import write_again
from registry.strict_json import NotJsonError, read_json
from registry.writer import Writer

router = APIRouter(prefix="/api/v1/quarantine", tags=["quarantine"])

MOST_BODY_BYTES = 8 << 20
"""Longest body of parts that are put away."""
MOST_A_MINUTE = 5_000
"""Parts that one server takes in from outside; half of what is kept in all, so that nobody washes out the rest."""
_MOST_BODIES = 4
_MOST = 500
EntryId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of the entry.")]
First = Annotated[int, Query(ge=1, le=_MOST, description="At most so many.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Leave out so many first.")]
Own = Annotated[bool, Query(description="Write it as yours, whoever sent it.")]
Chosen = Annotated[str | None, Query(max_length=256)]
Answer = tuple[dict[str, Any], tuple[str, ...]]
"""What became of an entry, and the bookmarks that make a later read see it."""


@router.get("", summary="What could not be taken")
@needs(Permission.ADMINISTER)
async def list_entries(
    request: Request, source: Chosen = None, reason: Chosen = None, limit: First = 100, offset: Offset = 0
) -> dict[str, Any]:
    """Entries without their content, the newest first, and how many there are in all."""
    quarantine = _quarantine(request)
    await write_threads(request).run(quarantine.tidy)
    found, total = await request.app.state.threads.run(
        quarantine.find, source=source, reason=reason, limit=limit, offset=offset
    )
    return {"entries": [item.as_json() for item in found], "total": total, "complete": offset + len(found) >= total}


@router.post("", summary="Put away parts of a source that could not be read")
@needs(Permission.WRITE)
async def keep_parts(request: Request) -> dict[str, Any]:
    """Put away what a capture rejected: `{"source", "origin", "round", "entries": [{"where", "reason", "message", …}]}`.

    Each entry carries the part as it came: `record` (a record document) and `event` (an OpenLineage event) can be sent
    again by themselves, a `payload` (text) comes in by importing its source again, which `origin` names: the words
    behind `lineage import SOURCE`. At most 500 entries and 8 MiB; 503 over 5,000 a minute.
    """
    async with slots(request, "quarantine", _MOST_BODIES):
        refused = read_parts(await read_body(request, MOST_BODY_BYTES))
        _allowance(request).take(len(refused), "parts put away")
        ids = await write_threads(request).run(_quarantine(request).keep, refused)
    return {"ids": ids, "kept": len(set(ids))}


@router.post("/settle", summary="Drop what has come in well since")
@needs(Permission.WRITE)
async def settle_origin(request: Request) -> dict[str, Any]:
    """Drop the entries that earlier rounds left of an origin: `{"source", "origin", "round"}`.

    Sent after everything of the origin was read and written, or everything of the places in it that `where` lists; what
    this round put away itself stays, and so does what others put away, but for those who administer.
    """
    reading, places = read_settled(await read_body(request, MOST_BODY_BYTES))
    quarantine = _quarantine(request)
    by = None if may_everywhere(request, Permission.ADMINISTER) else principal_of(request)
    settled = await write_threads(request).run(
        quarantine.settle, reading.source, reading.origin, reading.round, places, by=by
    )
    return {"settled": settled}


@router.get("/{entry_id}", summary="One entry with its content")
@needs(Permission.ADMINISTER)
async def read_entry(request: Request, entry_id: EntryId) -> dict[str, Any]:
    """The entry as it came, and why it could not be taken. 404 where there is none."""
    entry = await request.app.state.threads.run(_quarantine(request).read, entry_id)
    return dict(entry.as_json())


@router.post("/{entry_id}/retry", summary="Send an entry again")
@needs(Permission.ADMINISTER)
async def retry_entry(request: Request, entry_id: EntryId, own: Own = False) -> Response:
    """Take the entry as if it came now; it leaves the quarantine where that works.

    It is written only where who sent it may write it now: 403 otherwise. With `own=true` it is written as yours, whoever
    sent it: read it first. The ledger names you, and in the reason the sender.

    422 where it still cannot be taken; 400 where it cannot be sent from here, with what to do instead.
    """
    answer, bookmarks = await write_threads(request).run(
        _retry, _quarantine(request), intake_of(request), writer_of(request), entry_id, own
    )
    headers = {BOOKMARK_HEADER: ",".join(bookmarks)} if bookmarks else {}
    return Response(orjson.dumps(answer), headers=headers, media_type="application/json")


@router.delete("/{entry_id}", summary="Drop an entry")
@needs(Permission.ADMINISTER)
async def drop_entry(request: Request, entry_id: EntryId) -> dict[str, Any]:
    """Forget the entry. 404 where there is none."""
    quarantine = _quarantine(request)
    await write_threads(request).run(quarantine.read, entry_id)
    return {"dropped": await write_threads(request).run(quarantine.drop, [entry_id])}


def _quarantine(request: Request) -> Quarantine:
    quarantine: Quarantine = request.app.state.quarantine
    return quarantine


def _allowance(request: Request) -> Allowance:
    state = request.app.state
    if not hasattr(state, "quarantine_allowance"):
        state.quarantine_allowance = Allowance(MOST_A_MINUTE)
    allowance: Allowance = state.quarantine_allowance
    return allowance


def _retry(quarantine: Quarantine, intake: Intake, writer: Writer, entry_id: str, own: bool) -> Answer:
    entry = quarantine.read(entry_id)
    _refuse_part(entry)
    with caused_by(_cause_of(entry, own=own)):
        answer, bookmarks = _write(entry, writer) if entry.form is Form.RECORDS else _take(entry, intake)
    quarantine.drop([entry_id])
    return {"id": entry_id, "taken": True} | answer, bookmarks


def _cause_of(entry: Quarantined, *, own: bool) -> Cause:
    """Why an entry is written. Raises PermissionDeniedError where nobody knows whose rights count."""
    sender = entry.sender
    if sender is None and not own:
        raise PermissionDeniedError(
            "Nobody noted who sent this.", hint="Read it; with `?own=true` it is written as yours."
        )
    said = "somebody" if sender is None else f"{sender.subject} of {sender.issuer or 'this registry'}"
    how = "as one's own " if own else ""
    reason = f"sent again {how}from the quarantine, entry {entry.id}; it came from {said}"
    return replace(current_cause(), reason=reason, said_by=None if own else sender)


def _refuse_part(entry: Quarantined) -> None:
    """Raise InvalidRequestError, with what to do, for what cannot be sent from here."""
    if entry.cut:
        raise InvalidRequestError(
            f"Of this entry's {entry.size} bytes only the first {entry.kept} are kept.",
            hint=_instead(entry, "Send it again from where it came from."),
        )
    if entry.form is Form.PART:
        raise InvalidRequestError(
            "This is a part of a source, which cannot be sent without the rest of it.",
            hint=_instead(entry, "Mend it where it came from, and import that again."),
        )


def _instead(entry: Quarantined, otherwise: str) -> str:
    if not entry.again:
        return otherwise
    return f"Mend it where it came from, and run `{entry.again}`: the entry goes once the same part came in well."


def _write(entry: Quarantined, writer: Writer) -> Answer:
    result = write_again(entry, writer)
    written = result.written
    return {"created": written.created, "changed": written.changed, "unchanged": written.unchanged}, result.bookmarks


def _take(entry: Quarantined, intake: Intake) -> Answer:
    content = entry.content or b""
    try:
        raw = read_json(content)
    except NotJsonError as error:
        raise InvalidEventError(f"The entry is still not JSON: {error}.", errors=[]) from None
    taken = intake.take([Incoming(raw, content)])
    (item,) = taken.events
    if item.error is not None:
        raise refusal(item.error)
    counts = {"created": taken.created, "changed": taken.changed, "unchanged": taken.unchanged}
    return counts, taken.bookmarks
