"""Grants, patterns, scopes and views: what they refuse, and that views agree with decisions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.errors import InvalidGrantError
from registry.permission.decide import decide
from registry.permission.namespaces import covers, sandbox_of
from registry.permission.policy import Grant, Policy, Sandbox
from registry.permission.principal import Method, Principal
from registry.permission.role import Permission, Role
from registry.permission.scope import resource_of, scope_of
from registry.permission.scope_index import ScopeIndex, covered
from registry.permission.sensitivity import LEVELS, strictest
from registry.permission.view import NOTHING, holds_until, view_of, widened

NOW = 50
TEAMS = ("urn:lineage:Team:org:a", "urn:lineage:Team:org:b,c", "urn:lineage:Person:org:d")
NAMESPACES = (
    "prod",
    "prod/eu",
    "production",
    "dev",
    "sandbox:lab",
    "sandbox:lab/x",
    "sandbox:other",
    "prоd",
    "*",
    "prod/*",
)
PATTERNS = ("*", "prod", "prod/*", "dev", "sandbox:*", "sandbox:lab", "sandbox:lab/*", "prod/eu")

scopes = st.builds(
    scope_of,
    st.sampled_from(NAMESPACES),
    st.none() | st.sampled_from(LEVELS),
    st.frozensets(st.sampled_from(TEAMS)),
)
grants = st.builds(
    Grant,
    st.sampled_from(Role),
    st.sampled_from(("ada", "bob")),
    namespaces=st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3).map(tuple),
    ceiling=st.none() | st.sampled_from(LEVELS),
    owned=st.booleans(),
    expires_at=st.none() | st.integers(0, 100),
)
policies = st.builds(
    Policy,
    st.lists(grants, max_size=6).map(tuple),
    st.sampled_from(((), (Sandbox("lab", 10**15),))),
)
principals = st.builds(
    Principal, st.sampled_from(("ada", "eve")), st.just(Method.OIDC), agents=st.frozensets(st.sampled_from(TEAMS))
)


@given(policies, principals, st.lists(scopes, max_size=12))
def test_views_agree_with_decisions_on_every_scope(policy: Policy, principal: Principal, known: list[str]) -> None:
    view = view_of(policy, principal, known, now=NOW)
    for scope in known:
        allowed = decide(policy, principal, Permission.READ, resource_of(scope), now=NOW).allowed
        assert allowed == (view is None or scope in view.scopes)
    assert view is None or (set(view.scopes) <= set(known) and list(view.scopes) == sorted(set(view.scopes)))


near = st.text(st.sampled_from("a/:*!0;\U0010ffff"), max_size=4).map("prod".__add__) | st.text(
    st.sampled_from("a/.:"), max_size=4
).map("sandbox:".__add__)


@given(st.lists(st.builds(scope_of, near, st.none() | st.just("public")), max_size=12), near)
@example(["prod", "prod\U0010ffff", "prod\U0010ffff/a", "proe"], "prod\U0010ffff*")
@example(["prod/\U0010ffff"], "prod/\U0010ffff\U0010ffff*")
def test_the_index_finds_what_a_pattern_covers(known: list[str], stem: str) -> None:
    index = ScopeIndex(known)
    for pattern in ("*", stem, stem + "/*", stem + ":*"):
        found = {scope for kind in (index.plain, index.labelled) for part in covered(kind, pattern) for scope in part}
        assert found == {scope for scope in known if covers(pattern, resource_of(scope).namespace)}


@given(policies, principals, st.lists(scopes, max_size=12), st.lists(scopes, max_size=12))
def test_a_view_widened_is_the_view_of_all(
    policy: Policy, principal: Principal, known: list[str], more: list[str]
) -> None:
    before, after = ScopeIndex(known), ScopeIndex(known + more)
    added = after.since(before)
    assert added is not None
    view = view_of(policy, principal, before, now=NOW)
    assert widened(view, policy, principal, added, now=NOW) == view_of(policy, principal, after, now=NOW)
    assert (before.since(after) is None) == bool(set(more) - set(known))


@given(policies, principals, st.lists(scopes, max_size=12), st.integers(0, 120))
def test_a_view_holds_until_the_first_grant_expires(
    policy: Policy, principal: Principal, known: list[str], later: int
) -> None:
    until = holds_until(policy, principal, now=NOW)
    if later >= NOW and (until is None or later < until):
        assert view_of(policy, principal, known, now=later) == view_of(policy, principal, known, now=NOW)


@given(policies, principals, st.frozensets(st.sampled_from(("g", "h"))))
def test_the_grants_that_are_held_are_those_that_are_for_somebody(
    policy: Policy, principal: Principal, groups: frozenset[str]
) -> None:
    of_groups = tuple(Grant(Role.READER, group=name, namespaces=(name,)) for name in ("g", "h", "i"))
    wider = Policy((*policy.grants, *of_groups))
    who = Principal(principal.subject, principal.method, groups=groups)
    assert wider.held_by(who, NOW) == tuple(item for item in wider.grants if item.is_for(who) and item.holds_at(NOW))


def test_who_holds_nothing_sees_nothing() -> None:
    assert view_of(Policy(), Principal("ada", Method.OIDC), ["prod"]) == NOTHING
    assert view_of(Policy(), None, ["prod"]) == NOTHING


names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8).filter(
    lambda item: item == item.strip()
)


@given(names, st.none() | st.sampled_from(LEVELS), st.frozensets(st.sampled_from(TEAMS)))
def test_scopes_can_be_read_back(namespace: str, sensitivity: str | None, owners: frozenset[str]) -> None:
    scope = scope_of(namespace, sensitivity, owners)
    resource = resource_of(scope)
    assert (resource.namespace, resource.sensitivity, resource.owners) == (namespace, sensitivity, owners)
    assert scope_of(namespace, sensitivity, owners) == scope
    assert (scope == namespace) == (sensitivity is None and not owners)


@given(names, names)
def test_a_pattern_without_a_star_covers_itself_alone(pattern: str, namespace: str) -> None:
    if "*" not in pattern:
        assert covers(pattern, namespace) == (pattern == namespace)


@given(names, names)
def test_a_pattern_with_a_star_covers_what_begins_so_and_goes_on(stem: str, namespace: str) -> None:
    if "*" not in stem and sandbox_of(stem + "/") is None:
        assert covers(stem + "/*", namespace) == (namespace.startswith(stem + "/") and namespace != stem + "/")
        assert covers(stem + "/*", stem + "/" + namespace)
        assert not covers(stem + "/*", stem + namespace) or namespace.startswith("/")


@pytest.mark.parametrize(
    "pattern",
    [
        "s*",
        "sand*",
        "sandbox*",
        "prod*",
        "*/x",
        "a*b",
        "prod/**",
        "**",
        "",
        " prod",
        "prod\n",
        "a\x1fb",
        "x" * 1025,
        "\ud800",
    ],
)
def test_patterns_that_would_cover_more_than_they_look_like_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidGrantError):
        Grant(Role.READER, subject="ada", namespaces=(pattern,))


@pytest.mark.parametrize(
    "said",
    [
        {"subject": "ada", "group": "ml"},
        {},
        {"subject": ""},
        {"subject": " ada"},
        {"subject": "ada\n"},
        {"group": "\u202eadmin"},
        {"subject": "ada", "issuer": ""},
        {"subject": "ada", "ceiling": "secret"},
        {"subject": "ada", "namespaces": ()},
        {"subject": "ada", "channels": frozenset({""})},
    ],
)
def test_a_grant_that_is_not_in_its_form_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidGrantError):
        Grant(Role.READER, **({"namespaces": ("*",)} | said))


@pytest.mark.parametrize("name", ["", "Lab", "a/b", "a:b", "-a", "a" * 64, "ä", "a\n"])
def test_a_sandbox_with_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidGrantError):
        Sandbox(name, 0)


@given(st.lists(grants, max_size=5), st.randoms())
def test_the_digest_is_of_the_content_not_of_its_order(found: list[Grant], random: Any) -> None:
    shuffled = [*found, *found]
    random.shuffle(shuffled)
    assert Policy(tuple(shuffled)).digest == Policy(tuple(found)).digest
    other = Grant(Role.READER, subject="somebody-else", namespaces=("*",))
    assert Policy((*found, other)).digest != Policy(tuple(found)).digest


def test_the_strictest_label_counts() -> None:
    assert strictest([None, None]) is None
    assert strictest(["public", None]) == "public"
    assert strictest(["public", "restricted", "internal"]) == "restricted"
    assert strictest(["made-up", "confidential"]) == "made-up"
