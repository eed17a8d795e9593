"""What somebody may read, as the scopes that they may see: few texts, which a query compares in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from graph_schema.times import now_micros
from registry.permission.decide import is_sovereign
from registry.permission.namespaces import SANDBOX_PREFIX, sandbox_of
from registry.permission.policy import Grant, Policy
from registry.permission.principal import Principal
from registry.permission.role import Permission, Role
from registry.permission.scope import SEPARATOR, resource_of
from registry.permission.scope_index import ScopeIndex, covered
from registry.permission.sensitivity import HIGHEST, within

_ALL: Final = "**"
"""No pattern that can be granted: every namespace, sandboxes too."""


@dataclass(frozen=True, slots=True)
class View:
    """The scopes that somebody may read, sorted. An entity with any other scope, or with none, does not exist for them."""

    scopes: tuple[str, ...]


NOTHING = View(())
"""For somebody who may read nothing."""


def view_of(
    policy: Policy, principal: Principal | None, all_scopes: Iterable[str] | ScopeIndex, *, now: int | None = None
) -> View | None:
    """The view of a principal, given every scope that there is; None for somebody who sees everything.

    Agrees with :func:`registry.permission.decide.decide` for ``read`` on every scope. ``now`` is in microseconds. With an
    index it looks at what its grants cover alone, and decides only about scopes that say more than a namespace.
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
    scopes = all_scopes if isinstance(all_scopes, ScopeIndex) else ScopeIndex(all_scopes)
    seen: set[str] = set()
    for reach, patterns in _reaches(held, principal).items():
        seen.update(_reached(scopes, reach, patterns, policy, principal))
    return View(tuple(sorted(seen)))


def widened(
    view: View | None, policy: Policy, principal: Principal, added: ScopeIndex, *, now: int | None = None
) -> View | None:
    """What a view becomes by scopes that were added, under the same policy and grants that have not expired since."""
    if view is None:
        return None
    more = view_of(policy, principal, added, now=now)
    return view if more is None or not more.scopes else View(tuple(sorted((*view.scopes, *more.scopes))))


class _Reach(NamedTuple):
    """What grants say beside namespaces: grants that agree in it are one with the patterns of all."""

    cleared: str
    owned: bool
    administers: bool


def _reaches(held: Iterable[Grant], principal: Principal) -> dict[_Reach, frozenset[str]]:
    found: dict[_Reach, frozenset[str]] = {}
    for grant in held:
        if Permission.READ not in grant.permissions or (grant.owned and not principal.agents):
            continue
        administers = grant.role is Role.ADMINISTRATOR
        reach = _Reach(grant.cleared, grant.owned, administers)
        patterns = {*grant.namespaces, _ALL} if administers and grant.everywhere else grant.namespaces
        found[reach] = found.get(reach, frozenset()).union(patterns)
    return found


def _reached(
    scopes: ScopeIndex, reach: _Reach, patterns: frozenset[str], policy: Policy, principal: Principal
) -> Iterator[str]:
    if not reach.owned and within(None, reach.cleared):
        yield from _existing(_covered(scopes.plain, patterns), reach, policy)
    for scope in _existing(_covered(scopes.labelled, patterns), reach, policy):
        resource = resource_of(scope)
        if within(resource.sensitivity, reach.cleared) and not (
            reach.owned and resource.owners.isdisjoint(principal.agents)
        ):
            yield scope


def _covered(scopes: Sequence[str], patterns: frozenset[str]) -> Iterator[str]:
    if _ALL in patterns:
        yield from scopes
        return
    for pattern in patterns:
        for part in covered(scopes, pattern):
            yield from part


def _existing(scopes: Iterable[str], reach: _Reach, policy: Policy) -> Iterator[str]:
    """Those that are in no sandbox, or in one that there is; who administers one needs none."""
    if reach.administers:
        return iter(scopes)
    names = policy.sandbox_names
    return (
        scope
        for scope in scopes
        if not scope.startswith(SANDBOX_PREFIX) or sandbox_of(scope.partition(SEPARATOR)[0]) in names
    )


def holds_until(policy: Policy, principal: Principal, *, now: int) -> int | None:
    """When the view changes by itself, because the first grant expires; None: never."""
    return min(
        (grant.expires_at for grant in policy.held_by(principal, now) if grant.expires_at is not None), default=None
    )
