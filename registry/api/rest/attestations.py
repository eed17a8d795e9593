"""Attestations over HTTP: sending one, those of an entity, and what is registered with a digest."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from registry.api.access import needs, reader
from registry.api.bookmarks import BOOKMARK_HEADER
from registry.api.rest.lines import read_body
from registry.api.rest.records import MOST_BATCHES, slots, write_threads, writer_of
from registry.attestation.trust import Trust, read_trust_file
from registry.attested.claimed import find_registered
from registry.attested.store import MOST_BYTES, Attestations, attestations_of, listed
from registry.errors import InvalidRequestError, RegistryError
from registry.lineage.question import read_urn
from registry.permission.role import Permission
from registry.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["attestations"])

MOST_URNS = 100
_URN_MAX = 4096
Urns = Annotated[list[str], Query(min_length=1, max_length=MOST_URNS, description="What they are about.")]


@router.post("/attestations", summary="Send a signed statement")
@needs(Permission.WRITE)
async def register_attestation(
    request: Request,
    subject: Annotated[
        str | None, Query(max_length=_URN_MAX, description="URN of what it is about, where it does not say so itself.")
    ] = None,
) -> Response:
    """Keep a DSSE envelope or a Sigstore bundle, as of OpenSSF model signing, beside what it is about.

    The signatures are verified with the keys that `LINEAGE_TRUST_FILE` trusts; by other keys it is kept as `unknown`. It is
    refused where a signature does not hold, and where something is registered with another digest than is attested.
    """
    async with slots(request, "batches", MOST_BATCHES):
        body = await read_body(request, MOST_BYTES)
        store = Attestations(writer_of(request), _trust(request))
        found = await write_threads(request).run(store.register, reader(request), body, subject)
    headers = {BOOKMARK_HEADER: ",".join(found.bookmarks)} if found.bookmarks else {}
    return Response(orjson.dumps(found.as_json()), headers=headers, media_type="application/json")


@router.get("/attestations", summary="The attestations of entities")
@needs(Permission.READ)
async def list_attestations(request: Request, urn: Urns) -> dict[str, Any]:
    """Each attestation with its document as it came, so that it can be verified without this server."""
    for item in urn:
        read_urn(item)
    found = await request.app.state.threads.run(attestations_of, reader(request), urn)
    return {"attestations": [listed(row) for row in found]}


@router.get("/artifacts/{digest}", summary="What is registered with a digest")
@needs(Permission.READ)
async def find_artifact(
    request: Request,
    digest: Annotated[
        str,
        Path(
            pattern="^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$", description="As algorithm:hex."
        ),
    ],
) -> dict[str, Any]:
    """The versions and artifacts that have this content. Empty where none has, or none that you may see."""
    found = await request.app.state.threads.run(find_registered, reader(request), [digest])
    return {"digest": digest, "registered": [{"urn": row.urn, "kind": row.kind} for row in found]}


def _trust(request: Request) -> Trust:
    """Whom this server trusts now: the file is read for each statement, so that a change of it holds at once."""
    settings: Settings = request.app.state.settings
    if settings.trust_file is None:
        return Trust()
    try:
        return read_trust_file(settings.trust_file)
    except RegistryError as error:
        raise InvalidRequestError(
            "The trust file of this server cannot be used, so that nothing can be verified.",
            hint="Its administrator finds the reason with `lineage verify --trust FILE`.",
        ) from error
