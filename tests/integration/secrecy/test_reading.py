"""Who sees sensitive values through the API, and where they never are."""

from __future__ import annotations

import json
from typing import Any

import httpx

from registry.audit.observed import OBSERVED
from registry.graph.database import Database
from registry.ledger.act import Action, Effect
from registry.permission.cause import current_cause
from registry.secrecy.reading import Wanted, read_sensitive
from registry.settings import Settings
from registry.writer import Writer
from tests.integration.secrecy.conftest import say_with, stored_anywhere

ANN = "urn:lineage:Person:demo:ann"
CANARY = "canary-ann@example.org"
PERSON = {"entity": "Person", "namespace": "demo", "name": "ann", "attributes": {"contact": CANARY, "title": "Ann"}}


def post(api: httpx.Client, *records: dict[str, Any], **more: Any) -> httpx.Response:
    return api.post("/api/v1/records", json={"event_id": "canary-event", "records": list(records)}, **more)


def ask(api: httpx.Client, fields: str, urn: str = ANN) -> dict[str, Any]:
    answer = api.post("/graphql", json={"query": f'{{ entity(urn: "{urn}") {{ {fields} }} }}'}).json()
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"]["entity"]
    return found


def test_who_may_sees_it_when_asking_by_name_and_nowhere_else(api: httpx.Client, clean_database: Database) -> None:
    OBSERVED.take(everything=True)
    assert post(api, PERSON).status_code == 200
    assert ask(api, "... on Person { contact } sensitive") == {"contact": CANARY, "sensitive": {"contact": CANARY}}
    noted = [act for act in OBSERVED.take(everything=True) if act.action == Action.READ_SENSITIVE]
    assert [act.decision.effect for act in noted] == [Effect.ALLOW]
    assert noted[0].target.startswith("personal:"), "the log holds no name of a person"

    told = ask(api, "attributes title history { attributes } searched: title")
    assert told["attributes"] == {"title": "Ann"}
    assert CANARY not in json.dumps(told)
    assert not [act for act in OBSERVED.take(everything=True) if act.action == Action.READ_SENSITIVE]
    for word in (CANARY, "canary"):
        found = api.post("/graphql", json={"query": f'{{ search(text: "{word}") {{ totalCount }} }}'}).json()
        assert found["data"]["search"]["totalCount"] == 0


def test_who_may_not_gets_what_there_is_without_a_value(clean_database: Database, settings: Settings) -> None:
    writer = Writer(clean_database, settings)
    say_with(writer)(PERSON)
    (envelope,) = clean_database.read_text("MATCH (n:Person) RETURN n.sealed_contact")[0]
    wanted = [Wanted(ANN, (("contact", envelope),)), Wanted("urn:lineage:Person:demo:bob", ())]
    OBSERVED.take(everything=True)
    assert read_sensitive(clean_database, writer.vault, wanted, lambda _: False) == [{}, {}]
    (noted,) = OBSERVED.take(everything=True)
    assert (noted.decision.effect, noted.actor.subject) == (Effect.DENY, current_cause().principal.subject)
    seen = []

    def may(resource: Any) -> bool:
        seen.append((resource.namespace, resource.kind))
        return True

    assert read_sensitive(clean_database, writer.vault, wanted, may) == [{"contact": CANARY}, {}]
    assert seen == [("demo", "Person")]


def test_errors_and_the_quarantine_do_not_show_what_was_said(api: httpx.Client, clean_database: Database) -> None:
    bad = PERSON | {"attributes": {"contact": {"canary-key": "canary-nested"}}}
    refused = post(api, bad)
    assert refused.status_code == 422
    assert "canary-nested" not in refused.text
    assert "/attributes/contact" in refused.text
    also_bad = PERSON | {"attributes": {"contact": CANARY, "title": 7}}
    kept = post(api, also_bad, params={"mode": "per-item"}).json()
    assert CANARY not in json.dumps(kept)
    assert not stored_anywhere(clean_database, CANARY)
    (entry,) = api.get("/api/v1/quarantine").json()["entries"]
    assert CANARY not in json.dumps(entry)
    assert CANARY in api.get(f"/api/v1/quarantine/{entry['id']}").text, "who administers can send it again"


def test_events_are_kept_sealed_and_read_as_they_came(api: httpx.Client, clean_database: Database) -> None:
    event = {
        "eventType": "COMPLETE", "eventTime": "2026-05-01T10:00:00Z", "producer": "https://example.org/p",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": "0190a9e0-0000-7000-8000-000000000001"},
        "job": {"namespace": "demo", "name": "load", "facets": {"documentation": {
            "_producer": "https://example.org/p", "_schemaURL": "https://openlineage.io/spec/facets/1-0-0/DocumentationJobFacet.json",
            "description": "words"}, "canary": {
            "_producer": "https://example.org/p", "_schemaURL": "https://example.org/x.json", "secret": "only-in-the-raw-event-42"}}},
        "inputs": [], "outputs": [],
    }  # fmt: skip
    for time in ("10:00:00", "10:00:01"):
        answer = api.post("/api/v1/lineage", json=event | {"eventTime": f"2026-05-01T{time}Z"})
        assert answer.status_code in (200, 201), answer.text
    rows = clean_database.read_text(
        "MATCH (n:CapturedEvent) RETURN n.content UNION ALL MATCH (n:CapturedFold) RETURN n.state AS `n.content`"
    )
    assert rows
    assert all(bytes(content).startswith(b"\x01LS") for (content,) in rows)
    listed = api.get("/api/v1/events/lineage").json()
    assert "only-in-the-raw-event-42" in json.dumps(listed)


def test_who_has_a_value_is_found_without_a_trace_of_it(api: httpx.Client, clean_database: Database) -> None:
    records = [
        PERSON,
        PERSON | {"name": "bob"},
        PERSON | {"name": "eve", "attributes": {"contact": "other@example.org"}},
    ]
    assert post(api, *records).status_code == 200
    asked = {"kind": "Person", "field": "contact", "value": CANARY}
    found = api.post("/api/v1/sensitive/search", json=asked).json()
    assert found == {"urns": [ANN, "urn:lineage:Person:demo:bob"], "complete": True}
    envelopes = [
        text.rsplit(".")[-1] for (text,) in clean_database.read_text("MATCH (n:Person) RETURN n.sealed_contact")
    ]
    assert len(set(envelopes)) == 3, "nobody sees from the database that two have the same"
    assert api.post("/api/v1/sensitive/search", json=asked | {"value": "nobody@example.org"}).json()["urns"] == []
    for bad in ({"field": "title"}, {"kind": "Nothing"}, {"value": {"a": CANARY}}):
        answer = api.post("/api/v1/sensitive/search", json=asked | bad)
        assert answer.status_code == 400
        assert CANARY not in answer.text
