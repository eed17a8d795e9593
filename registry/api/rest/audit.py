"""The ledger over HTTP: list and read entries, prove them, export them for the offline verifier, verify everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import orjson
from anyio import CapacityLimiter
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from starlette.concurrency import iterate_in_threadpool

from registry.api.access import needs
from registry.api.rest.lines import read_body
from registry.api.rest.times import read_time
from registry.audit import proving, searching
from registry.audit.finding import Found
from registry.audit.publication import Publication
from registry.audit.steps import run_in_steps
from registry.audit.verification import verify
from registry.errors import InvalidRequestError, OverloadedError, RegistryError
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.proof_file import ProofFile
from registry.permission.role import Permission

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

MOST_VERIFICATIONS = 1
"""Verifications that one server does at a time: each reads the whole graph."""
_PROOF = "text/plain; charset=utf-8"
_NDJSON = "application/x-ndjson"
_LONGEST_NOTE = 64 * 1024
Sequence_ = Annotated[int, Path(ge=0, lt=2**53, description="Place of the entry, counted from 0.")]
Text = Annotated[str | None, Query(min_length=1, max_length=2048)]


@router.get("/entries", summary="What was done, by whom, to what: the newest first")
@needs(Permission.AUDIT)
async def list_entries(
    request: Request,
    target: Annotated[str | None, Query(min_length=1, max_length=2048, description="URN, or another target.")] = None,
    actor: Annotated[str | None, Query(min_length=1, max_length=512, description="Subject of who acted.")] = None,
    action: Annotated[
        str | None, Query(pattern=r"^[a-z.-]{1,64}(\.\*)?$", description="Such as `records.write`, or `token.*`.")
    ] = None,
    decision: Literal["allow", "deny"] | None = None,
    since: Annotated[str | None, Query(description="Recorded at this time or later.")] = None,
    until: Annotated[str | None, Query(description="Recorded before this time.")] = None,
    limit: Annotated[int, Query(ge=1, le=searching.MOST, description="At most so many.")] = 100,
    before: Annotated[
        int | None, Query(ge=0, lt=2**53, description="Go on before this sequence: `next` of a page.")
    ] = None,
) -> dict[str, Any]:
    """Entries as they stand in the tree. `next` is null where nothing older is left; a page may be short, or empty."""
    publication = _publication(request)

    def find() -> searching.Page:
        publication.publish()
        name = None if target is None else searching.ledger_target(publication.database, target)
        sought = searching.Sought(name, actor, action, decision, read_time("since", since), read_time("until", until))
        return searching.find_entries(publication.log(), sought, limit=limit, before=before)

    page = await request.app.state.threads.run(find)
    return {"entries": list(page.entries), "next": page.next, "size": page.size}


@router.get("/entries/{sequence}", summary="One entry")
@needs(Permission.AUDIT)
async def show_entry(request: Request, sequence: Sequence_) -> Response:
    """The entry in its one canonical spelling, which is what the leaf of the tree hashes."""
    publication = _publication(request)
    content = await request.app.state.threads.run(searching.read_entry, publication.log(), sequence)
    return Response(content, media_type="application/json")


@router.get(
    "/proof",
    summary="Prove that an entry is in the tree",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "A file as c2sp.org/tlog-proof@v1 defines it."}},
)
@needs(Permission.AUDIT)
async def prove_entry(
    request: Request,
    sequence: Annotated[int | None, Query(ge=0, lt=2**53, description="Place of the entry.")] = None,
    at: Annotated[str | None, Query(description="The last entry at this time or before.")] = None,
    target: Annotated[
        str | None, Query(min_length=1, max_length=2048, description="The newest entry about it.")
    ] = None,
) -> Response:
    """Of one of the three. The entry is carried along in the line `extra`."""
    if [sequence, at, target].count(None) != 2:
        raise InvalidRequestError("Name one of sequence, at and target.")
    publication = _publication(request)

    def make() -> ProofFile:
        publication.publish()
        return proving.prove(publication, _place(publication, sequence, at, target))

    found = await request.app.state.threads.run(make)
    return Response(found.to_text(), media_type=_PROOF, headers={"Lineage-Ledger-Sequence": str(found.index)})


@router.get("/checkpoint", summary="The last signed head of the ledger", response_class=PlainTextResponse)
@needs(Permission.AUDIT)
async def show_checkpoint(request: Request) -> Response:
    """A signed note (c2sp.org/tlog-checkpoint). Keep it: a later head has to extend it."""
    signed = await request.app.state.threads.run(proving.signed_head, _publication(request))
    return Response(signed.note.to_text(), media_type=_PROOF)


@router.get("/keys", summary="The keys that sign the ledger")
@needs(Permission.AUDIT)
async def list_keys(request: Request) -> dict[str, Any]:
    """Verifier keys, each with the size of the tree from which on it signs. Get them another way, too."""
    head = await request.app.state.threads.run(_publication(request).stored.head)
    return {"origin": head.origin, "keys": [{"key": item.key.text, "from_size": item.size} for item in head.keys]}


@router.post("/bundle", summary="Export entries for the offline verifier", response_class=Response)
@needs(Permission.AUDIT)
async def export_entries(
    request: Request,
    sequence: Annotated[list[int] | None, Query(description="Single entries; may be repeated.")] = None,
    first: Annotated[int | None, Query(ge=0, lt=2**53, description="A range: from this entry.")] = None,
    end: Annotated[
        int | None, Query(ge=1, lt=2**53, description="A range: up to this entry, which is not in it.")
    ] = None,
    target: Text = None,
) -> Response:
    """A bundle (JSON) that `lineage_verify.py` reads. A kept checkpoint as the body makes it prove that nothing changed since."""
    kept = await read_body(request, _LONGEST_NOTE, hint="The body is a checkpoint, or nothing.")
    publication = _publication(request)

    def make() -> bytes:
        size = publication.publish().checkpoint.size
        span = None if first is None and end is None else (first or 0, size if end is None else end)
        since = SignedCheckpoint.parse(kept) if kept else None
        return proving.bundle(publication, sequences=sequence or (), span=span, urn=target, since=since)

    content = await request.app.state.threads.run(make)
    return Response(
        content, media_type="application/json", headers={"Content-Disposition": 'attachment; filename="ledger.json"'}
    )


@router.post("/verifications", summary="Verify the ledger, and the graph against it", response_class=StreamingResponse)
@needs(Permission.AUDIT)
async def verify_ledger(
    request: Request, graph: Annotated[bool, Query(description="Compare every entity with the log, too.")] = False
) -> Response:
    """NDJSON: lines `progress` and `found` as they come, and `result` at the end. A kept checkpoint may be the body."""
    limiter = getattr(request.app.state, "verifications", None)
    if limiter is None:
        limiter = request.app.state.verifications = CapacityLimiter(MOST_VERIFICATIONS)
    if limiter.available_tokens < 1:
        raise OverloadedError("The ledger is being verified already.", hint="Try again when that is done.")
    kept = await read_body(request, _LONGEST_NOTE, hint="The body is a checkpoint, or nothing.")
    since = SignedCheckpoint.parse(kept) if kept else None
    steps = iterate_in_threadpool(_verification(_publication(request), since, graph=graph))

    async def lines() -> Any:
        async with limiter:
            async for line in steps:
                yield line

    return StreamingResponse(lines(), media_type=_NDJSON)


def _verification(publication: Publication, since: SignedCheckpoint | None, *, graph: bool) -> Iterator[bytes]:
    def work(say: Any) -> dict[str, Any]:
        def tell(found: Found) -> None:
            say({"found": found.as_json()})

        def progress(what: str, done: int, total: int) -> None:
            say({"progress": {"what": what, "done": done, "total": total}})

        try:
            return {"result": verify(publication, tell, progress, graph=graph, since=since).as_json()}
        except RegistryError as error:
            return {"error": error.as_problem()}

    for item in run_in_steps(work):
        yield orjson.dumps(item) + b"\n"


def _place(publication: Publication, sequence: int | None, at: str | None, target: str | None) -> int:
    if sequence is not None:
        return sequence
    if at is not None:
        return searching.entry_at(publication.log(), read_time("at", at) or 0)
    name = searching.ledger_target(publication.database, str(target))
    return int(searching.last_entry(publication.log(), name)["sequence"])


def _publication(request: Request) -> Publication:
    publication: Publication = request.app.state.ledger
    return publication
