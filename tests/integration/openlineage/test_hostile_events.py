"""Events that are broken, sloppy or meant to harm: a clear error or the whole event, never half of it."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest

from registry.graph.database import Database
from tests.integration.openlineage.conftest import URL, Graph, dataset, event, facet, send

_JSON = {"content-type": "application/json"}
_ODD = "a/b:c 🦜 %2A* \"quoted\" 'x'"


def without(*path: str) -> dict[str, Any]:
    """A sound event that lacks one thing."""
    found = event("COMPLETE", 1, inputs=[dataset("orders")])
    part: Any = found
    for name in path[:-1]:
        part = part[int(name)] if isinstance(part, list) else part[name]
    del part[path[-1]]
    return found


_BROKEN: list[tuple[dict[str, Any], str]] = [
    (without("eventTime"), "/eventTime"),
    (event("COMPLETE", 1) | {"eventTime": "yesterday"}, "/eventTime"),
    (event("COMPLETE", 1) | {"eventType": "DONE"}, "/eventType"),
    (without("run", "runId"), "/run/runId"),
    (without("job", "name"), "/job/name"),
    (without("inputs", "0", "namespace"), "/inputs/0/namespace"),
    (without("run") | {"job": None}, "/run"),
    (event("COMPLETE", 1, inputs={"namespace": "n"}), "/inputs"),
    (event("COMPLETE", 1, outputs=[dataset("x" * 1_025)]), "/outputs/0"),
    (event("COMPLETE", 1, outputs=[dataset("a\u0000b")]), "/outputs/0"),
    (event("COMPLETE", 1, inputs=[dataset("o", schema=[])]), "/inputs/0/facets/schema"),
    (
        event("COMPLETE", 1, inputs=[{"namespace": "n", "name": "o", "facets": {"version": facet()}}]),
        "/inputs/0/facets/version/datasetVersion",
    ),
    (
        event(
            "COMPLETE", 1, outputs=[dataset("o", columnLineage=facet(fields={"a": {"inputFields": [{"name": "x"}]}}))]
        ),
        "/outputs/0/facets/columnLineage/fields/a/inputFields/0/namespace",
    ),
    (event("COMPLETE", 1, inputs=[dataset("o", subset=facet())]), "/inputs/0/facets/subset/inputCondition"),
    (event("COMPLETE", 1, run_facets={"parent": facet(run={}, job={})}), "/run/facets/parent/run/runId"),
]


@pytest.mark.parametrize(("broken", "field"), _BROKEN, ids=[field for _, field in _BROKEN])
def test_what_would_lose_lineage_is_refused_with_the_field(
    api: httpx.Client, database: Database, broken: dict[str, Any], field: str
) -> None:
    response = api.post(URL, json=broken)
    assert response.status_code == 422, response.text
    problem = response.json()
    assert (problem["code"], problem["errors"][0]["field"]) == ("invalid-event", field)
    assert Graph(database).nodes == {}
    kept = api.get(f"/api/v1/quarantine/{problem['quarantine_id']}").json()
    assert json.loads(kept["content"]) == broken
    assert kept["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 400), (b'{"eventTime": "2026', 400), ("{\"a\": \"ä\"}".encode("latin-1"), 400), (b"[1]", 400), (b"7", 400),
     (b'{"run":' * 5_000, 400), (b"[" * 100_000, 400)],
    ids=["empty", "cut short", "wrong encoding", "a list", "a number", "deep", "very deep"],
)  # fmt: skip
def test_a_body_that_is_no_event(api: httpx.Client, database: Database, content: bytes, status: int) -> None:
    response = api.post(URL, content=content, headers=_JSON)
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    assert Graph(database).nodes == {}


def test_nested_too_deep_to_be_written_again(api: httpx.Client) -> None:
    deep: dict[str, Any] = {}
    for _ in range(260):
        deep = {"x": deep}
    assert api.post(URL, json=event("START", 1, run_facets={"deep": deep})).status_code == 422


def test_a_gzip_bomb_is_not_unpacked(api: httpx.Client) -> None:
    bomb = gzip.compress(b"0" * 200_000_000, compresslevel=9)
    assert len(bomb) < 300_000
    response = api.post(URL, content=bomb, headers={**_JSON, "content-encoding": "gzip"})
    assert (response.status_code, response.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize(
    ("encoding", "content", "status"),
    [("gzip", b"plain", 400), ("gzip", gzip.compress(b"{}")[:-9], 400), ("br", b"x", 415)],
    ids=["no gzip", "cut short", "another encoding"],
)
def test_a_packing_that_is_broken(api: httpx.Client, encoding: str, content: bytes, status: int) -> None:
    response = api.post(URL, content=content, headers={**_JSON, "content-encoding": encoding})
    assert response.status_code == status


def test_an_event_of_220_kilobytes(api: httpx.Client, database: Database) -> None:
    columns = [{"name": f"column_{number}", "type": "string", "description": "d" * 120} for number in range(1_000)]
    big = event(
        "COMPLETE",
        1,
        outputs=[dataset("wide", schema=facet(fields=columns))],
        run_facets={"plan": facet(text="p" * 30_000)},
    )
    assert len(json.dumps(big)) > 180_000
    send(api, big)
    assert len(Graph(database).joined("FIELD_OF")) == 1_000


def test_odd_names_survive(api: httpx.Client, database: Database) -> None:
    odd = event("COMPLETE", 1, run=_ODD, inputs=[dataset(_ODD, namespace=_ODD)], outputs=[dataset("out", _ODD)])
    odd["job"] = {"namespace": _ODD, "name": _ODD}
    send(api, odd)
    names = {(item["kind"], item["namespace"], item["name"]) for item in Graph(database).nodes.values()}
    assert {("Run", _ODD, _ODD), ("Job", _ODD, _ODD), ("Dataset", _ODD, _ODD)} <= names
    assert _ODD in {item.get("version") for item in Graph(database).nodes.values()}


def test_cycles_are_kept_with_a_finding(api: httpx.Client, database: Database) -> None:
    above = facet(run={"runId": "r2"}, job={"namespace": "jobs", "name": "etl"})
    below = facet(run={"runId": "r1"}, job={"namespace": "jobs", "name": "etl"})
    send(
        api,
        event(
            "START", 1, run="r1", run_facets={"parent": above}, inputs=[dataset("a", "1")], outputs=[dataset("b", "1")]
        ),
    )
    answer = send(
        api,
        event(
            "START", 1, run="r2", run_facets={"parent": below}, inputs=[dataset("b", "1")], outputs=[dataset("a", "1")]
        ),
    )
    assert [item["rule"] for item in answer["findings"]]
    assert len(Graph(database).joined("PART_OF")) == 2


def test_sloppy_events_are_taken(api: httpx.Client, database: Database) -> None:
    sloppy = event(
        "complete",
        1,
        run="not-a-uuid",
        run_facets={"nominalTime": facet(nominalStartTime="x", nominalEndTime=None), "gone": None},
    )
    sloppy |= {"eventTime": "2026-05-04T12:00:00.123456789", "inputs": None}
    del sloppy["schemaURL"], sloppy["producer"]
    send(api, sloppy)
    run = Graph(database).of("Run:jobs:not-a-uuid")
    assert (run["state"], run["ended_at"]) == ("completed", 1_777_896_000_123_456)
    assert "nominalTime" in run["facets"]


def test_a_batch_keeps_the_good_ones_and_says_which_failed(api: httpx.Client, database: Database) -> None:
    answer = api.post(f"{URL}/batch", json=[event("START", 1), without("eventTime"), 7, event("COMPLETE", 2)]).json()
    assert answer["status"] == "partial_success"
    assert answer["summary"] == {"received": 4, "successful": 2, "failed": 2, "retriable": 0, "non_retriable": 2}
    assert [(item["index"], item["retriable"]) for item in answer["failed_events"]] == [(1, False), (2, False)]
    assert "/eventTime" in answer["failed_events"][0]["reason"]
    assert Graph(database).of("Run:jobs:r1")["state"] == "completed"


def test_the_quarantine_is_listed_sent_again_and_dropped(api: httpx.Client, database: Database) -> None:
    future = event("START", 1) | {"eventTime": "2999-01-01T00:00:00Z"}
    first = api.post(URL, json=future).json()["quarantine_id"]
    api.post(URL, json=future)
    second = api.post(URL, json=without("eventTime")).json()["quarantine_id"]
    listed = api.get("/api/v1/quarantine", params={"source": "openlineage"}).json()
    assert (listed["total"], listed["complete"]) == (2, True)
    assert {item["id"]: item["times"] for item in listed["entries"]} == {first: 2, second: 1}
    assert api.post(f"/api/v1/quarantine/{second}/retry").status_code == 422
    assert api.delete(f"/api/v1/quarantine/{second}").json() == {"dropped": 1}
    assert api.delete(f"/api/v1/quarantine/{second}").status_code == 404
    # What the reason was has passed: the time has come.
    sound = json.dumps(event("START", 1)).encode()
    from registry.quarantine import Quarantine, Refused

    (mended,) = Quarantine(database).keep([Refused("openlineage", "future", "too early", [], sound)])
    assert api.post(f"/api/v1/quarantine/{mended}/retry").json()["taken"] is True
    assert api.get(f"/api/v1/quarantine/{mended}").status_code == 404
    assert Graph(database).of("Run:jobs:r1")["state"] == "running"


def test_a_server_that_has_too_much_to_do_answers_503(api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from registry.api.rest import records

    monkeypatch.setattr(records, "MOST_WAITING", 0)  # nobody may wait: as if the queue were full
    for path, body in ((URL, event("START", 1)), (f"{URL}/batch", [event("START", 1)])):
        response = api.post(path, json=body)
        assert (response.status_code, response.json()["code"]) == (503, "overloaded")
        assert response.headers["retry-after"]
