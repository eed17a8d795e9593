"""Writing over HTTP: good batches, streams, and every sort of bad input with nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from registry.graph.database import Database

URL = "/api/v1/records"
NDJSON = {"content-type": "application/x-ndjson"}


def version(number: int, name: str = "orders", **attributes: object) -> dict[str, Any]:
    return {
        "entity": "DatasetVersion",
        "namespace": "t",
        "name": name,
        "version": f"v{number}",
        "attributes": attributes,
    }


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def count(database: Database) -> int:
    found: int = database.read_text("MATCH (n:Entity) RETURN count(n)")[0][0]
    return found


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    document: dict[str, Any] = response.json()
    assert document["code"] == code
    return document


@pytest.fixture(autouse=True)
def _empty(clean_database: Database) -> None:
    """Each test starts with nothing in the graph."""


def test_a_batch_is_written_and_the_answer_says_what_happened(api: httpx.Client, database: Database) -> None:
    response = api.post(URL, json={"event_id": "e1", "producer": "test/1", "records": [version(1, rows=3), version(2)]})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert (answer["event_id"], answer["created"], answer["replayed"]) == ("e1", 2, False)
    assert response.headers["lineage-bookmark"]
    assert count(database) == 3
    event = api.get("/api/v1/events/e1").json()
    assert (event["records"], event["producer"]) == (2, "test/1")


def test_the_same_batch_again_is_a_replay(api: httpx.Client, database: Database) -> None:
    body = {"event_id": "e1", "records": [version(1, rows=3)]}
    api.post(URL, json=body)
    answer = api.post(URL, json=body).json()
    assert (answer["replayed"], answer["created"], answer["changed"]) == (True, 0, 0)
    assert count(database) == 2


def test_an_event_that_was_not_written_is_not_found(api: httpx.Client) -> None:
    problem(api.get("/api/v1/events/none/1"), 404, "not-found")


@pytest.mark.parametrize("value", ["a\nb", "\x00", "\x7f", "x\u2028y", "\u202e"])
@pytest.mark.parametrize("name", ["event_id", "producer"])
def test_names_in_the_address_are_printable(api: httpx.Client, database: Database, name: str, value: str) -> None:
    for sent in ({"content": lines(version(1)), "headers": NDJSON}, {"json": {"records": [version(1)]}}):
        document = problem(api.post(URL, params={name: value}, **sent), 400, "invalid-request")
        assert name in document["detail"]
    assert count(database) == 0


def test_an_event_is_asked_where_it_was_written_and_no_earlier_than_its_bookmark(
    api: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    bookmark = api.post(URL, json={"event_id": "e1", "records": [version(1)]}).headers["lineage-bookmark"]
    with caplog.at_level("DEBUG", logger="neo4j.io"):
        assert api.get("/api/v1/events/e1", headers={"Lineage-Bookmark": bookmark}).status_code == 200
    (asked,) = (message for message in caplog.messages if "C: RUN" in message and "e.digest" in message)
    assert bookmark in asked
    assert "'mode': 'r'" not in asked  # in a cluster, reads go to a follower, which may not have it yet
    problem(api.get("/api/v1/events/e1", headers={"Lineage-Bookmark": "garbage"}), 400, "invalid-request")


def test_the_same_id_with_other_content_is_a_conflict(api: httpx.Client) -> None:
    api.post(URL, json={"event_id": "e1", "records": [version(1, rows=3)]})
    problem(api.post(URL, json={"event_id": "e1", "records": [version(1, rows=4)]}), 409, "event-conflict")


def test_one_bad_record_and_nothing_is_written(api: httpx.Client, database: Database) -> None:
    response = api.post(URL, json={"records": [version(1), {**version(2), "entity": "Datasett"}, version(3, rows="x")]})
    errors = problem(response, 422, "invalid-record")["errors"]
    assert [(item["line"], item["field"], item["rule"]) for item in errors] == [
        (2, "/entity", "unknown-kind"),
        (3, "/attributes/rows", "type"),
    ]
    assert count(database) == 0


def test_per_item_keeps_the_good_ones(api: httpx.Client, database: Database) -> None:
    answer = api.post(URL, params={"mode": "per-item"}, json={"records": [version(1), {"entity": "X"}]}).json()
    assert (answer["created"], answer["failed"], answer["errors"][0]["line"]) == (1, 1, 2)
    assert count(database) == 2


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "invalid-request"),
        (b"null", "application/json", 400, "invalid-request"),
        (b"[]", "application/json", 400, "invalid-request"),
        (b'{"records": [', "application/json", 400, "invalid-request"),
        (b'{"records": {}}', "application/json", 400, "invalid-request"),
        (b'{"records": [], "colour": 1}', "application/json", 400, "invalid-request"),
        (b'{"records": [], "event_id": ""}', "application/json", 400, "invalid-request"),
        (b'{"records": [], "event_time": "now"}', "application/json", 400, "invalid-request"),
        (b'{"records": [{"entity": "\\ud800"}]}', "application/json", 400, "invalid-request"),
        (b"\xff\xfe", "application/json", 400, "invalid-request"),
        (b"{}", "text/plain", 415, "unsupported-media-type"),
        (b"{}", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"[" * 100_000, "application/json", 400, "invalid-request"),
    ],
)
def test_a_body_that_is_none(api: httpx.Client, content: bytes, content_type: str, status: int, code: str) -> None:
    problem(api.post(URL, content=content, headers={"content-type": content_type}), status, code)


def test_too_many_records_for_one_batch(api: httpx.Client) -> None:
    problem(api.post(URL, json={"records": [{}] * 10_001}), 413, "too-large")


def test_a_stream_is_written_in_steps_and_goes_on_where_it_stopped(api: httpx.Client, database: Database) -> None:
    body = lines(*(version(number) for number in range(7_000)))
    first = api.post(URL, params={"event_id": "s1"}, content=body, headers=NDJSON).json()
    assert (first["steps"], first["created"], first["records"]) == (2, 7_000, 7_000)
    again = api.post(URL, params={"event_id": "s1"}, content=body, headers=NDJSON).json()
    assert (again["replayed"], again["created"], again["unchanged"]) == (True, 0, 7_000)
    assert count(database) == 7_001


def test_broken_json_half_way_through_a_stream(api: httpx.Client, database: Database) -> None:
    good = [version(number) for number in range(6_000)]
    body = lines(*good[:5_500]) + b'{"entity": "Datas\n' + lines(*good[5_500:])
    document = problem(api.post(URL, params={"event_id": "s1"}, content=body, headers=NDJSON), 422, "invalid-record")
    assert document["committed_through_line"] == 5_000
    assert [(item["line"], item["rule"]) for item in document["errors"]] == [(5_501, "json")]
    assert count(database) == 5_001
    mended = api.post(URL, params={"event_id": "s1"}, content=lines(*good), headers=NDJSON).json()
    assert mended["created"] == 1_000
    assert count(database) == 6_001


def test_a_line_of_fifty_megabytes_is_refused_before_it_is_read(api: httpx.Client, database: Database) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        yield lines(version(1)) + b'{"entity": "'
        for _ in range(50):
            sent += 1
            yield b"x" * 1_000_000

    try:
        document = problem(api.post(URL, content=body(), headers=NDJSON), 413, "too-large")
    except (httpx.WriteError, httpx.RemoteProtocolError):
        pass  # the server closed the connection on us while we were still sending, which is as good
    else:
        assert document["errors"][0]["line"] == 2
    assert count(database) == 0


def test_unusual_names_survive_and_nul_is_refused(api: httpx.Client) -> None:
    name = "größe 🙂 s3://bucket/a:b%c?#'\"`}) DETACH DELETE n //"
    assert api.post(URL, json={"records": [version(1, name=name)]}).status_code == 200
    query = "query($t: String) { search(text: $t, kinds: [Dataset]) { edges { node { name } } } }"
    found = api.post("/graphql", json={"query": query, "variables": {"t": "größe"}}).json()
    assert [edge["node"]["name"] for edge in found["data"]["search"]["edges"]] == [name]
    errors = problem(api.post(URL, json={"records": [version(1, name="a\x00b")]}), 422, "invalid-record")["errors"]
    assert (errors[0]["field"], errors[0]["rule"]) == ("/name", "pattern")


def test_a_circle_is_kept_and_told(api: httpx.Client) -> None:
    def derived(newer: int, older: int) -> dict[str, Any]:
        ends = [f"urn:lineage:DatasetVersion:t:orders:v{number}" for number in (newer, older)]
        return {"edge": "DERIVED_FROM", "from": ends[0], "to": ends[1]}

    assert api.post(URL, json={"records": [derived(1, 2), derived(2, 3)]}).json()["findings"] == []
    findings = api.post(URL, json={"records": [derived(3, 1)]}).json()["findings"]
    assert [item["rule"] for item in findings] == ["cycle"]


def test_events_of_their_own_within_a_stream(api: httpx.Client) -> None:
    body = lines(*({**version(number), "event_id": f"own-{number // 2}"} for number in range(6)))
    answer = api.post(URL, content=body, headers=NDJSON).json()
    assert answer["created"] == 6
    assert api.get("/api/v1/events/own-2").json()["records"] == 2
    again = api.post(URL, content=body, headers=NDJSON).json()
    assert (again["replayed"], again["created"]) == (True, 0)


def test_an_event_is_the_same_whichever_way_it_is_sent(api: httpx.Client) -> None:
    source = {"event_id": "e1", "event_time": "2026-01-01T02:00:00+02:00", "producer": "test/1"}
    api.post(URL, json=source | {"records": [version(1), version(2)]})
    body = lines(*(source | {"event_time": "2026-01-01T00:00:00Z"} | version(number) for number in (1, 2)))
    assert api.post(URL, content=body, headers=NDJSON).json()["replayed"] is True


def test_the_lines_of_one_event_stand_together(api: httpx.Client, database: Database) -> None:
    body = lines(*({**version(number), "event_id": "AB"[number % 2]} for number in range(4)))
    errors = problem(api.post(URL, content=body, headers=NDJSON), 422, "invalid-record")["errors"]
    assert (errors[0]["line"], errors[0]["rule"]) == (3, "event-interrupted")
    assert count(database) == 0


def test_an_event_that_fits_no_batch_is_refused_whole(api: httpx.Client, database: Database) -> None:
    body = lines(version(1), *({**version(number), "event_id": "big"} for number in range(10_001)))
    document = problem(api.post(URL, content=body, headers=NDJSON), 413, "too-large")
    assert (document["errors"][0]["rule"], document["committed_through_line"]) == ("event-size", 0)
    assert count(database) == 0


def test_later_steps_of_a_stream_win_over_earlier_ones(api: httpx.Client, database: Database) -> None:
    padding = [version(number) for number in range(5_000)]
    said = lines(*(record for rows in range(11) for record in [*padding[:4_999], version(9_999, rows=rows)]))
    assert api.post(URL, content=said, headers=NDJSON).json()["steps"] == 11
    rows = database.read_text("MATCH (n:Entity {urn: 'urn:lineage:DatasetVersion:t:orders:v9999'}) RETURN n.rows")
    assert rows == [(10,)]


def test_a_record_nested_too_deep_is_refused_and_the_others_kept_if_asked(api: httpx.Client) -> None:
    deep: Any = 1
    for _ in range(300):
        deep = {"a": deep}
    bad = {"entity": "Run", "namespace": "t", "name": "r", "attributes": {"parameters": deep}}
    errors = problem(api.post(URL, json={"records": [bad]}), 422, "invalid-record")["errors"]
    assert (errors[0]["line"], errors[0]["rule"]) == (1, "nesting")
    answer = api.post(URL, params={"mode": "per-item"}, json={"records": [bad, version(1)]}).json()
    assert (answer["created"], answer["failed"]) == (1, 1)


def test_an_event_sent_twice_in_one_stream_is_the_event_sent_once(api: httpx.Client) -> None:
    once = {**version(1), "event_id": "e1"}
    assert api.post(URL, content=lines(once, once), headers=NDJSON).json()["created"] == 1
    assert api.post(URL, content=lines(once), headers=NDJSON).json()["replayed"] is True


def test_schemas_are_published(api: httpx.Client) -> None:
    schemas = api.get("/api/v1/schemas").json()
    assert schemas["DatasetVersion"] == api.get("/api/v1/schemas/DatasetVersion").json()
    assert "MAY_BE" not in schemas
    problem(api.get("/api/v1/schemas/Nothing"), 404, "not-found")
