"""Denied attempts go to the ledger: in groups, bounded in number, at no cost to whoever is served."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from starlette.types import Scope

from registry.audit.observed import observe
from registry.errors import PermissionDeniedError, SandboxBoundaryError, UnauthenticatedError
from registry.ledger.act import Effect
from registry.permission.cause import NO_POLICY, Cause, current_cause
from registry.permission.principal import NOBODY

ACTION: Final = "access.deny"
_UNPROVED: Final = Cause(NOBODY, "unauthenticated", NO_POLICY)


def note_denial(error: BaseException, what: str) -> None:
    """Note a denied attempt; any other error is passed over. ``what`` is the route or field, never what was sent."""
    if isinstance(error, UnauthenticatedError):
        observe(_UNPROVED, ACTION, what, Effect.DENY)
    elif isinstance(error, PermissionDeniedError | SandboxBoundaryError):
        cause = current_cause()
        rule = error.details.get("rule")
        observe(replace(cause, rule=str(rule)) if rule else cause, ACTION, what, Effect.DENY)


def route_of(scope: Scope) -> str:
    """Which route a request is for: its method and its template, never its raw path."""
    return f"{scope.get('method', '')} {getattr(scope.get('route'), 'path', 'unmatched')}"
