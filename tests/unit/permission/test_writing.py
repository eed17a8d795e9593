"""What may be written by whom, given what is stored: a table by hand, and what an answer may not depend on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import PermissionDeniedError, RegistryError, SandboxBoundaryError
from registry.permission.cause import ITSELF, NO_POLICY, Cause
from registry.permission.policy import Grant, Policy, Sandbox
from registry.permission.principal import Method, Principal
from registry.permission.role import Role
from registry.permission.scope import scope_of
from registry.permission.stored import Stored
from registry.permission.writing import check_batch
from registry.records import Record
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope

OURS, THEIRS = "urn:lineage:Team:org:ours", "urn:lineage:Team:org:theirs"
MODEL, OWNED, SECRET = "urn:lineage:Model:prod:plain", "urn:lineage:Model:prod:owned", "urn:lineage:Model:prod:secret"
MINE, PUBLIC = "urn:lineage:Model:prod:mine", "urn:lineage:Model:prod:public"
NEW, ELSEWHERE = "urn:lineage:Model:prod:new", "urn:lineage:Model:else:where"
RUN = "urn:lineage:Run:prod:r"
ASKED, OWN_ASKED, ORPHAN = (
    "urn:lineage:Proposal:prod:asked",
    "urn:lineage:Proposal:prod:own",
    "urn:lineage:Proposal:prod:orphan",
)
NEW_ASKED = "urn:lineage:Proposal:prod:new"
APPROVAL = "urn:lineage:Approval:prod:a"
INSIDE = "urn:lineage:Model:sandbox%3Alab:m"
STORED = {
    MODEL: Stored(scope_of("prod"), True),
    OWNED: Stored(scope_of("prod", None, (THEIRS,)), True),
    MINE: Stored(scope_of("prod", None, (OURS,)), True),
    SECRET: Stored(scope_of("prod", "confidential"), True),
    PUBLIC: Stored(scope_of("prod", "public"), True),
    ASKED: Stored(scope_of("prod", None, (THEIRS,)), True),
    OWN_ASKED: Stored(scope_of("prod", None, (OURS,)), True),
    ORPHAN: Stored(scope_of("prod"), True),
}


def entity(urn: str, op: str | None = None, **attributes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"entity": urn.split(":")[2], "urn": urn, "attributes": attributes}
    return said | ({} if op is None else {"op": op, "reason": "because"})


def edge(relation: str, downstream: str, upstream: str, op: str | None = None, **attributes: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"edge": relation, "from": downstream, "to": upstream, "attributes": attributes}
    return said | ({} if op is None else {"op": op, "reason": "because"})


def records(*documents: dict[str, Any], channel: str | None = None) -> list[Record]:
    reader = BatchReader(Envelope("e", 2_000_000_000_000_000, 1_700_000_000_000_000, None, channel))
    for line, document in enumerate(documents, start=1):
        reader.add(document, line)
    assert reader.errors == [], reader.errors
    return reader.finish().records


# Who: their grants in `prod` (beside reading `read/only`), and what they may write, in the order of CASES.
WHO: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "nobody":              (),
    "reader":              (("reader", {}),),
    "contributor":         (("contributor", {}),),
    "cleared contributor": (("contributor", {"ceiling": "confidential"}),),
    "owner":               (("contributor", {"owned": True}),),
    "approver":            (("approver", {}),),
    "both":                (("contributor", {}), ("approver", {})),
    "auditor":             (("auditor", {}),),
    "administrator":       (("administrator", {}),),
}  # fmt: skip
CASES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    #                                       n r c C o a b u A   (the order of WHO; y may)
    "something new":                      ("- - y y - - y - y", [entity(NEW)]),
    "something new, claimed":             ("- - y y y - y - y", [entity(NEW), edge("OWNED_BY", NEW, OURS)]),
    "something new, for others":          ("- - y y - - y - y", [entity(NEW), edge("OWNED_BY", NEW, THEIRS)]),
    "something plain":                    ("- - y y - - y - y", [entity(MODEL, title="x")]),
    "a new version of something plain":   ("- - y y - - y - y", [entity("urn:lineage:ModelVersion:prod:plain:1")]),
    "a new version of what is mine":      ("- - y y y - y - y", [entity("urn:lineage:ModelVersion:prod:mine:1")]),
    "something confidential":             ("- - - y - - - - y", [entity(SECRET, title="x")]),
    "a version of something confidential": ("- - - y - - - - y", [entity("urn:lineage:ModelVersion:prod:secret:1")]),
    "a label above":                      ("- - - y - - - - y", [entity(MODEL, sensitivity="confidential")]),
    "a label far above":                  ("- - - - - - - - y", [entity(MODEL, sensitivity="restricted")]),
    "a label of something new":           ("- - - y - - - - y", [entity(NEW, sensitivity="confidential")]),
    "less sensitive":                     ("- - - y - - - - y", [entity(SECRET, sensitivity="public")]),
    "less sensitive, of others":          ("- - - - - - - - y", [entity(OWNED, sensitivity="public")]),
    "less sensitive, mine":               ("- - y y y - y - y", [entity(MINE, sensitivity="public")]),
    "a label taken away":                 ("- - y y - - y - y", [entity(PUBLIC, "amend", sensitivity=None)]),
    "what others own":                    ("- - y y - - y - y", [entity(OWNED, title="x")]),
    "taking what others own":             ("- - - - - - - - y", [edge("OWNED_BY", OWNED, OURS)]),
    "claiming what nobody owns":          ("- - y y - - y - y", [edge("OWNED_BY", MODEL, OURS)]),
    "sharing what is mine":               ("- - y y y - y - y", [edge("OWNED_BY", MINE, THEIRS)]),
    "taking an owner away":               ("- - - - - - - - y", [edge("OWNED_BY", OWNED, THEIRS, "retract")]),
    "ending an ownership":                ("- - - - - - - - y", [edge("OWNED_BY", OWNED, THEIRS, "delete")]),
    "retracting what others own":         ("- - - - - - - - y", [entity(OWNED, "retract")]),
    "deleting what others own":           ("- - - - - - - - y", [entity(OWNED, "delete")]),
    "saying that what others own ended":  ("- - - - - - - - y", [entity(OWNED) | {"true_from": "2023-01-01T00:00:00Z", "true_to": "2024-01-01T00:00:00Z"}]),
    "deleting what is mine":              ("- - y y y - y - y", [entity(MINE, "delete")]),
    "retracting what is mine":            ("- - y y y - y - y", [entity(MINE, "retract")]),
    "retracting what nobody owns":        ("- - y y - - y - y", [entity(MODEL, "retract")]),
    "elsewhere":                          ("- - - - - - - - -", [entity(ELSEWHERE)]),
    "partly elsewhere":                   ("- - - - - - - - -", [entity(NEW), entity(ELSEWHERE)]),
    "an edge to where one reads":         ("- - y y - - y - y", [edge("DEPENDS_ON", RUN, "urn:lineage:LibraryVersion:read/only:l:1")]),
    "an edge to where one may nothing":   ("- - - - - - - - -", [edge("DEPENDS_ON", RUN, "urn:lineage:LibraryVersion:else:l:1")]),
    "an edge from where one reads":       ("- - - - - - - - -", [edge("DEPENDS_ON", "urn:lineage:Run:read/only:r", "urn:lineage:LibraryVersion:prod:l:1")]),
    "joined with what one reads":         ("- - - - - - - - -", [edge("SAME_AS", MODEL, "urn:lineage:Model:read/only:m", rule="x")]),
    "joined with something confidential": ("- - - y - - - - y", [edge("SAME_AS", MODEL, SECRET, rule="x")]),
    "joined":                             ("- - y y - - y - y", [edge("SAME_AS", MODEL, PUBLIC, rule="x")]),
    "an approval":                        ("- - - - - y y - y", [entity(APPROVAL, verdict="approved")]),
    "a decision":                         ("- - - - - y y - y", [entity("urn:lineage:Decision:prod:d")]),
    "a policy":                           ("- - - - - y y - y", [entity("urn:lineage:Policy:prod:p")]),
    "a proposal that nobody asks for":    ("- - - - - - - - -", [entity("urn:lineage:Proposal:prod:p")]),
    "more of what nobody asks for":       ("- - - - - - - - -", [entity(ORPHAN, title="x")]),
    "asking for what nobody asked for":   ("- - y y - - y - y", [entity(ORPHAN, title="x"), edge("OWNED_BY", ORPHAN, OURS)]),
    "taking back what nobody asks for":   ("- - y y - - y - y", [entity(ORPHAN, "retract")]),
    "more of what others ask for":        ("- - y y - - y - y", [entity(ASKED, title="x")]),
    "an incident":                        ("- - y y - - y - y", [entity("urn:lineage:Incident:prod:i")]),
    "approving a model":                  ("- - - - - y y - y", [edge("APPROVED_BY", MODEL, APPROVAL)]),
    "approving something confidential":   ("- - - - - - - - y", [edge("APPROVED_BY", SECRET, APPROVAL)]),
    "approving what others ask for":      ("- - - - - y y - y", [edge("APPROVED_BY", ASKED, APPROVAL)]),
    "approving what one asks for":        ("- - - - - - - - -", [edge("APPROVED_BY", OWN_ASKED, APPROVAL)]),
    "approving what nobody asks for":     ("- - - - - - - - -", [edge("APPROVED_BY", ORPHAN, APPROVAL)]),
    "approving one's new proposal":       ("- - - - - - - - -", [entity(NEW.replace("Model", "Proposal")), edge("OWNED_BY", NEW.replace("Model", "Proposal"), OURS), edge("APPROVED_BY", NEW.replace("Model", "Proposal"), APPROVAL)]),
    "a proposal of one's own":            ("- - y y y - y - y", [entity(NEW_ASKED), edge("OWNED_BY", NEW_ASKED, OURS)]),
    "a proposal of others":               ("- - - - - - - - -", [entity(NEW_ASKED), edge("OWNED_BY", NEW_ASKED, THEIRS)]),
    "approving it for others":            ("- - - - - - - - -", [entity(NEW_ASKED), edge("OWNED_BY", NEW_ASKED, THEIRS), edge("APPROVED_BY", NEW_ASKED, APPROVAL)]),
    "a proposal that was one's own":      ("- - - - - - - - -", [entity(NEW_ASKED), edge("OWNED_BY", NEW_ASKED, OURS) | {"true_from": "2023-01-01T00:00:00Z", "true_to": "2024-01-01T00:00:00Z"}, edge("OWNED_BY", NEW_ASKED, THEIRS)]),
    "asking by a word about nothing":     ("- - - - - - - - -", [entity(NEW_ASKED), edge("OWNED_BY", NEW_ASKED, OURS, "amend") | {"true_from": "2023-01-01T00:00:00Z"}, edge("OWNED_BY", NEW_ASKED, THEIRS)]),
    "naming others as who asks":          ("- - - - - - - - -", [edge("OWNED_BY", ORPHAN, THEIRS)]),
    "asking together with others":        ("- - y y - - y - y", [edge("OWNED_BY", ORPHAN, THEIRS), edge("OWNED_BY", ORPHAN, OURS)]),
    "asking no longer":                   ("- - - - - - - - -", [edge("OWNED_BY", OWN_ASKED, OURS, "retract")]),
    "having others ask no longer":        ("- - - - - - - - y", [edge("OWNED_BY", ASKED, THEIRS, "delete")]),
    "a sandbox of others":                ("- - - - - - - - -", [entity(INSIDE)]),
}  # fmt: skip


def cause_of(who: str, agents: frozenset[str] = frozenset({OURS})) -> tuple[Policy, Cause]:
    held = [Grant(Role(role), subject="ada", namespaces=("prod",), **more) for role, more in WHO[who]]
    if held:
        held.append(Grant(Role.READER, subject="ada", namespaces=("read/only", "org")))
    principal = Principal("ada", Method.SERVICE_TOKEN, agents=agents)
    return Policy(tuple(held), (Sandbox("lab", 2**50),)), Cause(principal, "x", NO_POLICY)


def test_every_cell() -> None:
    wrong = []
    for case, (row, documents) in CASES.items():
        for who, expected in zip(WHO, row.split(), strict=True):
            policy, cause = cause_of(who)
            try:
                check_batch(policy, cause, records(*documents), STORED)
                found = "y"
            except (PermissionDeniedError, SandboxBoundaryError):
                found = "-"
            if found != expected:
                wrong.append(f"{who}: {case} is {found}, not {expected}")
    assert not wrong, "\n".join(wrong)


def test_who_may_do_everything_is_held_by_the_boundary_alone() -> None:
    for principal in (ITSELF, Cause(Principal("root", Method.ADMINISTRATOR_TOKEN), "x", NO_POLICY)):
        for case, (_, documents) in CASES.items():
            if case != "a sandbox of others":
                check_batch(Policy(), principal, records(*documents), STORED)
        with pytest.raises(SandboxBoundaryError, match="no such sandbox"):
            check_batch(Policy(), principal, records(entity(INSIDE)), STORED)
        check_batch(Policy((), (Sandbox("lab", 2**50),)), principal, records(entity(INSIDE)), STORED)


def test_a_grant_for_some_channels_writes_by_these_alone() -> None:
    grants = (Grant(Role.CONTRIBUTOR, subject="ada", namespaces=("prod",), channels=frozenset({"ci"})),)
    _, cause = cause_of("contributor")
    check_batch(Policy(grants), cause, records(entity(NEW), channel="ci"), STORED)
    for channel in ("notebook", None):
        with pytest.raises(PermissionDeniedError):
            check_batch(Policy(grants), cause, records(entity(NEW), channel=channel), STORED)


def test_a_channel_is_claimed_only_where_a_grant_that_lists_it_holds() -> None:
    grants = (
        Grant(Role.CONTRIBUTOR, subject="ada", namespaces=("dev",), channels=frozenset({"ci"})),
        Grant(Role.CONTRIBUTOR, subject="ada", namespaces=("prod",)),
        Grant(Role.APPROVER, subject="ada", namespaces=("prod",)),
    )
    _, cause = cause_of("contributor")
    dev, approval = "urn:lineage:Model:dev:new", edge("APPROVED_BY", ASKED, APPROVAL)
    check_batch(Policy(grants), cause, records(entity(dev), channel="ci"), STORED)
    for channel in ("records", "openlineage", None):
        check_batch(Policy(grants), cause, records(entity(NEW), approval, channel=channel), STORED)
        with pytest.raises(PermissionDeniedError):
            check_batch(Policy(grants), cause, records(entity(dev), channel=channel), STORED)
    for document in (entity(NEW), edge("SAME_AS", MODEL, dev, rule="x"), approval):
        with pytest.raises(PermissionDeniedError):
            check_batch(Policy(grants), cause, records(document, channel="ci"), STORED)


def test_an_expired_grant_writes_nothing() -> None:
    policy = Policy((Grant(Role.CONTRIBUTOR, subject="ada", namespaces=("prod",), expires_at=10),))
    _, cause = cause_of("contributor")
    check_batch(policy, cause, records(entity(NEW)), STORED, now=9)
    with pytest.raises(PermissionDeniedError):
        check_batch(policy, cause, records(entity(NEW)), STORED, now=10)


def test_who_approves_has_agents() -> None:
    policy, cause = cause_of("approver", frozenset())
    with pytest.raises(PermissionDeniedError, match="somebody else"):
        check_batch(policy, cause, records(edge("APPROVED_BY", ASKED, APPROVAL)), STORED)


scopes = st.none() | st.builds(
    lambda namespace, level, owners: Stored(scope_of(namespace, level, owners), True),
    st.just("prod"),
    st.sampled_from((None, "public", "restricted")),
    st.sampled_from(((), (THEIRS,))),
)


@given(st.sampled_from(sorted(WHO)), scopes, scopes)
def test_an_upstream_end_is_refused_or_taken_whatever_is_there(
    who: str, one: Stored | None, other: Stored | None
) -> None:
    policy, cause = cause_of(who)
    upstream = "urn:lineage:ModelVersion:prod:x:1"
    documents = records(
        edge("DEPLOYS", "urn:lineage:Deployment:prod:d", upstream),
        edge("DERIVED_FROM", "urn:lineage:ModelVersion:prod:y:1", upstream),
    )
    answers = []
    for held in (one, other):
        try:
            check_batch(policy, cause, documents, {} if held is None else {upstream: held})
            answers.append("taken")
        except RegistryError as error:
            answers.append(repr(error.as_problem()))
    assert answers[0] == answers[1]


def test_an_end_that_is_hidden_counts_as_one_that_is_missing() -> None:
    policy, cause = cause_of("contributor")
    secret, plain = "urn:lineage:ModelVersion:prod:secret:1", "urn:lineage:ModelVersion:prod:plain:1"
    stored = STORED | {secret: Stored(scope_of("prod", "confidential"), True), plain: Stored("prod", True)}
    documents = [edge("DEPLOYS", "urn:lineage:Deployment:prod:d", urn) for urn in (secret, plain, plain + "x")]
    assert check_batch(policy, cause, records(*documents), stored) == {secret}
