"""Sandboxes over HTTP: seen by members alone, changing nothing outside, left by promotion, gone without a trace but the log."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from graph_schema.times import now_micros
from registry.graph.database import Database
from registry.sandbox.removal import sweep
from registry.writer.scope_check import find_wrong_scopes
from tests.integration.sandbox.conftest import Asking, grant, name_of, outside, write

pytestmark = pytest.mark.neo4j

PATH = "/api/v1/sandboxes"
WINE = "urn:lineage:DatasetVersion:prod:wine:1"
DATA = "urn:lineage:Dataset:prod:wine"
INSIDE = "urn:lineage:DatasetVersion:sandbox%3Alab:wine2:1"
RUN = "urn:lineage:Run:sandbox%3Alab:try"
DEEP = "urn:lineage:Model:sandbox%3Alab/deep:net"


def entity(urn: str, **attributes: Any) -> dict[str, Any]:
    return {"entity": urn.split(":")[2], "urn": urn, "attributes": attributes}


def edge(relation: str, downstream: str, upstream: str, **attributes: Any) -> dict[str, Any]:
    return {"edge": relation, "from": downstream, "to": upstream, "attributes": attributes}


@pytest.fixture
def ada(somebody: Asking, api: httpx.Client) -> httpx.Client:
    """Who made the sandbox `lab`, and reads `prod`."""
    ada = somebody("ada", grant("reader", "prod"), grant("contributor", "dev"))
    assert write(api, entity(WINE, rows=178), entity(DATA, title="Wine")).status_code == 200
    answer = ada.post(PATH, json={"name": "lab", "days": 3, "reason": "a try"})
    assert answer.status_code == 201, answer.text
    return ada


@pytest.fixture
def bob(somebody: Asking) -> httpx.Client:
    """Somebody else, who reads everything and writes `prod`."""
    return somebody("bob", grant("reader", "*", ceiling="restricted"), grant("contributor", "prod"))


def impact(client: httpx.Client, urn: str) -> dict[str, Any]:
    text = "query ($urn: URN!) { impact(urn: $urn) { total items { node { urn } } completeness { complete reasons } } }"
    answer = client.post("/graphql", json={"query": text, "variables": {"urn": urn}}).json()
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"]["impact"]
    return found


def test_a_sandbox_is_there_for_its_members_alone(ada: httpx.Client, bob: httpx.Client) -> None:
    assert [item["name"] for item in ada.get(PATH).json()["sandboxes"]] == ["lab"]
    assert bob.get(PATH).json() == {"sandboxes": []}
    calls = (
        ("GET", "", None), ("DELETE", "", None), ("POST", "/members", {"subject": "bob"}), ("POST", "/prolong", {"days": 9}),
        ("POST", "/promote", {"urns": [INSIDE], "to": "prod", "reason": "x"}),
    )  # fmt: skip
    for method, path, body in calls:
        hidden = bob.request(method, f"{PATH}/lab{path}", json=body)
        missing = bob.request(method, f"{PATH}/none{path}", json=body)
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert {**hidden.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
    assert ada.get(f"{PATH}/lab").json()["members"][0]["subject"] == name_of(ada)


def test_members_see_what_is_tried_and_others_answers_stay_complete(
    ada: httpx.Client, bob: httpx.Client, clean_database: Database
) -> None:
    before = outside(clean_database)
    answer = write(ada, edge("USED", RUN, WINE, role="train"), edge("GENERATED_BY", INSIDE, RUN), entity(DEEP))
    assert answer.status_code == 200, answer.text
    assert outside(clean_database) == before
    seen = impact(ada, WINE)
    assert {item["node"]["urn"] for item in seen["items"]} >= {INSIDE}
    assert impact(bob, WINE) == {"total": 0, "items": [], "completeness": {"complete": True, "reasons": []}}
    assert impact(ada, WINE)["completeness"]["complete"] is True
    for urn in (INSIDE, RUN, DEEP):
        text = "query ($urn: URN!) { entity(urn: $urn) { urn } }"
        body = {"query": text, "variables": {"urn": urn}}
        assert bob.post("/graphql", json=body).json()["data"]["entity"] is None
        assert ada.post("/graphql", json=body).json()["data"]["entity"] == {"urn": urn}


def test_somebody_who_was_let_in_works_there_until_the_grant_goes(
    ada: httpx.Client, bob: httpx.Client, api: httpx.Client
) -> None:
    refused = write(bob, entity(INSIDE))
    assert refused.status_code == 403
    shared = ada.post(f"{PATH}/lab/members", json={"subject": name_of(bob), "role": "contributor"})
    assert shared.status_code == 200, shared.text
    assert write(bob, entity(INSIDE)).status_code == 200
    assert api.delete(f"/api/v1/grants/{shared.json()['id']}").status_code == 200
    assert write(bob, entity(INSIDE)).status_code == 403
    assert bob.get(f"{PATH}/lab").status_code == 404


OTHER = "urn:lineage:DatasetVersion:sandbox%3Aother:x:1"
REFUSED = {
    "placeholder outside": [edge("USED", RUN, "urn:lineage:DatasetVersion:prod:nothing:1", role="train")],
    "some version outside": [edge("USED", RUN, "urn:lineage:DatasetVersion:prod:wine:*", role="train")],
    "joined with outside": [edge("SAME_AS", INSIDE, WINE, rule="x")],
    "joined from outside": [edge("SAME_AS", WINE, INSIDE, rule="x")],
    "into the sandbox": [edge("DERIVED_FROM", WINE, INSIDE)],
    "outside itself": [entity(WINE, rows=1)],
    "inside and outside": [entity(INSIDE), entity(WINE, rows=1)],
    "another sandbox": [edge("DERIVED_FROM", INSIDE, OTHER)],
    "a sandbox that is not there": [entity(OTHER)],
    "retracting outside": [{"op": "retract", "reason": "x", **entity(WINE)}],
    "ending an edge into it": [{"op": "delete", "reason": "x", **edge("DERIVED_FROM", WINE, INSIDE)}],
    "the asset outside": [entity(DATA, sensitivity="restricted")],
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_whatever_would_change_what_is_outside_is_refused(
    case: str, ada: httpx.Client, api: httpx.Client, clean_database: Database
) -> None:
    records = REFUSED[case]
    before = outside(clean_database)
    answer = write(ada, *records)
    assert answer.status_code == 403, answer.text
    assert answer.json()["code"] in ("sandbox-boundary", "permission-denied")
    assert outside(clean_database) == before
    if any("sandbox%3A" in str(record) for record in records) and case != "ending an edge into it":
        assert write(api, *records).json().get("code") == "sandbox-boundary"  # the administrator is no exception
    lines = "\n".join(str(record).replace("'", '"') for record in records)
    stream = ada.post(
        "/api/v1/records", params={"event_id": "s"}, content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    assert stream.status_code == 403, stream.text
    assert outside(clean_database) == before


def test_an_id_that_is_used_outside_is_neither_taken_nor_found_out(
    ada: httpx.Client, bob: httpx.Client, api: httpx.Client
) -> None:
    assert write(ada, entity(INSIDE), event_id="nightly").status_code == 200
    assert bob.get("/api/v1/events/nightly").status_code == 404
    assert bob.get("/api/v1/events/sandbox:lab/nightly").status_code == 404
    assert ada.get("/api/v1/events/nightly").json()["id"] == "sandbox:lab/nightly"
    assert write(bob, entity(WINE, rows=179), event_id="nightly").status_code == 200
    assert write(ada, entity(INSIDE), event_id="nightly").json()["replayed"] is True
    assert bob.get("/api/v1/events/nightly").json()["id"] == "nightly"
    assert api.get("/api/v1/events/sandbox:lab/nightly").status_code == 200


def event(namespace: str, data: str) -> dict[str, Any]:
    return {
        "eventTime": "2026-01-01T00:00:00Z", "eventType": "COMPLETE", "producer": "https://example.org/p",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json",
        "run": {"runId": "0190c6f4-2fc6-7b6a-8f3e-6d3f1c2b9a11"}, "job": {"namespace": namespace, "name": "j"},
        "inputs": [{"namespace": data, "name": "in"}], "outputs": [{"namespace": namespace, "name": "out"}],
    }  # fmt: skip


def test_openlineage_events_stay_inside_too(
    ada: httpx.Client, bob: httpx.Client, api: httpx.Client, clean_database: Database
) -> None:
    assert api.post("/api/v1/lineage", json=event("prod", "prod")).status_code < 300
    before = outside(clean_database)
    for client, code in ((ada, "permission-denied"), (api, "sandbox-boundary")):
        refused = client.post("/api/v1/lineage", json=event("sandbox:lab", "prod"))
        assert (refused.status_code, refused.json()["code"]) == (403, code), refused.text
    assert ada.post("/api/v1/lineage", json=event("prod", "prod")).status_code in (200, 201, 403)
    assert bob.post("/api/v1/lineage", json=event("sandbox:lab", "sandbox:lab")).status_code == 403
    assert ada.post("/api/v1/lineage", json=event("sandbox:lab", "sandbox:lab")).status_code < 300
    assert outside(clean_database) == before
    assert api.get("/api/v1/quarantine").json()["total"] == 0


def test_a_promotion_copies_work_with_its_lineage_and_says_where_it_came_from(
    ada: httpx.Client, bob: httpx.Client, clean_database: Database, api: httpx.Client
) -> None:
    write(
        ada,
        edge("USED", RUN, WINE, role="train"),
        edge("GENERATED_BY", INSIDE, RUN),
        entity(INSIDE, rows=5),
        entity(DEEP),
    )
    asked = {"urns": [INSIDE], "to": "dev", "reason": "it works"}
    first = ada.post(f"{PATH}/lab/promote", json=asked)
    assert first.status_code == 200, first.text
    made = "urn:lineage:DatasetVersion:dev:wine2:1"
    assert first.json()["promoted"][INSIDE] == made
    assert first.json()["replayed"] is False
    before = outside(clean_database)
    assert ada.post(f"{PATH}/lab/promote", json=asked).json()["replayed"] is True
    assert outside(clean_database) == before
    seen = impact(bob, WINE)
    assert {item["node"]["urn"] for item in seen["items"]} == {made, "urn:lineage:Run:dev:try"}
    text = "query ($urn: URN!) { entity(urn: $urn) { attributes } }"
    attributes = bob.post("/graphql", json={"query": text, "variables": {"urn": made}}).json()["data"]["entity"][
        "attributes"
    ]
    assert attributes["rows"] == 5
    assert attributes["facets"]["promotion"] == {"sandbox": "lab", "urn": INSIDE}
    for target, status in (("prod", 403), ("sandbox:lab", 400), ("sandbox:other", 400), ("", 400)):
        refused = ada.post(f"{PATH}/lab/promote", json=asked | {"to": target})
        assert refused.status_code == status, refused.text
    assert ada.post(f"{PATH}/lab/promote", json=asked | {"urns": [WINE]}).status_code == 400
    assert ada.post(f"{PATH}/lab/promote", json=asked | {"urns": [RUN + "x"]}).status_code == 404
    assert outside(clean_database) == before


def test_a_promotion_takes_along_what_who_promotes_may_see_and_is_told_with_what_it_writes(
    ada: httpx.Client, bob: httpx.Client, api: httpx.Client, clean_database: Database
) -> None:
    secret = "urn:lineage:DatasetVersion:sandbox%3Alab:secret:1"
    labelled = [entity("urn:lineage:Dataset:sandbox%3Alab:secret", sensitivity="restricted"), entity(secret, rows=7)]
    assert write(ada, *labelled, edge("USED", RUN, secret, role="train"), entity(DEEP, title="x")).status_code == 200
    for namespace, role in (("sandbox:lab", "contributor"), ("dev", "contributor")):
        grant_it = {"role": role, "subject": name_of(bob), "namespaces": [namespace], "reason": "promotes"}
        assert api.post("/api/v1/grants", json=grant_it).is_success
    bob_alone = [
        item["id"]
        for item in api.get("/api/v1/grants").json()["grants"]
        if item.get("ceiling") == "restricted" and item.get("subject") == name_of(bob)
    ]
    for grant_id in bob_alone:
        assert api.delete(f"/api/v1/grants/{grant_id}").is_success
    asked = {"to": "dev", "reason": "it works"}
    hidden, missing = (promotion(bob, asked | {"urns": [urn]}) for urn in (secret, secret + "0"))
    assert (hidden.status_code, missing.status_code) == (404, 404)
    deep = promotion(bob, asked | {"urns": [DEEP]})
    assert deep.status_code == 404, "the grant is for the sandbox itself, not for what is below it"
    done = promotion(bob, asked | {"urns": [RUN]})
    assert done.status_code == 200, done.text
    assert set(done.json()["promoted"]) == {RUN}
    copied = "MATCH (n:Entity)-[r]->(m) WHERE n.namespace = 'dev' RETURN n.urn, m.urn"
    assert clean_database.read_text(copied) == []
    said = "MATCH (e:LedgerEntry) WHERE e.subject = $by RETURN e.action, e.time ORDER BY e.sequence"
    (wrote, at), (promoted, then) = clean_database.read_text(said, {"by": name_of(bob)})[-2:]
    assert (wrote, promoted, at) == ("records.write", "sandbox.promote", then)


def promotion(client: httpx.Client, asked: dict[str, Any]) -> httpx.Response:
    return client.post(f"{PATH}/lab/promote", json=asked)


def test_a_sandbox_goes_with_everything_and_the_log_still_verifies(
    ada: httpx.Client, bob: httpx.Client, api: httpx.Client, clean_database: Database
) -> None:
    ada.post(f"{PATH}/lab/members", json={"subject": name_of(bob)})
    write(
        ada,
        edge("USED", RUN, WINE, role="train"),
        edge("GENERATED_BY", INSIDE, RUN),
        entity(DEEP),
        entity(INSIDE, rows=1),
    )
    write(ada, {"op": "amend", "reason": "x", **entity(INSIDE, rows=2)})
    before = outside(clean_database)
    assert ada.delete(f"{PATH}/lab", params={"reason": "done"}).status_code == 200
    assert outside(clean_database) == before
    traces = """
    MATCH (n) WHERE n.namespace STARTS WITH 'sandbox:' OR n.text STARTS WITH 'sandbox:' OR n.urn CONTAINS ':sandbox%3A'
    RETURN n
    """
    assert clean_database.read_text(traces, {}) == []
    assert ada.get(f"{PATH}/lab").status_code == 404
    assert write(ada, entity(INSIDE)).status_code == 403
    assert list(find_wrong_scopes(clean_database)) == []
    assert (
        ada.post(PATH, json={"name": "lab"}).status_code == 400
    )  # what was sent there once is never taken for new work
    assert bob.get(f"{PATH}/lab").status_code == 404


def test_a_sandbox_goes_when_its_time_is_over(ada: httpx.Client, api: httpx.Client, clean_database: Database) -> None:
    write(ada, entity(INSIDE))
    day = 86_400_000_000
    assert sweep(clean_database, now=now_micros() + 2 * day) == []
    assert ada.post(f"{PATH}/lab/prolong", json={"days": 10}).status_code == 200
    assert sweep(clean_database, now=now_micros() + 9 * day) == []
    assert sweep(clean_database, now=now_micros() + 10 * day + 1) == ["lab"]
    assert clean_database.read_text("MATCH (n:Entity {urn: $urn}) RETURN n", {"urn": INSIDE}) == []
