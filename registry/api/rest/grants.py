"""Grants and the policy over HTTP: list, add, remove, and what decides a question."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request

from graph_schema.catalogue import KINDS
from graph_schema.urn import UrnError, asset_of, parse_urn
from registry.api.access import needs
from registry.api.rest.documents import read_object, reason_of, text_of
from registry.api.rest.records import write_threads
from registry.errors import InvalidRequestError, InvalidUrnError
from registry.grants import stored
from registry.grants.statements import SCOPE_OF
from registry.graph.database import Database
from registry.permission.decide import decide, explain
from registry.permission.grant_document import grant_document, read_grant
from registry.permission.principal import Method, Principal
from registry.permission.role import Permission
from registry.permission.scope import Resource, resource_of

router = APIRouter(prefix="/api/v1", tags=["policy"])

_GRANT: Final = frozenset(
    {"role", "subject", "group", "issuer", "namespaces", "ceiling", "owned", "channels", "expires_at"}
)
_QUESTION: Final = frozenset(
    {"subject", "groups", "issuer", "agents", "permission", "urn", "namespace", "kind", "channel"}
)
GrantId = Annotated[str, Path(pattern="^[0-9a-f]{12}$", description="Id of a grant.")]
Reason = Annotated[str | None, Query(max_length=1_000, description="Why, for the ledger.")]


@router.get("/grants", summary="Grants")
@needs(Permission.ADMINISTER)
async def list_grants(request: Request) -> dict[str, Any]:
    """The grants in the database with who added them when and why, and those of the policy file."""
    found = await request.app.state.threads.run(stored.list_grants, request.app.state.database)
    of_file = [grant_document(grant) for grant in request.app.state.policies.file_grants]
    return {"grants": [item.as_json() for item in found], "policy_file": of_file}


@router.post("/grants", summary="Add a grant")
@needs(Permission.ADMINISTER)
async def add_grant(request: Request) -> dict[str, Any]:
    """Add a grant: `{"role": "reader", "subject": "reports", "namespaces": ["prod/*"], "reason": "…"}`. Again is no error.

    `group` instead of `subject` grants to all of a group; `issuer` names where the name is from, a service of this
    registry where it is left out. `ceiling`, `owned`, `channels` and `expires_at` narrow it.
    """
    document = await read_object(request, _GRANT | {"reason"})
    reason = reason_of(document)
    grant = read_grant({name: value for name, value in document.items() if name != "reason"})
    new = await write_threads(request).run(stored.add_grant, request.app.state.database, grant, reason=reason)
    request.app.state.policies.forget()
    return grant_document(grant) | {"new": new}


@router.delete("/grants/{grant_id}", summary="Remove a grant")
@needs(Permission.ADMINISTER)
async def remove_grant(request: Request, grant_id: GrantId, reason: Reason = None) -> dict[str, Any]:
    """Remove a grant of the database. 404 where it has none of that id."""
    why = reason_of({} if reason is None else {"reason": reason})
    await write_threads(request).run(stored.remove_grant, request.app.state.database, grant_id, reason=why)
    request.app.state.policies.forget()
    return {"removed": grant_id}


@router.get("/policy", summary="The policy as it stands")
@needs(Permission.ADMINISTER)
async def read_policy(request: Request) -> dict[str, Any]:
    """Every grant and sandbox that decides now, and the digest that entries of the ledger name the policy by."""
    policy = request.state.policy
    said = {"grants": [grant_document(grant) for grant in policy.grants], "sandboxes": sorted(policy.sandbox_names)}
    return {"digest": policy.digest} | said


@router.post("/policy/explain", summary="What decides a question")
@needs(Permission.ADMINISTER)
async def explain_policy(request: Request) -> dict[str, Any]:
    """Whether somebody may do something, by which rule, and what each of their grants says.

    `{"subject": "ci", "permission": "write", "urn": "urn:lineage:…"}`; `groups`, `issuer` and `agents` complete who asks.
    Without `urn`, `namespace` and `kind` say where; without these the question is whether there is anything at all.
    """
    asked = await read_object(request, _QUESTION)
    principal = Principal(
        text_of(asked, "subject") or "",
        Method.SERVICE_TOKEN if asked.get("issuer") is None else Method.OIDC,
        text_of(asked, "issuer"),
        frozenset(_texts(asked, "groups")),
        frozenset(_texts(asked, "agents")),
    )
    permission, channel = _permission(asked), text_of(asked, "channel")
    resource = await request.app.state.threads.run(_resource, request.app.state.database, asked)
    policy = request.state.policy
    decision = decide(policy, principal, permission, resource, channel=channel)
    verdicts = explain(policy, principal, permission, resource, channel=channel)
    return {
        "allowed": decision.allowed,
        "rule": decision.rule,
        "policy": policy.digest,
        "on": None if resource is None else _told(resource),
        "grants": [grant_document(item.grant) | {"against": item.against} for item in verdicts],
    }


def _permission(asked: dict[str, Any]) -> Permission:
    try:
        return Permission(str(asked.get("permission")))
    except ValueError:
        raise InvalidRequestError(f"A permission is one of {', '.join(Permission)}.") from None


def _texts(asked: dict[str, Any], name: str) -> list[str]:
    value = asked.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidRequestError(f"{name} is a list of texts.")
    return value


def _resource(database: Database, asked: dict[str, Any]) -> Resource | None:
    urn, namespace, kind = (text_of(asked, name, most=4_096) for name in ("urn", "namespace", "kind"))
    if urn is None:
        if kind is not None and kind not in KINDS:
            raise InvalidRequestError(f"{kind[:80]!r} is no kind.")
        return None if namespace is None else Resource(namespace, kind)
    try:
        named = parse_urn(urn)
    except UrnError as error:
        raise InvalidUrnError(str(error)) from error
    for name in (urn, asset_of(urn)):
        rows = database.read_text(SCOPE_OF, {"urn": name}, from_leader=True) if name else []
        if rows and rows[0][0] is not None:
            held = resource_of(rows[0][0])
            return Resource(named.namespace, named.kind, held.sensitivity, held.owners)
    return Resource(named.namespace, named.kind)


def _told(resource: Resource) -> dict[str, Any]:
    return {
        "namespace": resource.namespace,
        "kind": resource.kind,
        "sensitivity": resource.sensitivity,
        "owners": sorted(resource.owners),
    }
