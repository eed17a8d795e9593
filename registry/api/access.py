"""Who may use which route: every route declares what it needs, and nothing without a declaration is served.

``@needs(Permission.READ)`` stands directly above a route's function. :func:`guard` runs before every function: it finds
out who asks, has :func:`registry.permission.decide.decide` decide, and sets what is done below in relation to who asked
(``registry.permission.cause``). GraphQL's fields declare theirs in :mod:`registry.api.graphql.access`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import BaseRoute

from registry.api.authentication import authenticate
from registry.api.problems import request_id
from registry.api.threads import Threads
from registry.api.views import Views
from registry.errors import PermissionDeniedError, RegistryError
from registry.graph.database import Database
from registry.permission.cause import Cause, act_for
from registry.permission.decide import Decision, decide
from registry.permission.policy import Policy
from registry.permission.principal import Method, Principal
from registry.permission.role import Permission
from registry.permission.scope import Resource
from registry.permission.standing import Policies, Standing
from registry.permission.view import View
from registry.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
_DECLARED: Final = "__lineage_access__"
_LENT: Final = frozenset({Permission.SIGNED_IN, Permission.READ, Permission.EXPORT, Permission.WRITE})
"""All that a process may do which the server has started to read a source: what runs there may come from elsewhere."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What a route needs; ``public_where`` tells of settings that open it to everybody."""

    permission: Permission
    public_where: Callable[[Settings], bool] | None = None

    def under(self, settings: Settings) -> Permission:
        """What it needs with these settings."""
        open_to_all = self.public_where is not None and self.public_where(settings)
        return Permission.PUBLIC if open_to_all else self.permission


@dataclass(frozen=True, slots=True)
class DeclaredRoute:
    """A route as it is served."""

    methods: tuple[str, ...]
    path: str
    needed: Needed | None


def needs(permission: Permission, *, public_where: Callable[[Settings], bool] | None = None) -> Callable[[F], F]:
    """Declare what a route's function needs."""

    def declare(function: F) -> F:
        setattr(function, _DECLARED, Needed(permission, public_where))
        return function

    return declare


async def guard(request: Request) -> None:
    """Let a request through to its route, or raise UnauthenticatedError, PermissionDeniedError.

    Sets ``principal``, ``policy``, ``view`` and ``expires_at`` on the request's state, and the cause of what it does.
    """
    needed = declared(request.scope.get("endpoint"))
    if needed is None:
        raise PermissionDeniedError("Nobody may use this: it does not say what it needs.")
    if needed.under(request.app.state.settings) is Permission.PUBLIC:
        return
    found = await authenticate(request)
    standing = await _standing(request)
    state, principal = request.state, found.principal
    state.principal, state.policy, state.expires_at = principal, standing.policy, found.expires_at
    state.view = await _view(request, standing, principal)
    decision = _decided(standing.policy, principal, needed.permission)
    act_for(Cause(principal, decision.rule, standing.policy.digest, request_id(request.scope) or None))
    if not decision.allowed:
        raise denied(needed.permission)


def require(request: Request, permission: Permission) -> None:
    """Raise PermissionDeniedError unless who asks may do something else too. Only within a route that is not public."""
    if not _decided(request.state.policy, request.state.principal, permission).allowed:
        raise denied(permission)


def may_everywhere(request: Request, permission: Permission) -> bool:
    """Whether who asks may do something wherever it is asked for. Only within a route that is not public."""
    return _decided(request.state.policy, request.state.principal, permission).allowed


def may(request: Request, permission: Permission, resource: Resource) -> bool:
    """Whether who asks may do something with something. Only within a route that is not public."""
    return _decided(request.state.policy, request.state.principal, permission, resource).allowed


def denied(permission: Permission) -> RegistryError:
    """The refusal of what takes a permission."""
    return PermissionDeniedError(f"This takes the permission to {permission.value}.", permission=permission.value)


def principal_of(request: Request) -> Principal:
    """Who asks. Only within a route that is not public."""
    principal: Principal = request.state.principal
    return principal


def reader(request: Request) -> Database:
    """The database as who asks may read it. Only within a route that is not public."""
    database: Database = request.app.state.database
    return database.seen_by(request.state.view)


def declared(endpoint: object) -> Needed | None:
    """What a route's function declares; None where it declares nothing."""
    return getattr(endpoint, _DECLARED, None)


def declared_routes(app: FastAPI) -> list[DeclaredRoute]:
    """Every route that the application serves, those of no schema too, whatever made them."""
    return [
        DeclaredRoute(
            tuple(sorted(getattr(route, "methods", None) or ())),
            getattr(route, "path", repr(route)),
            declared(getattr(route, "endpoint", None)),
        )
        for route in _routes(app.routes)
    ]


def check_declared(app: FastAPI) -> None:
    """Raise RuntimeError where a route does not say what it needs: a defect of the program."""
    missing = [route.path for route in declared_routes(app) if route.needed is None]
    if missing:
        raise RuntimeError(f"Routes without a declared permission: {', '.join(missing)}.")


def _routes(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        within = getattr(getattr(route, "original_router", route), "routes", None)
        if within:
            yield from _routes(within)
        else:
            yield route


def _decided(
    policy: Policy, principal: Principal, permission: Permission, resource: Resource | None = None
) -> Decision:
    if principal.method is Method.PROCESS and permission not in _LENT:
        return Decision(False, "lent-token")
    return decide(policy, principal, permission, resource)


async def _standing(request: Request) -> Standing:
    policies: Policies = request.app.state.policies
    known = policies.known()
    if known is not None:
        return known
    threads: Threads = request.app.state.threads
    return await threads.run(policies.read)


async def _view(request: Request, standing: Standing, principal: Principal) -> View | None:
    views: Views = request.app.state.views
    known = views.known(standing, principal)
    if known is not None:
        return known.view
    threads: Threads = request.app.state.threads
    return await threads.run(views.of, standing, principal)
