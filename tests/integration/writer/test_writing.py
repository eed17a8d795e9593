"""What statements do to the graph: names, placeholders, history, retractions, chains, findings."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from graph_schema.times import OPEN
from registry.errors import EventConflictError, InvalidRecordError, NotFoundError
from registry.graph.database import Database
from registry.lineage.excerpts import read_history
from registry.permission.cause import NO_POLICY, Cause, caused_by
from registry.permission.principal import Method, Principal
from registry.writer import Writer
from tests.integration.writer.conftest import Say, arrows, snapshot

WINE = "urn:lineage:Dataset:t:wine"
V1, V2, V3 = (f"urn:lineage:DatasetVersion:t:wine:v{number}" for number in (1, 2, 3))
RUN = "urn:lineage:Run:t:r1"


def version(name: str, **attributes: object) -> dict[str, Any]:
    return {"entity": "DatasetVersion", "namespace": "t", "name": "wine", "version": name, "attributes": attributes}


def used(run: str, data: object, role: str = "train", **more: object) -> dict[str, Any]:
    return {"edge": "USED", "from": run, "to": data, "attributes": {"role": role}} | more


def test_a_version_brings_its_asset_and_an_edge_its_ends(say: Say, clean_database: Database) -> None:
    result = say(version("v1", rows=10), used(RUN, V1))
    assert (result.written.created, result.written.placeholders) == (2, 1)
    nodes = snapshot(clean_database)["nodes"]
    assert set(nodes) == {WINE, V1, RUN}
    assert nodes[V1]["rows"] == 10
    assert nodes[RUN]["placeholder"] is True
    assert "placeholder" not in nodes[WINE]
    assert arrows(clean_database, "VERSION_OF") == [("DatasetVersion:t:wine:v1", "Dataset:t:wine")]


def test_the_real_entity_fills_its_placeholder(say: Say, clean_database: Database) -> None:
    say(used(RUN, V1))
    say({"entity": "Run", "urn": RUN, "attributes": {"state": "completed", "parameters": {"depth": 3}}})
    node = snapshot(clean_database)["nodes"][RUN]
    assert "placeholder" not in node
    assert node["state"] == "completed"
    assert node["parameters"] == '{"depth":3}'


def test_the_same_event_again_changes_nothing(say: Say, clean_database: Database) -> None:
    say(version("v1", rows=10), used(RUN, V1), event_id="e1", at="2026-01-01T00:00:00Z")
    before = snapshot(clean_database)
    again = say(version("v1", rows=10), used(RUN, V1), event_id="e1", at="2026-01-01T00:00:00Z")
    assert again.written.replayed == ("e1",)
    assert (again.written.created, again.written.changed) == (0, 0)
    assert snapshot(clean_database) == before


def test_an_event_is_found_by_who_wrote_it_and_by_nobody_of_the_same_name(
    say: Say, writer: Writer, clean_database: Database
) -> None:
    # The writers' clock and the ledger count apart from each other.
    far = "MERGE (c:RegistryClock {id: 'clock'}) SET c.sequence = 1000000, c.recorded_at = 0"
    clean_database.write(lambda tx: tx.run(far).consume())
    ada = Principal("ada", Method.PROCESS)
    others = [replace(ada, issuer="https://issuer.example"), replace(ada, method=Method.SERVICE_TOKEN)]
    with caused_by(Cause(ada, "test", NO_POLICY)):
        say(version("v1"), event_id="e1")
    assert writer.find_event("e1").id == writer.find_event("e1", by=ada).id == "e1"
    for other in others:
        with pytest.raises(NotFoundError):
            writer.find_event("e1", by=other)


def test_the_same_event_id_with_other_content_is_refused(say: Say, clean_database: Database) -> None:
    say(version("v1", rows=10), event_id="e1")
    before = snapshot(clean_database)
    with pytest.raises(EventConflictError):
        say(version("v1", rows=11), event_id="e1")
    assert snapshot(clean_database) == before


def test_an_event_can_be_asked_for(say: Say, writer: Writer) -> None:
    say(version("v1"), event_id="e1")
    assert writer.find_event("e1").records == 1
    with pytest.raises(NotFoundError):
        writer.find_event("e2")


def test_what_is_replaced_stays_readable(say: Say, clean_database: Database) -> None:
    say(version("v1", rows=10))
    say({**version("v1", rows=12), "op": "amend", "reason": "counted again"})
    states = clean_database.read_text(
        "MATCH (s:EntityState {urn: $urn}) RETURN s.rows, s.recorded_to < $open", {"urn": V1, "open": OPEN}
    )
    assert states == [(10, True)]
    assert snapshot(clean_database)["nodes"][V1]["rows"] == 12


def test_amend_takes_an_attribute_away(say: Say, clean_database: Database) -> None:
    say(version("v1", rows=10, format="csv"))
    say({**version("v1", rows=None), "op": "amend", "reason": "unknown after all"})
    node = snapshot(clean_database)["nodes"][V1]
    assert "rows" not in node
    assert node["format"] == "csv"


def test_facets_of_two_sources_stand_side_by_side_and_history_shows_how(say: Say, clean_database: Database) -> None:
    card, table = version("v1", facets={"card": {"a": 1}}), version("v1", facets={"schema": ["x"]})
    say(table, event_id="table", at="2026-01-02T00:00:00Z")
    say(card, event_id="card", at="2026-01-01T00:00:00Z")
    assert say(card, event_id="card again", at="2026-01-01T00:00:00Z").written.changed == 0
    say({**version("v1", facets={"card": None}), "op": "amend", "reason": "no card"}, at="2026-01-03T00:00:00Z")
    history = [state.attributes.get("facets") for state in read_history(clean_database, V1).items]
    assert history == [{"schema": ["x"]}, {"card": {"a": 1}, "schema": ["x"]}, {"schema": ["x"]}]


def test_a_put_may_not_carry_null(say: Say) -> None:
    with pytest.raises(InvalidRecordError):
        say(version("v1", rows=None))


def test_a_retracted_entity_goes_with_its_edges_and_comes_back_when_named(say: Say, clean_database: Database) -> None:
    say(version("v1"), version("v2"), used(RUN, V2), at="2026-01-01T00:00:00Z")
    say({**version("v2"), "op": "retract", "reason": "wrong table"}, at="2026-01-02T00:00:00Z")
    shown = snapshot(clean_database)
    assert V2 not in shown["nodes"]
    assert arrows(clean_database, "USED") == []
    assert arrows(clean_database, "REVISION_OF") == []
    say(used(RUN, V2), at="2026-01-03T00:00:00Z")
    node = snapshot(clean_database)["nodes"][V2]
    assert node["placeholder"] is True
    assert len(arrows(clean_database, "VERSION_OF")) == 2


def test_a_retracted_edge_stays_as_history(say: Say, clean_database: Database) -> None:
    say(used(RUN, V1), at="2026-01-01T00:00:00Z")
    say({**used(RUN, V1), "op": "retract", "reason": "another run"}, at="2026-01-02T00:00:00Z")
    assert arrows(clean_database, "USED") == []
    kept = clean_database.read_text("MATCH ()-[r:USED]->() WHERE r.recorded_to > r.recorded_from RETURN count(r)")
    assert kept == [(1,)]


def test_delete_ends_and_does_not_undo(say: Say, clean_database: Database) -> None:
    say(version("v1"), used(RUN, V1), at="2026-01-01T00:00:00Z")
    say({**version("v1"), "op": "delete", "reason": "retention"}, at="2026-02-01T00:00:00Z")
    node = snapshot(clean_database)["nodes"][V1]
    assert node["true_to"] < OPEN
    assert len(arrows(clean_database, "USED")) == 1


def test_versions_chain_in_whatever_order_they_arrive(say: Say, clean_database: Database) -> None:
    expected = [
        ("DatasetVersion:t:wine:v10", "DatasetVersion:t:wine:v2"),
        ("DatasetVersion:t:wine:v2", "DatasetVersion:t:wine:v1"),
    ]
    for name in ("v10", "v1", "v2"):
        say(version(name))
    assert arrows(clean_database, "REVISION_OF") == expected


def test_a_declared_predecessor_holds(say: Say, clean_database: Database) -> None:
    say(version("v1"), version("v2"), {**version("v3"), "revision_of": "v1"})
    assert ("DatasetVersion:t:wine:v3", "DatasetVersion:t:wine:v1") in arrows(clean_database, "REVISION_OF")
    assert ("DatasetVersion:t:wine:v3", "DatasetVersion:t:wine:v2") not in arrows(clean_database, "REVISION_OF")


def test_a_version_cannot_follow_itself(say: Say, clean_database: Database) -> None:
    say({**version("v2"), "revision_of": "v1"})
    before = snapshot(clean_database)
    with pytest.raises(InvalidRecordError, match="follow itself"):
        say({**version("v1"), "revision_of": "v2"})
    assert snapshot(clean_database) == before


def test_an_asset_named_without_version_is_some_version(say: Say, clean_database: Database) -> None:
    say(used(RUN, WINE), version("v1"))
    say(version("v2"))
    assert arrows(clean_database, "USED") == [("Run:t:r1", "DatasetVersion:t:wine:*")]
    assert arrows(clean_database, "MAY_BE") == [
        ("DatasetVersion:t:wine:*", "DatasetVersion:t:wine:v1"),
        ("DatasetVersion:t:wine:*", "DatasetVersion:t:wine:v2"),
    ]


def test_an_unknown_version_cannot_be_exact(say: Say) -> None:
    with pytest.raises(InvalidRecordError):
        say(used(RUN, WINE, version_is="exact"))


def test_a_circle_is_kept_with_a_finding(say: Say, clean_database: Database) -> None:
    derived = [{"edge": "DERIVED_FROM", "from": a, "to": b} for a, b in ((V1, V2), (V2, V3), (V3, V1))]
    say(derived[0])
    say(derived[1])
    findings = say(derived[2]).written.findings
    assert [item.rule for item in findings] == ["cycle"]
    assert len(arrows(clean_database, "DERIVED_FROM")) == 3
    assert clean_database.read_text("MATCH (f:Finding) RETURN f.rule") == [("cycle",)]


def test_a_circle_within_one_batch_is_found_once(say: Say) -> None:
    derived = [{"edge": "DERIVED_FROM", "from": a, "to": b} for a, b in ((V1, V2), (V2, V1))]
    assert [item.rule for item in say(*derived).written.findings] == ["cycle"]


def test_evaluation_closes_no_circle(say: Say) -> None:
    say({"edge": "GENERATED_BY", "from": V1, "to": RUN})
    assert say(used(RUN, V1, role="test")).written.findings == ()


def test_a_digest_that_changes_is_noted(say: Say) -> None:
    say(version("v1", digest="sha256:aa"), at="2026-01-01T00:00:00Z")
    findings = say(version("v1", digest="sha256:bb"), at="2026-01-02T00:00:00Z").written.findings
    assert [item.rule for item in findings] == ["immutable-changed"]


def test_edges_join_only_kinds_that_fit(say: Say, clean_database: Database) -> None:
    with pytest.raises(InvalidRecordError) as caught:
        say({"edge": "DEPLOYS", "from": RUN, "to": V1})
    assert caught.value.details["errors"][0]["rule"] == "edge-ends"
    assert snapshot(clean_database) == {"nodes": {}, "edges": []}


def test_parallel_edges_are_kept_apart_by_role(say: Say, clean_database: Database) -> None:
    say(used(RUN, V1, role="train"), used(RUN, V1, role="test"))
    assert len(arrows(clean_database, "USED")) == 2


DAYS = [f"2026-01-0{day}T00:00:00Z" for day in range(1, 7)]
Events = list[tuple[str, list[dict[str, Any]]]]
RUNNING, COMPLETED = (
    {"entity": "Run", "urn": RUN, "attributes": {"state": state}} for state in ("running", "completed")
)


def taken_back(record: dict[str, Any], op: str = "retract", **more: Any) -> dict[str, Any]:
    return {**record, "op": op, "reason": "because"} | more


@pytest.mark.parametrize(
    "events",
    [
        [
            (DAYS[0], [version("v1", rows=1, digest="sha256:aa"), used(RUN, V1)]),
            (DAYS[1], [version("v1", rows=2), RUNNING]),
            (DAYS[2], [version("v3"), COMPLETED]),
            (DAYS[3], [taken_back(used(RUN, V1)), version("v2"), used(RUN, WINE)]),
        ],
        [  # what ends or corrects an edge may come before the edge
            (DAYS[0], [used(RUN, V1)]),
            (DAYS[1], [taken_back(used(RUN, V1), "amend", attributes={"role": "train", "columns": ["x"]})]),
            (DAYS[2], [taken_back(used(RUN, V1), "delete")]),
        ],
        [  # a retraction of an end takes what was said before it
            (DAYS[0], [used(RUN, V1, attributes={"role": "train", "columns": ["x"]})]),
            (DAYS[1], [taken_back(version("v1"))]),
            (DAYS[2], [used(RUN, V1)]),
            (DAYS[3], [version("v2")]),
        ],
        [  # of a placeholder too, and between two statements
            (DAYS[0], [version("v1", rows=1), used(RUN, V1)]),
            (DAYS[1], [taken_back(version("v1")), taken_back({"entity": "Run", "urn": RUN})]),
            (DAYS[2], [version("v1", format="csv")]),
        ],
        [  # facets are merged one by one
            (DAYS[0], [version("v1", facets={"a": {"x": 1}, "b": 1})]),
            (DAYS[1], [taken_back(version("v1", facets={"b": None, "c": 2}), "amend")]),
            (DAYS[2], [version("v1", facets={"a": {"y": 1}})]),
        ],
        [  # the asset itself, and what it was retracted for
            (DAYS[0], [version("v1")]),
            (DAYS[1], [taken_back({"entity": "Dataset", "urn": WINE})]),
            (DAYS[2], [{**version("v2"), "revision_of": "v1"}]),
            (DAYS[3], [taken_back(version("v1"), "delete")]),
        ],
    ],
    ids=["attributes", "edge", "end", "placeholder", "facets", "asset"],
)
def test_events_in_any_order_end_the_same(say: Say, clean_database: Database, events: Events) -> None:
    seen = []
    for order in permutations(enumerate(events)):
        clean_database.execute_schema(
            "MATCH (n) WHERE n:Entity OR n:EntityState OR n:Event OR n:Finding DETACH DELETE n"
        )
        for number, (time, records) in (*order, order[0]):
            say(*records, event_id=f"e{number}", at=time)
        seen.append(snapshot(clean_database))
    for item in seen:
        assert item == seen[0]


def test_versions_of_different_assets_do_not_follow_each_other(say: Say) -> None:
    with pytest.raises(InvalidRecordError) as caught:
        say({"edge": "REVISION_OF", "from": V1, "to": "urn:lineage:DatasetVersion:t:beer:v1"})
    assert caught.value.details["errors"][0]["rule"] == "edge-ends"


def test_a_circle_of_versions_names_the_line(say: Say) -> None:
    say({**version("v2"), "revision_of": "v1"})
    with pytest.raises(InvalidRecordError) as caught:
        say(version("v3"), {**version("v1"), "revision_of": "v2"})
    assert (caught.value.details["errors"][0]["line"], caught.value.details["errors"][0]["rule"]) == (2, "acyclic")


def test_a_run_that_made_nobody_knows_which_version_is_noted(say: Say) -> None:
    findings = say({"edge": "GENERATED_BY", "from": WINE, "to": RUN}).written.findings
    assert [item.rule for item in findings] == ["unknown-output"]


def test_a_finding_names_the_event_that_caused_it(say: Say, clean_database: Database) -> None:
    say(version("v1", digest="sha256:aa"), at=DAYS[0])
    say(
        {**version("v2"), "event_id": "innocent"},
        {**version("v1", digest="sha256:bb"), "event_id": "culprit"},
        at=DAYS[1],
    )
    assert clean_database.read_text("MATCH (f:Finding) RETURN f.event_id") == [("culprit",)]
