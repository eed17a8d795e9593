"""Sandboxes over HTTP: make one, share it, promote from it, prolong and remove it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from registry.api.access import may, needs, principal_of
from registry.api.bookmarks import BOOKMARK_HEADER
from registry.api.rest.documents import read_object, reason_of, text_of
from registry.api.rest.records import write_threads, writer_of
from registry.errors import InvalidRequestError, NotFoundError
from registry.grants.stored import remove_grant
from registry.permission.grant_document import grant_document
from registry.permission.role import Permission, Role
from registry.permission.scope import resource_of
from registry.sandbox import store
from registry.sandbox.promotion import promote
from registry.sandbox.removal import remove_sandbox

router = APIRouter(prefix="/api/v1/sandboxes", tags=["sandboxes"])

_DAYS: Final = 30
_MOST_URNS: Final = 1_000
Name = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9._-]{0,62}$", description="Name of a sandbox.")]
GrantId = Annotated[str, Path(pattern="^[0-9a-f]{12}$", description="Id of a member's grant.")]
Reason = Annotated[str | None, Query(max_length=1_000, description="Why, for the ledger.")]


@router.get("", summary="Your sandboxes")
@needs(Permission.SIGNED_IN)
async def list_sandboxes(request: Request) -> dict[str, Any]:
    """The sandboxes that you work in, and until when they are kept."""
    state = request.state
    found = await request.app.state.threads.run(
        store.list_sandboxes, request.app.state.database, state.policy, principal_of(request)
    )
    return {"sandboxes": [item.as_json() for item in found]}


@router.post("", summary="Make a sandbox", status_code=201)
@needs(Permission.WRITE)
async def create_sandbox(request: Request) -> dict[str, Any]:
    """Make a sandbox: `{"name": "ada", "days": 30, "reason": "…"}`. It and what is in it go after so many days.

    Its namespace is `sandbox:NAME`, and what is below that. Who makes it administers it; nobody else sees it.
    """
    asked = await read_object(request, frozenset({"name", "days", "reason"}))
    name, days = text_of(asked, "name") or "", _days(asked)
    made = await _change(request, store.create_sandbox, name, days, reason_of(asked))
    return dict(made.as_json())


@router.get("/{name}", summary="A sandbox")
@needs(Permission.SIGNED_IN)
async def read_sandbox(request: Request, name: Name) -> dict[str, Any]:
    """A sandbox and who works in it. 404 where there is none for you."""
    state, principal = request.state, principal_of(request)
    store.require(state.policy, principal, Permission.READ, name)
    found = await request.app.state.threads.run(
        store.list_sandboxes, request.app.state.database, state.policy, principal
    )
    [item] = [item for item in found if item.name == name]
    said: dict[str, Any] = item.as_json()
    return said | {"members": [grant_document(grant) for grant in store.members_of(state.policy, name)]}


@router.post("/{name}/members", summary="Let somebody work in a sandbox")
@needs(Permission.SIGNED_IN)
async def share_sandbox(request: Request, name: Name) -> dict[str, Any]:
    """Let somebody in: `{"subject": "bob", "role": "contributor"}`, or a `group`; `issuer` as for grants."""
    store.require(request.state.policy, principal_of(request), Permission.ADMINISTER, name)
    asked = await read_object(request, frozenset({"role", "subject", "group", "issuer", "reason"}))
    who = {part: text_of(asked, part) for part in ("subject", "group", "issuer")}
    grant = await _change(request, store.share_sandbox, name, _role(asked), reason=reason_of(asked), **who)
    return grant_document(grant)


@router.delete("/{name}/members/{grant_id}", summary="Let somebody out again")
@needs(Permission.SIGNED_IN)
async def unshare_sandbox(request: Request, name: Name, grant_id: GrantId, reason: Reason = None) -> dict[str, Any]:
    """Take back a grant that is for this sandbox alone. 404 where there is none of that id."""
    store.require(request.state.policy, principal_of(request), Permission.ADMINISTER, name)
    if grant_id not in {grant.id for grant in store.members_of(request.state.policy, name)}:
        raise NotFoundError("The sandbox has no such member.", hint=f"`lineage sandbox show {name}` lists them.")
    why = reason_of({} if reason is None else {"reason": reason})
    await _change(request, remove_grant, grant_id, reason=why)
    return {"removed": grant_id}


@router.post("/{name}/prolong", summary="Keep a sandbox longer")
@needs(Permission.SIGNED_IN)
async def prolong_sandbox(request: Request, name: Name) -> dict[str, Any]:
    """Keep it for so many days from now: `{"days": 30}`."""
    store.require(request.state.policy, principal_of(request), Permission.ADMINISTER, name)
    asked = await read_object(request, frozenset({"days", "reason"}))
    await _change(request, store.prolong_sandbox, name, _days(asked), reason_of(asked))
    return await read_sandbox(request, name)


@router.post("/{name}/promote", summary="Copy work out of a sandbox")
@needs(Permission.SIGNED_IN)
async def promote_from_sandbox(request: Request, name: Name) -> Response:
    """Copy entities with their lineage under a namespace that you may write: `{"urns": […], "to": "prod", "reason": "…"}`.

    What is upstream of them in the sandbox goes along. Each copy says in the facet `promotion` where it came from. The
    same again changes nothing.
    """
    store.require(request.state.policy, principal_of(request), Permission.READ, name)
    asked = await read_object(request, frozenset({"urns", "to", "reason"}))
    urns, target, reason = asked.get("urns"), text_of(asked, "to", most=1_024), reason_of(asked)
    if not isinstance(urns, list) or not 0 < len(urns) <= _MOST_URNS or not all(isinstance(urn, str) for urn in urns):
        raise InvalidRequestError(f"urns is a list of 1 to {_MOST_URNS} URNs.")
    if target is None or reason is None:
        raise InvalidRequestError("A promotion says where to (`to`) and why (`reason`).")
    sees = _sees(request)
    done = await _change(request, promote, writer_of(request), name, urns, target, reason=reason, sees=sees)
    headers = {BOOKMARK_HEADER: ",".join(done.bookmarks)} if done.bookmarks else {}
    return Response(orjson.dumps(done.as_json()), headers=headers, media_type="application/json")


@router.delete("/{name}", summary="Remove a sandbox")
@needs(Permission.SIGNED_IN)
async def delete_sandbox(request: Request, name: Name, reason: Reason = None) -> dict[str, Any]:
    """Remove a sandbox with everything in it, for good. The ledger keeps, in digests, that it was there."""
    store.require(request.state.policy, principal_of(request), Permission.ADMINISTER, name)
    why = reason_of({} if reason is None else {"reason": reason})
    return {"removed": name, "entities": await _change(request, remove_sandbox, name, why)}


def _sees(request: Request) -> Callable[[str | None], bool]:
    if request.state.view is None:
        return lambda _scope: True
    return lambda scope: scope is not None and may(request, Permission.READ, resource_of(scope))


async def _change(request: Request, change: Any, *given: Any, **more: Any) -> Any:
    try:
        return await write_threads(request).run(change, request.app.state.database, *given, **more)
    finally:
        request.app.state.policies.forget()


def _days(asked: dict[str, Any]) -> int:
    days = asked.get("days", _DAYS)
    if isinstance(days, bool) or not isinstance(days, int):
        raise InvalidRequestError("days is a whole number.")
    return days


def _role(asked: dict[str, Any]) -> Role:
    try:
        return Role(str(asked.get("role", Role.CONTRIBUTOR)))
    except ValueError:
        raise InvalidRequestError(f"A role is one of {', '.join(Role)}.") from None
