"""Tokens over HTTP: who asks, tokens for services, and tokens of the issuer that are to open nothing any more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from graph_schema.times import now_micros
from registry.api.access import needs, principal_of
from registry.api.authentication import authenticator_of
from registry.api.rest.lines import read_body
from registry.api.threads import Threads
from registry.errors import InvalidRequestError, UnsupportedMediaTypeError
from registry.permission.grant_document import read_grant
from registry.permission.policy import Grant
from registry.permission.role import Permission
from registry.strict_json import NotJsonError, read_json

router = APIRouter(prefix="/api/v1", tags=["tokens"])

_MOST_BYTES = 65_536
_MOST_GRANTS = 50
_DAY = 86_400
_MEMBERS = frozenset({"name", "expires_in", "agents", "grants"})

Which = Annotated[str, Path(max_length=64, description="Id of a token, or the name of a service: all of its tokens.")]


@router.get("/whoami", summary="Who asks")
@needs(Permission.SIGNED_IN)
async def read_whoami(request: Request) -> dict[str, Any]:
    """Whom the credential of this request speaks for, until when, and what is granted to them."""
    principal, policy = principal_of(request), request.state.policy
    until = request.state.expires_at
    return {
        "subject": principal.subject,
        "issuer": principal.issuer,
        "method": principal.method.value,
        "groups": sorted(principal.groups),
        "agents": sorted(principal.agents),
        "expires_at": None if until is None else datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds"),
        "grants": [
            {"role": grant.role.value, "namespaces": list(grant.namespaces)}
            for grant in policy.held_by(principal, now_micros())
        ],
    }


@router.get("/service-tokens", summary="Tokens of services")
@needs(Permission.ADMINISTER)
async def list_tokens(
    request: Request,
    ended: Annotated[bool, Query(description="List those too that have expired or were revoked.")] = False,
) -> dict[str, Any]:
    """The tokens that were made, never their text."""
    found = await _threads(request).run(authenticator_of(request).service_tokens.listed, ended=ended)
    now = now_micros()
    return {"tokens": [token.as_json(now) for token in found]}


@router.post("/service-tokens", summary="Make a token for a service", status_code=201)
@needs(Permission.ADMINISTER)
async def create_token(request: Request) -> Response:
    """Make a token: `{"name": "ci", "expires_in": 7776000, "grants": [{"role": "contributor", "namespaces": ["prod/*"]}]}`.

    `expires_in` is in seconds, a year at most. `agents` may list URNs of what the service acts for. The answer has the
    `token`, this once.
    """
    asked = await _object(request)
    unknown = sorted(set(asked) - _MEMBERS)
    if unknown:
        raise InvalidRequestError(f"A token says nothing like {', '.join(unknown)[:200]}.")
    name, seconds, agents = asked.get("name"), asked.get("expires_in", 90 * _DAY), asked.get("agents", [])
    if not isinstance(name, str) or not isinstance(agents, list) or not all(isinstance(item, str) for item in agents):
        raise InvalidRequestError("A token has a name, and agents are a list of URNs.")
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise InvalidRequestError("expires_in is a whole number of seconds.")
    grants = _grants(name, asked.get("grants", []))
    tokens = authenticator_of(request).service_tokens
    token, made = await _threads(request).run(tokens.create, name, seconds, agents, grants)
    request.app.state.policies.forget()
    answer = {"token": token.text, **made.as_json(now_micros()), "grants": [grant.as_json() for grant in grants]}
    # Nobody on the way may keep it.
    return Response(orjson.dumps(answer), 201, headers={"Cache-Control": "no-store"}, media_type="application/json")


@router.delete("/service-tokens/{which:path}", summary="Revoke tokens")
@needs(Permission.ADMINISTER)
async def revoke_tokens(request: Request, which: Which) -> dict[str, Any]:
    """Revoke a token by its id, or every token of a service by its name. 404 where there is none that is valid."""
    authenticator = authenticator_of(request)
    revoked = await _threads(request).run(authenticator.service_tokens.revoke, which)
    authenticator.forget()
    return {"revoked": revoked}


@router.post("/revoked-tokens", summary="Refuse a token of the issuer")
@needs(Permission.ADMINISTER)
async def deny_token(request: Request) -> dict[str, Any]:
    """Refuse a token of the OpenID Connect issuer that has not expired yet: `{"jti": "…"}`. Again is no error."""
    authenticator = authenticator_of(request)
    if authenticator.verifier is None:
        raise InvalidRequestError("This registry takes no tokens of an issuer.", hint="Set LINEAGE_OIDC_ISSUER.")
    token_id = (await _object(request)).get("jti")
    if not isinstance(token_id, str):
        raise InvalidRequestError('The body is an object like {"jti": "…"}.')
    await _threads(request).run(authenticator.revoked.deny, authenticator.verifier.issuer.address, token_id)
    authenticator.forget()
    return {"revoked": [token_id]}


def _grants(name: str, documents: Any) -> list[Grant]:
    if not isinstance(documents, list) or len(documents) > _MOST_GRANTS:
        raise InvalidRequestError(f"The grants are a list of at most {_MOST_GRANTS}.")
    for document in documents:
        if not isinstance(document, dict) or {"subject", "group", "issuer"} & set(document):
            raise InvalidRequestError("The grants of a token are for its service: they name nobody.")
    return [read_grant(document | {"subject": name}) for document in documents]


async def _object(request: Request) -> dict[str, Any]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaTypeError("Send application/json.")
    try:
        document = read_json(await read_body(request, _MOST_BYTES))
    except NotJsonError as error:
        raise InvalidRequestError(f"The body is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise InvalidRequestError("The body is not a JSON object.")
    return document


def _threads(request: Request) -> Threads:
    threads: Threads = request.app.state.threads
    return threads
