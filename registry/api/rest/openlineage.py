"""OpenLineage in: ``POST /api/v1/lineage`` and ``/api/v1/lineage/batch``, as its clients send it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from graph_schema.times import format_time
from registry.api.access import needs
from registry.api.bookmarks import BOOKMARK_HEADER
from registry.api.rest.lines import read_body
from registry.api.rest.records import MOST_BATCHES, group_threads, slots, write_threads, writer_of
from registry.api.rest.shown_findings import shown
from registry.api.rest.unpacking import unpack
from registry.errors import InvalidRequestError, RegistryError, TooLargeError
from registry.intake.grouping import Grouping
from registry.intake.taking import SOURCE, Incoming, Intake, Taken, incoming
from registry.permission.role import Permission
from registry.quarantine.store import MOST_CHARACTERS, Refused, shortened
from registry.settings import Settings
from registry.strict_json import NotJsonError, read_json

router = APIRouter(prefix="/api/v1", tags=["openlineage"])

MOST_EVENTS = 64
"""Single events that are on their way at a time; more wait for a place, and too many are answered with 503."""
EVENTS_A_STEP = 250
"""Events of a batch that are written in one transaction."""
_READ_AT_ONCE = 1 << 16
"""Bytes of a plain body that are read at once; more, and what is packed, is read in a thread."""
_BOM = b"\xef\xbb\xbf"


def intake_of(request: Request) -> Intake:
    """The way in for OpenLineage events of this application."""
    state = request.app.state
    if not hasattr(state, "intake"):
        state.intake = Intake(state.database, writer_of(request), state.settings)
    intake: Intake = state.intake
    return intake


def grouping_of(request: Request) -> Grouping:
    """Where single events of this application come together."""
    state = request.app.state
    if not hasattr(state, "grouping"):
        state.grouping = Grouping(intake_of(request))
    grouping: Grouping = state.grouping
    return grouping


@router.post("/lineage", summary="Take one OpenLineage event")
@needs(Permission.WRITE)
async def take_event(request: Request) -> Response:
    """Take a run, job or dataset event, as JSON or gzip of it.

    The answer comes when the event is durable, and the next read sees it; the same event again changes nothing. An
    event that cannot be taken is answered with a problem that names the field, and kept in the quarantine.
    """
    async with slots(request, "openlineage events", MOST_EVENTS):
        raw, body = await _document(request)
        if not isinstance(raw, dict):
            raise InvalidRequestError(
                "An event is one JSON object.", hint="POST /api/v1/lineage/batch takes a list of events."
            )
        taken = await group_threads(request).run(_take_one, grouping_of(request), raw, body)
    (item,) = taken.events
    if item.error is not None:
        raise refusal(item.error)
    digest = item.ready.event.digest if item.ready is not None else ""
    written = _written([taken])
    return _answer(
        {
            "digest": f"sha256:{digest}",
            "recorded_at": written["recorded_at"],
            "findings": shown(request, written["findings"]),
        },
        taken,
    )


@router.post("/lineage/batch", summary="Take several OpenLineage events")
@needs(Permission.WRITE)
async def take_batch(request: Request) -> Response:
    """Take a JSON list of events, in any order; good ones are kept whatever becomes of the others.

    The answer has the form that the specification gives it: ``summary``, and for each event that could not be taken
    its ``index``, the ``reason`` and whether sending it again may help.
    """
    settings: Settings = request.app.state.settings
    async with slots(request, "openlineage batches", MOST_BATCHES):
        raw, _ = await _document(request)
        events = raw if isinstance(raw, list) else [raw]
        if len(events) > settings.max_batch_records:
            raise TooLargeError(
                f"{len(events)} events in one batch; at most {settings.max_batch_records}.", hint="Send several."
            )
        steps: list[Taken] = []
        for start in range(0, len(events), EVENTS_A_STEP):
            step = events[start : start + EVENTS_A_STEP]
            steps.append(await write_threads(request).run(_take_step, intake_of(request), step))
    wrote = [step for step in steps if step.bookmarks]
    answer = _batch_answer(steps)
    answer["findings"] = shown(request, answer["findings"])
    return _answer(answer, wrote[-1] if wrote else None)


def _take_one(grouping: Grouping, raw: Any, content: bytes) -> Taken:
    return grouping.take(Incoming(raw, content))


def _take_step(intake: Intake, events: list[Any]) -> Taken:
    return intake.take([incoming(raw) for raw in events])


async def _document(request: Request) -> tuple[Any, bytes]:
    """The body as JSON, and unpacked. What is no JSON goes to the quarantine, too."""
    limit = request.app.state.settings.max_body_bytes
    body, encoding = await read_body(request, limit), request.headers.get("content-encoding")
    if encoding is None and len(body) <= _READ_AT_ONCE:
        raw, body, problem = _parsed(body, encoding, limit)
    else:
        raw, body, problem = await to_thread.run_sync(_parsed, body, encoding, limit)
    if problem is None:
        return raw, body
    if body:
        refused = Refused(SOURCE, problem.code, problem.message, [], body)
        ids = await write_threads(request).run(intake_of(request).quarantine.keep, [refused])
        problem.details["quarantine_id"] = ids[0]
    raise problem


def _parsed(body: bytes, encoding: str | None, limit: int) -> tuple[Any, bytes, InvalidRequestError | None]:
    """The body as JSON and unpacked, or unpacked and why it is no JSON. Raises what unpacking raises."""
    body = unpack(body, encoding, limit).removeprefix(_BOM)
    try:
        return read_json(body), body, None
    except NotJsonError as error:
        return None, body, InvalidRequestError(f"The body is not JSON in UTF-8: {error}.")


def _batch_answer(steps: list[Taken]) -> dict[str, Any]:
    events = [item for step in steps for item in step.events]
    failed = [
        {
            "index": index,
            "reason": refusal(item.error).message,
            "retriable": item.error.status >= HTTPStatus.INTERNAL_SERVER_ERROR,
            "quarantine_id": item.quarantine_id,
        }
        for index, item in enumerate(events)
        if item.error is not None
    ]
    retriable = sum(item["retriable"] is True for item in failed)
    summary = {
        "received": len(events),
        "successful": len(events) - len(failed),
        "failed": len(failed),
        "retriable": retriable,
        "non_retriable": len(failed) - retriable,
    }
    status = "partial_success" if failed else "success"
    return {"status": status, "summary": summary, "failed_events": failed} | _written(steps)


def refusal(error: RegistryError) -> RegistryError:
    """Why an event is not taken, no longer than is told: what names a field in it came with the event."""
    error.message = error.message[:MOST_CHARACTERS]
    if "errors" in error.details:
        error.details["errors"] = shortened(error.details["errors"])
    return error


def _written(steps: list[Taken]) -> dict[str, Any]:
    recorded = [step.recorded_at for step in steps if step.recorded_at is not None]
    return {
        "created": sum(step.created for step in steps),
        "changed": sum(step.changed for step in steps),
        "unchanged": sum(step.unchanged for step in steps),
        "recorded_at": format_time(max(recorded)) if recorded else None,
        "findings": [finding for step in steps for finding in step.findings][:20],
    }


def _answer(document: dict[str, Any], taken: Taken | None) -> Response:
    bookmarks = taken.bookmarks if taken is not None else ()
    headers = {BOOKMARK_HEADER: ",".join(bookmarks)} if bookmarks else {}
    return Response(orjson.dumps(document), headers=headers, media_type="application/json")
