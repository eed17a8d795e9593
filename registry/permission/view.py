"""What somebody may read, as the scopes that they may see: few texts, which a query compares in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graph_schema.times import now_micros
from registry.permission.decide import decide_by, is_sovereign
from registry.permission.policy import Policy
from registry.permission.principal import Principal
from registry.permission.role import Permission, Role
from registry.permission.scope import resource_of
from registry.permission.sensitivity import HIGHEST


@dataclass(frozen=True, slots=True)
class View:
    """The scopes that somebody may read, sorted. An entity with any other scope, or with none, does not exist for them."""

    scopes: tuple[str, ...]


NOTHING = View(())
"""For somebody who may read nothing."""


def view_of(
    policy: Policy, principal: Principal | None, all_scopes: Iterable[str], *, now: int | None = None
) -> View | None:
    """The view of a principal, given every scope that there is; None for somebody who sees everything.

    Agrees with :func:`registry.permission.decide.decide` for ``read`` on every scope. ``now`` is in microseconds.
    """
    if principal is None:
        return NOTHING
    if is_sovereign(principal):
        return None
    held = policy.held_by(principal, now_micros() if now is None else now)
    if any(grant.role is Role.ADMINISTRATOR and grant.everywhere and grant.cleared == HIGHEST for grant in held):
        return None
    if not held:
        return NOTHING
    seen = (
        scope for scope in all_scopes if decide_by(held, policy, principal, Permission.READ, resource_of(scope)).allowed
    )
    return View(tuple(sorted(seen)))


def holds_until(policy: Policy, principal: Principal, *, now: int) -> int | None:
    """When the view changes by itself, because the first grant expires; None: never."""
    return min(
        (grant.expires_at for grant in policy.held_by(principal, now) if grant.expires_at is not None), default=None
    )
