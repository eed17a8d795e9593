"""Role × permission × kind × namespace, cell by cell, against a table written by hand."""

from __future__ import annotations

import pytest

from graph_schema.catalogue import KINDS
from registry.permission.decide import decide, explain, rule_of
from registry.permission.policy import Grant, Policy, Sandbox
from registry.permission.principal import PROCESS, Method, Principal
from registry.permission.role import Permission, Role
from registry.permission.scope import Resource

NOW = 1_000_000
ADA = Principal("ada", Method.OIDC, "https://issuer.example", frozenset({"ml"}), frozenset({"urn:lineage:Team:org:ml"}))
LAB = Sandbox("lab", NOW + 10)

# What each role may do with something in a namespace of its grant, written by hand: one column a permission, in the
# order public, signed-in, read, export, write, approve, read-sensitive, audit, administer; y may, - may not.
ALLOWED = {
    #                 plain kinds   Approval, Decision, Policy
    "reader":        ("yyyy-----", "yyyy-----"),
    "contributor":   ("yyyyy----", "yyyy-----"),
    "approver":      ("yyyy-y---", "yyyyyy---"),
    "auditor":       ("yyyy--yy-", "yyyy--yy-"),
    "administrator": ("yyyyyyyyy", "yyyyyyyyy"),
}  # fmt: skip
ELSEWHERE = "yy-------"
PERMISSIONS = (
    "public", "signed-in", "read", "export", "write", "approve", "read-sensitive", "audit", "administer",
)  # fmt: skip
# The namespace asked for, and whether each grant reaches it: grants for `*`, `prod`, `prod/*`, `sandbox:lab`.
NAMESPACES = {
    "prod":                ("y", "y", "-", "-"),
    "prod/eu":             ("y", "-", "y", "-"),
    "prod/eu/north":       ("y", "-", "y", "-"),
    "production":          ("y", "-", "-", "-"),
    "prod/":               ("y", "-", "-", "-"),
    "Prod":                ("y", "-", "-", "-"),
    "PROD/eu":             ("y", "-", "-", "-"),
    "prоd":                ("y", "-", "-", "-"),  # a Cyrillic o
    "prod\u200b":          ("y", "-", "-", "-"),
    "pro":                 ("y", "-", "-", "-"),
    "*":                   ("y", "-", "-", "-"),
    "prod/*":              ("y", "-", "y", "-"),
    "x/prod/eu":           ("y", "-", "-", "-"),
    "sandbox:lab":         ("-", "-", "-", "y"),
    "sandbox:lab/deep":    ("-", "-", "-", "-"),
    "sandbox:laboratory":  ("-", "-", "-", "-"),
    "sandbox:":            ("-", "-", "-", "-"),
    "Sandbox:lab":         ("y", "-", "-", "-"),
}  # fmt: skip
PATTERNS = ("*", "prod", "prod/*", "sandbox:lab")


def _cells() -> list[tuple[str, str, str, str]]:
    return [
        (role, kind, pattern, namespace)
        for role in ALLOWED
        for kind in KINDS
        for pattern in PATTERNS
        for namespace in NAMESPACES
    ]


def test_every_cell() -> None:
    assert set(ALLOWED) == {role.value for role in Role}
    assert set(PERMISSIONS) == {permission.value for permission in Permission}
    wrong = []
    for role, kind, pattern, namespace in _cells():
        policy = Policy((Grant(Role(role), subject="ada", issuer=ADA.issuer, namespaces=(pattern,)),), (LAB,))
        row = ALLOWED[role][kind in ("Approval", "Decision", "Policy")]
        reaches = NAMESPACES[namespace][PATTERNS.index(pattern)] == "y"
        if role == "administrator" and pattern == "*":
            reaches = True  # of sandboxes too
        expected = row if reaches else ELSEWHERE
        for permission, cell in zip(PERMISSIONS, expected, strict=True):
            found = decide(policy, ADA, Permission(permission), Resource(namespace, kind), now=NOW)
            if found.allowed != (cell == "y"):
                wrong.append((role, kind, pattern, namespace, permission, found))
    assert wrong == []


# Whether a role may do something at all, asked without a resource: with a grant for `prod`, and with one for `*`.
AT_ALL = {
    "reader":        ("yyyy-----", "yyyy-----"),
    "contributor":   ("yyyyy----", "yyyyy----"),
    "approver":      ("yyyyyy---", "yyyyyy---"),
    "auditor":       ("yyyy--y--", "yyyy--yy-"),
    "administrator": ("yyyyyyy--", "yyyyyyyyy"),
}  # fmt: skip


@pytest.mark.parametrize("role", AT_ALL)
def test_without_a_resource(role: str) -> None:
    for pattern, row in zip(("prod", "*"), AT_ALL[role], strict=True):
        policy = Policy((Grant(Role(role), group="ml", issuer=ADA.issuer, namespaces=(pattern,)),))
        found = "".join("y" if decide(policy, ADA, Permission(item), now=NOW).allowed else "-" for item in PERMISSIONS)
        assert found == row, pattern


SENSITIVITIES = (None, "public", "internal", "confidential", "restricted", "made-up")
# Which of those a reader with a ceiling may read.
CEILINGS = {
    None:           "yyy---",
    "public":       "-y----",
    "internal":     "yyy---",
    "confidential": "yyyy--",
    "restricted":   "yyyyyy",
}  # fmt: skip


