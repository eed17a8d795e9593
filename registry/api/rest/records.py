"""Writing: ``POST /api/v1/records``, and what settles or prepares it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Annotated, Any

import orjson
from anyio import CapacityLimiter
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response

from graph_schema.core import NAME_MAX
from graph_schema.json_schema import record_schemas
from graph_schema.times import format_time, now_micros, parse_time
from registry.api.access import needs, principal_of
from registry.api.bookmarks import BOOKMARK_HEADER, read_bookmarks
from registry.api.rest.ingest import Account, Ingest, Mode
from registry.api.rest.lines import read_body, read_lines
from registry.api.rest.shown_findings import shown
from registry.api.threads import Threads
from registry.channels import entrance
from registry.errors import (
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    TooLargeError,
    UnsupportedMediaTypeError,
)
from registry.permission.role import Permission
from registry.quarantine.arriving import read_reading
from registry.quarantine.entry import FROM_RECORDS
from registry.sandbox.events import ids_of
from registry.settings import Settings
from registry.strict_json import NotJsonError, read_json
from registry.validation.parsing import Envelope
from registry.writer import Writer

router = APIRouter(prefix="/api/v1", tags=["records"])

_NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_ID_MAX = 256
MOST_BATCHES, MOST_STREAMS, MOST_WAITING = 8, 32, 256
"""Bodies that are read at a time, and requests that may wait for that."""
MOST_SMALL, SMALL_BYTES = 64, 65_536
"""Small bodies that are on their way at a time: these are written in groups."""
_SCHEMAS = record_schemas()

EventId = Annotated[str | None, Query(max_length=_ID_MAX - 10, min_length=1, description="Event id of a stream.")]
Bookmark = Annotated[str | None, Header(alias=BOOKMARK_HEADER, description="Bookmark of an earlier write.")]


@router.post("/records", summary="Write entities and edges")
@needs(Permission.WRITE)
async def write_records(
    request: Request,
    mode: Annotated[Mode, Query(description="What a bad record does to the good ones.")] = Mode.ATOMIC,
    event_id: EventId = None,
    producer: Annotated[str | None, Query(max_length=_ID_MAX, description="Producer of a stream.")] = None,
    source: Annotated[str, Query(description="Which capture read them: for what goes to the quarantine.")] = (
        FROM_RECORDS
    ),
    origin: Annotated[
        list[str] | None, Query(description="What it read: the words behind `lineage import SOURCE`.")
    ] = None,
    round: Annotated[str, Query(description="Which reading of that it was.")] = "",  # noqa: A002 - the API's word
) -> Response:
    """Write records: one JSON body that is kept whole or not at all, or an NDJSON stream in committed steps.

    The answer comes when everything is durable, and the next read sees it. The same event again changes nothing.
    What `per-item` leaves out goes to the quarantine, the first 1,000 records of a request.
    """
    _check_names(event_id=event_id, producer=producer)
    settings: Settings = request.app.state.settings
    reading = read_reading(source, origin or [], round)
    small = _is_small(request)
    threads = group_threads(request) if small else write_threads(request)
    ingest = Ingest(writer_of(request), threads, settings, mode, request.app.state.quarantine, reading)
    captured = None if source == FROM_RECORDS else source
    admit = entrance(request.state.policy, principal_of(request), captured).channel
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type in _NDJSON:
        envelope = Envelope(event_id or str(uuid.uuid4()), now_micros(), None, producer, admit=admit)
        async with slots(request, "streams", MOST_STREAMS):
            account = await ingest.stream(envelope, read_lines(request, settings.max_line_bytes))
    elif media_type == "application/json":
        async with slots(request, "small batches", MOST_SMALL) if small else slots(request, "batches", MOST_BATCHES):
            document = _document(await read_body(request, settings.max_body_bytes))
            envelope = replace(_envelope(document, event_id, producer), admit=admit)
            account = await ingest.whole(envelope, _records(document, settings.max_batch_records))
    else:
        raise UnsupportedMediaTypeError("Send application/json or application/x-ndjson.")
    account.findings = shown(request, account.findings)
    return _answer(account)


@router.get("/events/{event_id:path}", summary="Was an event written?")
@needs(Permission.READ)
async def read_event(
    request: Request,
    event_id: Annotated[str, Path(max_length=_ID_MAX, description="The event's id.")],
    bookmark: Bookmark = None,
) -> dict[str, Any]:
    """The event as it was recorded: settles a write whose answer got lost. 404 where it was not written.

    Who may not see everything is shown only what they wrote themselves.

    Asked where writes go, so that an event that is committed is found in a cluster too.
    """
    bookmarks = read_bookmarks(bookmark)
    ids = ids_of(event_id, request.state.policy, principal_of(request))
    by = None if request.state.view is None else principal_of(request)
    row = await write_threads(request).run(writer_of(request).find_event, *ids, by=by, bookmarks=bookmarks)
    return {
        "id": row.id,
        "digest": f"sha256:{row.digest}",
        "producer": row.producer,
        "records": row.records,
        "recorded_at": format_time(row.recorded_at),
        "sequence": row.sequence,
    }


@router.get("/schemas", summary="JSON Schemas of all records")
@needs(Permission.SIGNED_IN)
async def list_schemas() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the records of every kind and relation, by name."""
    return _SCHEMAS


