"""The one function that decides who may do what, and names the rule that decided. What nothing allows is denied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from graph_schema.times import now_micros
from registry.permission.policy import Grant, Policy
from registry.permission.principal import Method, Principal
from registry.permission.role import REGISTRY_WIDE, Permission, Role, needed
from registry.permission.scope import Resource
from registry.permission.sensitivity import within
from registry.permission.ways import is_claimed

DENIED: Final = "default-deny"
_WRITES: Final = frozenset({Permission.WRITE, Permission.APPROVE})


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it is allowed, and what decided: a rule like ``grant:7f3a90c1d2e4/contributor`` or ``default-deny``."""

    allowed: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one grant says. ``against`` is why it does not allow it, None where it does."""

    grant: Grant
    against: str | None


def decide(
    policy: Policy,
    principal: Principal | None,
    permission: Permission,
    resource: Resource | None = None,
    *,
    channel: str | None = None,
    now: int | None = None,
) -> Decision:
    """Decide. ``principal`` None is somebody without a credential, ``now`` is in microseconds.

    Without a resource the answer is whether there is anything at all with which the principal may do it; for ``audit``
    and ``administer``, whether in every namespace. ``channel`` is the one by which a write comes: one that is claimed
    (:mod:`registry.permission.ways`) must be listed by the grant that allows it.
    """
    by_itself = _without_grant(principal, permission)
    if by_itself is not None or principal is None:
        return by_itself or Decision(False, DENIED)
    held = policy.held_by(principal, now_micros() if now is None else now)
    return decide_by(held, policy, principal, permission, resource, channel=channel)


def decide_by(
    held: Iterable[Grant],
    policy: Policy,
    principal: Principal,
    permission: Permission,
    resource: Resource | None,
    *,
    channel: str | None = None,
) -> Decision:
    """As :func:`decide`, by grants that the principal is known to hold now."""
    for grant in held:
        if against(grant, policy, principal, permission, resource, channel=channel) is None:
            return Decision(True, rule_of(grant))
    return Decision(False, DENIED)


def explain(
    policy: Policy,
    principal: Principal,
    permission: Permission,
    resource: Resource | None = None,
    *,
    channel: str | None = None,
    now: int | None = None,
) -> tuple[Verdict, ...]:
    """What each grant of the principal says, expired ones too. The first that allows it is the one that decides."""
    moment = now_micros() if now is None else now
    return tuple(
        Verdict(
            grant,
            against(grant, policy, principal, permission, resource, channel=channel)
            if grant.holds_at(moment)
            else "it has expired",
        )
        for grant in policy.grants
        if grant.is_for(principal)
    )


def rule_of(grant: Grant) -> str:
    """How the ledger and people call a grant."""
    return f"grant:{grant.id}/{grant.role.value}"


def is_sovereign(principal: Principal) -> bool:
    """Whether the principal may do everything by how it proved who it is: the administrator token, the process itself."""
    return principal.method in (Method.ADMINISTRATOR_TOKEN, Method.PROCESS)


def _without_grant(principal: Principal | None, permission: Permission) -> Decision | None:
    if permission is Permission.PUBLIC:
        return Decision(True, "public")
    if principal is None:
        return None
    if is_sovereign(principal):
        return Decision(True, principal.method.value)
    return Decision(True, "signed-in") if permission is Permission.SIGNED_IN else None


def against(
    grant: Grant,
    policy: Policy,
    principal: Principal,
    permission: Permission,
    resource: Resource | None,
    *,
    channel: str | None = None,
) -> str | None:
    """Why a grant that the principal holds does not allow something, in words; None where it does."""
    if resource is None:
        return _against_anything(grant, permission)
    wanted = needed(permission, resource.kind)
    if wanted not in grant.permissions:
        return f"a {grant.role.value} may not {wanted.value}"
    if not grant.covers(resource.namespace):
        return "it is for other namespaces"
    return _against_place(grant, policy, resource) or _against_narrowing(
        grant, principal, permission, resource, channel
    )


def _against_anything(grant: Grant, permission: Permission) -> str | None:
    allowed = grant.permissions
    writes_something = permission is Permission.WRITE and Permission.APPROVE in allowed
    if permission not in allowed and not writes_something:
        return f"a {grant.role.value} may not {permission.value}"
    if permission in REGISTRY_WIDE and not grant.everywhere:
        return "it is not for every namespace"
    return None


def _against_place(grant: Grant, policy: Policy, resource: Resource) -> str | None:
    sandbox = resource.sandbox
    if sandbox is None or sandbox in policy.sandbox_names or grant.role is Role.ADMINISTRATOR:
        return None
    return "there is no such sandbox"


def _against_narrowing(
    grant: Grant, principal: Principal, permission: Permission, resource: Resource, channel: str | None
) -> str | None:
    if not within(resource.sensitivity, grant.cleared):
        return f"it is cleared up to {grant.cleared} only"
    if grant.owned and resource.owners.isdisjoint(principal.agents):
        return "it is only for what its holder owns"
    if permission is Permission.WRITE and grant.channels and channel not in grant.channels:
        return "it is for other channels"
    # Else a grant elsewhere that lists a channel would lend its trust to all that one may write.
    if permission in _WRITES and is_claimed(channel) and channel not in grant.channels:
        return "it does not list the channel that is claimed"
    return None