@pytest.mark.parametrize("ceiling", CEILINGS)
def test_ceilings(ceiling: str | None) -> None:
    policy = Policy((Grant(Role.READER, subject="ada", issuer=ADA.issuer, namespaces=("*",), ceiling=ceiling),))
    found = "".join(
        "y" if decide(policy, ADA, Permission.READ, Resource("prod", "Model", level), now=NOW).allowed else "-"
        for level in SENSITIVITIES
    )
    assert found == CEILINGS[ceiling]


def test_who_is_nobody_may_do_what_is_public() -> None:
    everything = Grant(Role.ADMINISTRATOR, subject="ada", issuer=ADA.issuer, namespaces=("*",))
    for permission in Permission:
        found = decide(Policy((everything,)), None, permission, Resource("prod"), now=NOW)
        assert found.allowed == (permission is Permission.PUBLIC)
    assert decide(Policy(), None, Permission.READ).rule == "default-deny"


def test_the_administrator_token_and_the_process_may_do_everything() -> None:
    for principal in (PROCESS, Principal("root", Method.ADMINISTRATOR_TOKEN)):
        for permission in Permission:
            assert decide(Policy(), principal, permission, Resource("sandbox:gone", "Approval", "restricted")).allowed


@pytest.mark.parametrize(
    "other",
    [
        Principal("ada", Method.OIDC, "https://other.example", frozenset({"ml"})),
        Principal("ada", Method.SERVICE_TOKEN, None, frozenset({"ml"})),
        Principal("Ada", Method.OIDC, ADA.issuer, frozenset({"ML"})),
        Principal("ml", Method.OIDC, ADA.issuer),
    ],
)
def test_a_name_of_another_issuer_is_somebody_else(other: Principal) -> None:
    grants = (
        Grant(Role.READER, subject="ada", issuer=ADA.issuer, namespaces=("*",)),
        Grant(Role.READER, group="ml", issuer=ADA.issuer, namespaces=("*",)),
    )
    assert decide(Policy(grants), ADA, Permission.READ).allowed
    assert not decide(Policy(grants), other, Permission.READ).allowed


def test_an_expired_grant_gives_nothing() -> None:
    policy = Policy((Grant(Role.READER, subject="ada", issuer=ADA.issuer, namespaces=("*",), expires_at=NOW),))
    assert decide(policy, ADA, Permission.READ, Resource("prod"), now=NOW - 1).allowed
    assert not decide(policy, ADA, Permission.READ, Resource("prod"), now=NOW).allowed
    assert [item.against for item in explain(policy, ADA, Permission.READ, Resource("prod"), now=NOW)] == [
        "it has expired"
    ]


def test_what_is_owned_only() -> None:
    policy = Policy((Grant(Role.CONTRIBUTOR, subject="ada", issuer=ADA.issuer, namespaces=("*",), owned=True),))
    own = Resource("prod", "Model", None, frozenset({"urn:lineage:Team:org:ml", "urn:lineage:Team:org:x"}))
    assert decide(policy, ADA, Permission.WRITE, own, now=NOW).allowed
    for owners in (frozenset[str](), frozenset({"urn:lineage:Team:org:m"}), frozenset({"urn:lineage:Person:org:ml"})):
        assert not decide(policy, ADA, Permission.WRITE, Resource("prod", "Model", None, owners), now=NOW).allowed


def test_channels_bind_writing_alone() -> None:
    policy = Policy(
        (Grant(Role.CONTRIBUTOR, subject="ada", issuer=ADA.issuer, namespaces=("*",), channels=frozenset({"ci"})),)
    )
    place = Resource("prod", "Model")
    assert decide(policy, ADA, Permission.WRITE, place, channel="ci", now=NOW).allowed
    assert not decide(policy, ADA, Permission.WRITE, place, channel="notebook", now=NOW).allowed
    assert not decide(policy, ADA, Permission.WRITE, place, now=NOW).allowed
    assert decide(policy, ADA, Permission.READ, place, channel="notebook", now=NOW).allowed


def test_a_sandbox_that_is_gone_is_gone_for_its_members() -> None:
    grant = Grant(Role.CONTRIBUTOR, subject="ada", issuer=ADA.issuer, namespaces=("sandbox:lab", "sandbox:lab/*"))
    assert decide(Policy((grant,), (LAB,)), ADA, Permission.WRITE, Resource("sandbox:lab/x"), now=NOW).allowed
    assert not decide(Policy((grant,)), ADA, Permission.WRITE, Resource("sandbox:lab/x"), now=NOW).allowed


def test_the_rule_names_the_grant_that_decided() -> None:
    wide = Grant(Role.READER, group="ml", issuer=ADA.issuer, namespaces=("*",))
    narrow = Grant(Role.CONTRIBUTOR, subject="ada", issuer=ADA.issuer, namespaces=("prod",))
    policy = Policy((wide, narrow))
    assert (
        decide(policy, ADA, Permission.READ, Resource("dev"), now=NOW).rule
        == rule_of(wide)
        == f"grant:{wide.id}/reader"
    )
    assert decide(policy, ADA, Permission.WRITE, Resource("prod"), now=NOW).rule == rule_of(narrow)
    verdicts = {
        item.grant.id: item.against for item in explain(policy, ADA, Permission.WRITE, Resource("dev"), now=NOW)
    }
    assert verdicts == {wide.id: "a reader may not write", narrow.id: "it is for other namespaces"}
