"""The stored scopes after any history equal those that the graph gives, and those that were written by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graph_schema.migrations import load_migrations
from registry.graph.database import Database
from registry.permission.scope import scope_of
from registry.writer.scope_check import WrongScope, find_unregistered_scopes, find_wrong_scopes
from tests.conftest import empty
from tests.integration.writer.conftest import Say, snapshot

pytestmark = pytest.mark.neo4j

TEAM, OTHER = "urn:lineage:Team:org:data", "urn:lineage:Person:org:ada"
ASSET, V1, V2 = (
    "urn:lineage:Dataset:a:orders",
    "urn:lineage:DatasetVersion:a:orders:1",
    "urn:lineage:DatasetVersion:a:orders:2",
)
UNKNOWN = "urn:lineage:DatasetVersion:a:orders:*"
RUN = "urn:lineage:Run:b:r"


def scopes(database: Database) -> dict[str, str]:
    return dict(database.read_text("MATCH (n:Entity) RETURN n.urn, n.scope", {}))


def entity(urn: str, **said: Any) -> dict[str, Any]:
    return {"entity": urn.split(":")[2], "urn": urn, **said}


def owned(urn: str, owner: str = TEAM, **said: Any) -> dict[str, Any]:
    return {"edge": "OWNED_BY", "from": urn, "to": owner, **said}


def test_a_plain_entity_has_its_namespace_as_scope(clean_database: Database, say: Say) -> None:
    say(entity(V1), {"edge": "USED", "from": RUN, "to": V1, "attributes": {"role": "train"}})
    assert scopes(clean_database) == {ASSET: "a", V1: "a", RUN: "b"}
    assert clean_database.read_text("MATCH (s:Scope) RETURN s.text ORDER BY s.text", {}) == [("a",), ("b",)]


def test_a_version_inherits_from_its_asset_whichever_comes_first(clean_database: Database, say: Say) -> None:
    say(entity(V1))
    say(entity(ASSET, attributes={"sensitivity": "confidential"}), owned(ASSET))
    say(entity(V2, attributes={"sensitivity": "public"}), owned(V2, OTHER))
    found = scopes(clean_database)
    assert found[V1] == found[ASSET] == scope_of("a", "confidential", (TEAM,))
    assert found[V2] == scope_of("a", "confidential", (TEAM, OTHER))
    say({"op": "amend", "reason": "it was wrong", **entity(ASSET, attributes={"sensitivity": None})})
    found = scopes(clean_database)
    assert found[ASSET] == found[V1] == scope_of("a", None, (TEAM,))
    assert found[V2] == scope_of("a", "public", (TEAM, OTHER))
    assert set(found.values()) <= {text for (text,) in clean_database.read_text("MATCH (s:Scope) RETURN s.text", {})}


def test_ownership_counts_until_an_end_of_it_is_known(clean_database: Database, say: Say) -> None:
    say(owned(V1))
    assert scopes(clean_database)[V1] == scope_of("a", None, (TEAM,))
    say({"op": "delete", "reason": "handed over", **owned(V1)}, owned(V1, OTHER))
    assert scopes(clean_database)[V1] == scope_of("a", None, (OTHER,))
    say({"op": "retract", "reason": "nobody of that name", **entity(OTHER)})
    assert scopes(clean_database)[V1] == "a"


def test_what_was_retracted_keeps_the_label_of_its_asset(clean_database: Database, say: Say) -> None:
    say(entity(V1, attributes={"rows": 1}), entity(ASSET, attributes={"sensitivity": "restricted"}))
    say({"op": "retract", "reason": "never made", **entity(V1)})
    assert scopes(clean_database)[V1] == scope_of("a", "restricted")


def test_an_owner_with_a_very_long_name_is_no_obstacle(clean_database: Database, say: Say) -> None:
    owners = [f"urn:lineage:Team:org:{'x' * 1000}{number}" for number in range(12)]
    say(*(owned(ASSET, owner) for owner in owners))
    assert scopes(clean_database)[ASSET] == scope_of("a", None, owners)
    assert scope_of("a", None, owners) in {
        text for (text,) in clean_database.read_text("MATCH (s:Scope) RETURN s.text", {})
    }


def test_a_scope_changed_behind_the_registry_is_found(clean_database: Database, say: Say) -> None:
    say(entity(ASSET, attributes={"sensitivity": "restricted"}), entity(V1), entity(RUN))
    assert list(find_wrong_scopes(clean_database)) == []
    assert find_unregistered_scopes(clean_database) == ()
    clean_database.write(lambda tx: tx.run("MATCH (n {urn: $urn}) SET n.scope = 'z'", urn=V1).consume())
    clean_database.write(lambda tx: tx.run("MATCH (n {urn: $urn}) REMOVE n.scope", urn=RUN).consume())
    assert list(find_wrong_scopes(clean_database)) == [
        WrongScope(V1, "z", scope_of("a", "restricted")),
        WrongScope(RUN, None, "b"),
    ]
    assert find_unregistered_scopes(clean_database) == ("z",)


urns = st.sampled_from((ASSET, V1, V2, UNKNOWN, RUN, TEAM))
reasons = st.sampled_from(("amend", "retract", "delete"))
levels = st.sampled_from((None, "public", "internal", "confidential", "restricted"))


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    op: dict[str, Any] = draw(st.just({}) | reasons.map(lambda op: {"op": op, "reason": "because"}))
    if draw(st.booleans()):
        record = owned(draw(urns), draw(st.sampled_from((TEAM, OTHER))))
        if not op and draw(st.booleans()):
            record["true_to"] = "2027-01-01T00:00:00Z"
        return record | op
    record = entity(draw(urns))
    level = draw(levels)
    if (op.get("op") == "amend") or (not op and level is not None):
        record["attributes"] = {"sensitivity": level}
    return record | op


times = st.sampled_from(("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"))
histories = st.lists(st.tuples(times, st.lists(records(), min_size=1, max_size=4)), min_size=1, max_size=6)


# A version that was corrected before anybody said that it is there joins its asset later.
LATE = [
    ("2026-01-01T00:00:00Z", [
        entity(ASSET, attributes={"sensitivity": "restricted"}),
        {"op": "amend", "reason": "x"} | entity(V1, attributes={"rows": None}),
    ]),
    ("2026-01-01T00:00:00Z", [entity(V1)]),
]  # fmt: skip


@example(LATE)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_scopes_are_right_after_any_history(
    clean_database: Database, say: Say, history: list[tuple[str, list[dict[str, Any]]]]
) -> None:
    empty(clean_database)
    for at, batch in history:
        say(*batch, at=at)
    assert list(find_wrong_scopes(clean_database)) == []
    assert find_unregistered_scopes(clean_database) == ()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_the_migration_gives_what_writing_gives(
    clean_database: Database, say: Say, history: list[tuple[str, list[dict[str, Any]]]]
) -> None:
    empty(clean_database)
    for at, batch in history:
        say(*batch, at=at)
    before = snapshot(clean_database)
    clean_database.write(lambda tx: tx.run("MATCH (n:Entity) REMOVE n.scope").consume())
    clean_database.write(lambda tx: tx.run("MATCH (s:Scope) DETACH DELETE s").consume())
    [migration] = [item for item in load_migrations() if item.id == "0011_permission"]
    for statement in migration.statements:
        clean_database.execute_schema(statement)
    assert snapshot(clean_database) == before
    assert list(find_wrong_scopes(clean_database)) == []
    assert find_unregistered_scopes(clean_database) == ()
