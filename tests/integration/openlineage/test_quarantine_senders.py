"""What somebody put away is sent again with their rights, and is settled by nobody else."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from registry.graph.database import Database
from registry.permission.cause import NO_POLICY, Cause, caused_by
from registry.permission.principal import Method, Principal
from registry.quarantine import Form, Quarantine, Refused, statements
from tests.conftest import Service

pytestmark = pytest.mark.neo4j

PATH = "/api/v1/quarantine"


def put_away(client: httpx.Client, **part: Any) -> str:
    body = {"source": "listed", "origin": ["a.db", "--url=x"], "round": "1", "entries": [{"where": "x", **part}]}
    answer = client.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    name: str = answer.json()["ids"][0]
    return name


def record(namespace: str, name: str) -> dict[str, Any]:
    return {"entity": "Dataset", "namespace": namespace, "name": name, "attributes": {"title": "x"}}


def writes(database: Database) -> list[tuple[str, str]]:
    text = "MATCH (e:LedgerEntry {action: 'records.write'}) RETURN e.content ORDER BY e.sequence"
    entries = [orjson.loads(content) for (content,) in database.read_text(text)]
    return [(entry["actor"]["method"], entry.get("reason", "")) for entry in entries]


def test_an_entry_is_written_where_its_sender_may_write(
    service: Service, api: httpx.Client, clean_database: Database
) -> None:
    eve = service("eve")
    outside, inside = put_away(eve, record=record("prod", "model")), put_away(eve, record=record("dev", "model"))
    refused = api.post(f"{PATH}/{outside}/retry")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
    assert writes(clean_database) == []
    sender = api.get(f"{PATH}/{outside}").json()["sender"]["subject"]
    assert api.post(f"{PATH}/{inside}/retry").status_code == 200
    assert api.post(f"{PATH}/{outside}/retry", params={"own": "true"}).status_code == 200
    (first, why), (second, own) = writes(clean_database)
    assert first == second == "administrator-token"
    assert sender in why
    assert sender in own
    assert "as one's own" in own


def test_an_event_is_taken_where_its_sender_may_write(
    service: Service, api: httpx.Client, clean_database: Database
) -> None:
    event = {
        "eventTime": "2026-01-01T00:00:00Z", "eventType": "COMPLETE", "producer": "https://example.org/p",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json",
        "run": {"runId": "0190c6f4-2fc6-7b6a-8f3e-6d3f1c2b9a11"}, "job": {"namespace": "prod", "name": "j"},
    }  # fmt: skip
    name = put_away(service("eve"), event=event)
    assert api.post(f"{PATH}/{name}/retry").status_code == 403
    assert writes(clean_database) == []


def test_what_others_put_away_is_settled_by_nobody_but_who_administers(service: Service, api: httpx.Client) -> None:
    eve, ada = service("eve"), service("ada")
    name = put_away(ada, payload="x")
    assert put_away(eve, payload="x") != name
    settled = {"source": "listed", "origin": ["a.db", "--url=x"], "round": "2"}
    assert eve.post(f"{PATH}/settle", json=settled).json() == {"settled": 1}
    entry = api.get(f"{PATH}/{name}").json()
    assert (entry["origin"], entry["again"]) == ("a.db --url=x", ""), "words of others are no command"
    assert api.post(f"{PATH}/settle", json=settled).json() == {"settled": 1}


def test_who_has_the_most_is_trimmed_first(clean_database: Database) -> None:
    quarantine = Quarantine(clean_database)
    kept: dict[str, list[str]] = {}
    for name, count in (("ada", 2), ("eve", 4)):
        with caused_by(Cause(Principal(name, Method.SERVICE_TOKEN), "test", NO_POLICY)):
            refused = [Refused("s", "r", "m", [], str(number).encode(), Form.PART) for number in range(count)]
            kept[name] = [quarantine.keep([item])[0] for item in refused]
    clean_database.write(lambda tx: tx.run(statements.TRIM, surplus=2).consume())
    assert {item.id for item in quarantine.find()[0]} == {*kept["ada"], *kept["eve"][2:]}