@router.get("/schemas/{name}", summary="JSON Schema of one kind or relation")
@needs(Permission.SIGNED_IN)
async def read_schema(name: Annotated[str, Path(max_length=NAME_MAX)]) -> dict[str, Any]:
    """The JSON Schema of the records of one kind or relation. 404 where it is neither."""
    if name not in _SCHEMAS:
        raise NotFoundError("No kind or relation of that name can be written.", hint="GET /api/v1/schemas lists them.")
    return _SCHEMAS[name]


def writer_of(request: Request) -> Writer:
    """What every change of this application goes through."""
    writer: Writer = request.app.state.writer
    return writer


def slots(request: Request, sort: str, most: int) -> CapacityLimiter:
    """How many bodies may be in memory at once; who comes later waits, unread, for a place."""
    state = request.app.state
    if not hasattr(state, "ingest_slots"):
        state.ingest_slots = {}
    limiter: CapacityLimiter = state.ingest_slots.setdefault(sort, CapacityLimiter(most))
    if limiter.statistics().tasks_waiting >= MOST_WAITING:
        raise OverloadedError("Too many writes wait.")
    return limiter


def write_threads(request: Request) -> Threads:
    """Threads of writing alone: writers wait for one another, and must not keep readers waiting."""
    state = request.app.state
    if not hasattr(state, "write_threads"):
        state.write_threads = Threads(state.silence, running=4, waiting=128, deadline=150.0)
    threads: Threads = state.write_threads
    return threads


def _is_small(request: Request) -> bool:
    """Whether the body says of itself that it is small."""
    length = request.headers.get("content-length", "")
    return length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= SMALL_BYTES


def group_threads(request: Request) -> Threads:
    """Threads in which small writes wait for one another; one of them at a time writes for all."""
    state = request.app.state
    if not hasattr(state, "group_threads"):
        state.group_threads = Threads(state.silence, running=MOST_SMALL, waiting=MOST_WAITING, deadline=150.0)
    threads: Threads = state.group_threads
    return threads


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = read_json(body)
    except NotJsonError as error:
        raise InvalidRequestError(f"The body is not JSON: {error}.") from None
    if not isinstance(document, dict) or not isinstance(document.get("records"), list):
        raise InvalidRequestError(
            'The body is a JSON object with a list "records".', hint='{"event_id": "…", "records": [{"entity": …}]}'
        )
    unknown = sorted(set(document) - {"event_id", "event_time", "producer", "channel", "records"})
    if unknown:
        raise InvalidRequestError(f"Unknown fields beside the records: {', '.join(unknown)[:200]}.")
    return document


def _records(document: dict[str, Any], limit: int) -> list[Any]:
    records: list[Any] = document["records"]
    if len(records) > limit:
        raise TooLargeError(
            f"{len(records)} records in one batch; at most {limit} are written whole or not at all.",
            hint="Send application/x-ndjson, which commits in steps, or several batches.",
        )
    return records


def _envelope(document: dict[str, Any], event_id: str | None, producer: str | None) -> Envelope:
    given = {name: document.get(name) for name in ("event_id", "event_time", "producer", "channel")}
    _check_names(**given)
    if event_id is not None and given["event_id"] not in (None, event_id):
        raise InvalidRequestError("event_id in the URL and in the body differ.")
    time = None
    if given["event_time"] is not None:
        try:
            time = parse_time(given["event_time"])
        except (ValueError, OverflowError):
            raise InvalidRequestError("event_time is not a time in RFC 3339 with a zone.") from None
    name = given["event_id"] or event_id or str(uuid.uuid4())
    return Envelope(name, now_micros(), time, given["producer"] or producer, given["channel"])


def _check_names(**given: Any) -> None:
    """Raise InvalidRequestError unless each is None or a text that can be shown, wherever it was given."""
    for name, value in given.items():
        if value is not None and not (isinstance(value, str) and 0 < len(value) <= _ID_MAX and value.isprintable()):
            raise InvalidRequestError(f"{name} is a printable text of at most {_ID_MAX} characters.")


def _answer(account: Account) -> Response:
    headers = {BOOKMARK_HEADER: ",".join(account.bookmarks)} if account.bookmarks else {}
    return Response(orjson.dumps(account.answer()), headers=headers, media_type="application/json")
