"""Requests that are no sound requests are refused in our form, change nothing and cost little."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from tests.integration.hardening.conftest import urn
from tests.integration.hardening.target import MOST_ANSWERED, Target, refused, status_of

RECORDS, EVENT, EVENTS, QUERY = "/api/v1/records", "/api/v1/lineage", "/api/v1/lineage/batch", "/graphql"
WRITING = (RECORDS, EVENT, EVENTS, "/api/v1/quarantine", "/api/v1/quarantine/settle")
JSON, NDJSON = {"content-type": "application/json"}, {"content-type": "application/x-ndjson"}
GOOD = b'{"records": [{"entity": "Dataset", "namespace": "bad", "name": "x"}]}'
DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000

BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n ",
    "null": b"null",
    "number": b"5",
    "text": b'"records"',
    "truncated": GOOD[:-7],
    "two values": GOOD + GOOD,
    "doubled name": b'{"records": [], "records": [{"entity": "Dataset", "namespace": "bad", "name": "x"}]}',
    "doubled name inside": b'{"records": [{"entity": "Dataset", "namespace": "bad", "name": "x", "name": "y"}]}',
    "doubled name, escaped": b'{"records": [{"entity": "Dataset", "namespace": "bad", "name": "x", "n\\u0061me": "y"}]}',
    "NaN": b'{"records": [{"entity": "Run", "namespace": "bad", "name": "x", "attributes": {"parameters": {"a": NaN}}}]}',
    "Infinity": b'{"records": [-Infinity]}',
    "1e400": b'{"records": [{"entity": "Run", "namespace": "bad", "name": "x", "attributes": {"parameters": {"a": 1e400}}}]}',
    "deep lists": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": DEEP,
    "deep and open": b"[" * 100_000,
    "deep record": b'{"records": [' + DEEP + b"]}",
    "lone surrogate": b'{"records": [{"entity": "Dataset", "namespace": "bad", "name": "\\ud800"}]}',
    "surrogates reversed": b'{"records": [{"entity": "Dataset", "namespace": "bad", "name": "\\udc00\\ud800"}]}',
    "overlong": b'{"records": [{"entity": "Dataset", "namespace": "bad", "name": "\xc0\xaf"}]}',
    "surrogate in UTF-8": b'{"records": [{"entity": "Dataset", "namespace": "bad", "name": "\xed\xa0\x80"}]}',
    "not UTF-8": b'{"records": [{"entity": "Dataset", "namespace": "bad", "name": "\xff"}]}',
    "UTF-16": GOOD.decode().encode("utf-16"),
    "a NUL at the end": GOOD + b"\x00",
    "control character": b'{"records": [{"entity": "Dataset", "namespace": "bad", "name": "a\x01b"}]}',
    "comment": b"/* */" + GOOD,
    "HTML": b"<html><script>alert(1)</script></html>",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "pickle": b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.",
    "zeros": b"\x00" * 10_000,
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_are_no_json_of_ours(target: Target, name: str) -> None:
    with target.unmoved(logged=MOST_ANSWERED * 2):
        for path in (*WRITING, "/api/v1/watermarks/" + "0" * 32):
            method = "PUT" if "watermarks" in path else "POST"
            response = target.client.request(method, path, content=BODIES[name], headers=JSON)
            if path == EVENTS and response.status_code == 200:  # a batch of one that fails
                assert response.json()["summary"]["successful"] == 0
                continue
            assert 400 <= response.status_code < 500, (path, response.text[:500])
            refused(response, response.status_code, response.json()["code"])
        refused(target.client.post(QUERY, content=BODIES[name], headers=JSON), 400, "invalid-request")


@pytest.mark.parametrize("name", sorted(BODIES.keys() - {"empty", "blank"}))
def test_lines_that_are_no_json(target: Target, name: str) -> None:
    with target.unmoved(logged=MOST_ANSWERED):
        response = target.client.post(RECORDS, content=BODIES[name].replace(b"\n", b" "), headers=NDJSON)
        refused(response, 422, "invalid-record")


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/xml", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "application/jsonx", "\xff"]
)  # fmt: skip
def test_other_content_types(target: Target, media_type: str) -> None:
    with target.unmoved():
        headers = {b"content-type": media_type.encode("latin-1")}
        refused(target.client.post(RECORDS, content=GOOD, headers=headers), 415, "unsupported-media-type")


def record(**more: Any) -> dict[str, Any]:
    return {"entity": "Dataset", "namespace": "bad", "name": "x"} | more


VALUES: dict[str, dict[str, Any]] = {
    "rows beyond 63 bits": {"entity": "DatasetVersion", "version": "1", "attributes": {"rows": 2**63}},
    "rows beyond 64 bits": {"entity": "DatasetVersion", "version": "1", "attributes": {"rows": 2**64}},
    "rows beyond doubles": {"entity": "DatasetVersion", "version": "1", "attributes": {"rows": 10**300}},
    "rows that are a text": {"entity": "DatasetVersion", "version": "1", "attributes": {"rows": "5"}},
    "rows that are a fraction": {"entity": "DatasetVersion", "version": "1", "attributes": {"rows": 0.5}},
    "unknown kind": {"entity": "Unicorn"},
    "kind in another case": {"entity": "dataset"},
    "kind that is a list": {"entity": ["Dataset"]},
    "unknown attribute": {"attributes": {"unicorn": 1}},
    "system attribute": {"attributes": {"recorded_from": 1}},
    "scope": {"attributes": {"scope": "everybody"}},
    "salt": {"attributes": {"salt": "AAAA"}},
    "empty name": {"name": ""},
    "name that is a number": {"name": 5},
    "name that is null": {"name": None},
    "name with NUL": {"name": "a\x00b"},
    "name of 10 MB": {"name": "x" * 10_000_000},
    "namespace of 4 kB": {"namespace": "n" * 4_096},
    "attribute name of 1 MB": {"attributes": {"x" * 1_000_000: 1}},
    "unknown member": {"DROP": "everything"},
    "year 0": {"attributes": {"created_at": "0000-01-01T00:00:00Z"}},
    "year 10000": {"attributes": {"created_at": "10000-01-01T00:00:00Z"}},
    "no zone": {"attributes": {"created_at": "2026-01-01T00:00:00"}},
    "no time": {"attributes": {"created_at": "2026-01-01"}},
    "month 13": {"attributes": {"created_at": "2026-13-01T00:00:00Z"}},
    "second 61": {"attributes": {"created_at": "2026-01-01T00:00:61Z"}},
    "a time in words": {"attributes": {"created_at": "yesterday"}},
    "a time in full-width digits": {"attributes": {"created_at": "\uff12\uff10\uff12\uff16-01-01T00:00:00Z"}},
    "an edge to itself": {"edge": "DERIVED_FROM", "from": urn("Model", "x"), "to": urn("Model", "x")},
    "an edge of no relation": {"edge": "EATS", "from": urn("Run", "x"), "to": urn("Run", "y")},
    "an edge between wrong kinds": {"edge": "USED", "from": urn("Team", "x"), "to": urn("Team", "y")},
    "a URN that is none": {"urn": "urn:lineage:Dataset"},
    "a URN of another kind": {"urn": urn("Model", "x")},
    "too deep": {"entity": "Run", "attributes": {"parameters": json.loads('{"a":' * 300 + "1" + "}" * 300)}},
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_records_that_say_what_cannot_be(target: Target, name: str) -> None:
    bad, good = record(**VALUES[name]), record(name="good")
    with target.unmoved():
        response = target.client.post(RECORDS, json={"records": [good, bad]})
        refused(response, 422, "invalid-record")
        assert {item["line"] for item in response.json()["errors"]} == {2}


ENVELOPES: dict[str, dict[str, Any]] = {
    "event_time of year 0": {"event_time": "0000-01-01T00:00:00Z"},
    "event_time of year 9999 and beyond": {"event_time": "9999-12-31T23:59:59-14:00"},
    "event_time without a zone": {"event_time": "2026-01-01T00:00:00"},
    "event_time as a number": {"event_time": 1_700_000_000},
    "event_id as a number": {"event_id": 5},
    "event_id that is empty": {"event_id": ""},
    "event_id of 4 kB": {"event_id": "e" * 4_096},
    "event_id with a line feed": {"event_id": "a\r\nX-Injected: 1"},
    "producer with NUL": {"producer": "a\x00"},
    "producer that is a list": {"producer": ["a"]},
    "unknown member": {"records2": []},
    "records that are none": {"records": "x"},
    "too many records": {"records": [1] * 100_001},
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_envelopes_that_say_what_cannot_be(target: Target, name: str) -> None:
    with target.unmoved():
        response = target.client.post(RECORDS, json={"records": [record()]} | ENVELOPES[name])
        assert response.status_code in (400, 413, 422), response.text
        refused(response, response.status_code, response.json()["code"])


def event(**more: Any) -> dict[str, Any]:
    return {
        "eventType": "COMPLETE", "eventTime": "2026-05-04T12:00:00Z", "producer": "https://example.org",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": "0196a1c0-0000-7000-8000-000000000001"}, "job": {"namespace": "bad", "name": "etl"},
    } | more  # fmt: skip


EVENTS_REFUSED: dict[str, dict[str, Any]] = {
    "year 0": {"eventTime": "0000-01-01T00:00:00Z"},
    "year 10000": {"eventTime": "10000-01-01T00:00:00Z"},
    "no time": {"eventTime": None},
    "no job": {"job": None},
    "a job of no name": {"job": {"namespace": "bad"}},
    "a job of a number": {"job": {"namespace": "bad", "name": 5}},
    "no run id": {"run": {}},
    "inputs of text": {"inputs": "everything"},
    "an input of text": {"inputs": ["everything"]},
    "facets of text": {"run": {"runId": "0196a1c0-0000-7000-8000-000000000001", "facets": "all"}},
}


@pytest.mark.parametrize("name", EVENTS_REFUSED)
def test_events_that_say_what_cannot_be(target: Target, name: str) -> None:
    with target.unmoved(logged=MOST_ANSWERED):
        response = target.client.post(EVENT, json=event(**EVENTS_REFUSED[name]))
        assert response.status_code in (400, 422), response.text
        refused(response, response.status_code, response.json()["code"])


def test_what_a_facet_names_is_kept_and_never_fetched(target: Target, httpserver_seen: list[str]) -> None:
    """An address of ours in every place where an event may name one: nobody comes."""
    address = httpserver_seen[0]
    facet = {"_producer": address, "_schemaURL": address, "uri": address, "url": address, "$ref": address}
    inputs = [{"namespace": address, "name": "t", "facets": {"unknown": facet, "dataSource": facet | {"name": "s"}}}]
    body = event(
        schemaURL=address,
        producer=address,
        inputs=inputs,
        job={"namespace": "ssrf", "name": "etl", "facets": {"sourceCodeLocation": facet | {"type": "git"}}},
    )
    assert target.client.post(EVENT, json=body).status_code == 200
    attributes = {"uri": address, "source_uri": address}
    target.client.post(RECORDS, json={"records": [record(namespace="ssrf", attributes=attributes)]})
    target.client.post(
        RECORDS, json={"records": [record(namespace="ssrf", attributes={"$schema": address, "$ref": address})]}
    )
    assert httpserver_seen[1:] == []


BOMB = gzip.compress(b"\x00" * 80_000_000)


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (BOMB, "gzip", 413),
        (BOMB, "GZIP", 413),
        (gzip.compress(b"{}")[:-6], "gzip", 400),
        (b"\x1f\x8b\x08\x00garbage", "gzip", 400),
        (b"plain", "gzip", 400),
        (gzip.compress(b"") * 2_000, "gzip", 400),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip", 415),
        (zlib.compress(b"{}"), "deflate", 415),
        (b"{}", "br", 415),
        (b"{}", "zstd", 415),
        (b"{}", "\xff", 415),
    ],
    ids=["bomb", "BOMB", "cut", "garbage", "plain", "2000 parts", "twice", "deflate", "br", "zstd", "none known"],
)
def test_packed_bodies(target: Target, body: bytes, encoding: str, status: int) -> None:
    headers = {b"content-type": b"application/json", b"content-encoding": encoding.encode("latin-1")}
    with target.unmoved(logged=MOST_ANSWERED):
        for path in (EVENT, EVENTS):
            response = target.client.post(path, content=body, headers=headers)
            refused(response, status, response.json()["code"])
        response = target.client.post(RECORDS, content=body, headers=headers)
        assert 400 <= response.status_code < 500  # it takes none packed


def head(method: str = "POST", path: str = RECORDS, *headers: str, host: str = "127.0.0.1", token: str = "") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Authorization: {token}", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"


RAW: dict[str, bytes] = {
    "more than announced": head("POST", RECORDS, "Content-Type: application/json", "Content-Length: 3") + GOOD,
    "a length that is none": head("POST", RECORDS, "Content-Length: x"),
    "a negative length": head("POST", RECORDS, "Content-Length: -5"),
    "a signed length": head("POST", RECORDS, "Content-Length: +5") + b"12345",
    "two lengths": head("POST", RECORDS, "Content-Length: 5", "Content-Length: 6") + b"12345",
    "length and chunks": head("POST", RECORDS, "Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a length of 2^70": head("POST", RECORDS, f"Content-Length: {2**70}"),
    "a great length": head("POST", RECORDS, "Content-Type: application/json", "Content-Length: 999999999999"),
    "a chunk that is none": head("POST", RECORDS, "Transfer-Encoding: chunked") + b"zz\r\n",
    "a negative chunk": head("POST", RECORDS, "Transfer-Encoding: chunked") + b"-1\r\n\r\n",
    "unknown transfer": head("POST", RECORDS, "Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "no host": b"GET /graphql HTTP/1.1\r\n\r\n",
    "two hosts": head("GET", QUERY, "Host: evil.example"),
    "another host": head("GET", QUERY, host="evil.example"),
    "a host with a name before": head("GET", QUERY, host="127.0.0.1@evil.example"),
    "a host with a name behind": head("GET", QUERY, host="evil.example/127.0.0.1"),
    "a host below": head("GET", QUERY, host="127.0.0.1.evil.example"),
    "a host of a port that is none": head("GET", QUERY, host="127.0.0.1:99999"),
    "another host in the address": head("GET", "http://evil.example/graphql", host="evil.example"),
    "no version": b"GET /graphql\r\n\r\n",
    "another version": b"GET /graphql HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    "a folded header": head("GET", QUERY, "X-A: 1\r\n folded"),
    "a space in a header's name": head("GET", QUERY, "X-A : 1"),
    "NUL in a header": head("GET", QUERY, "X-A: a\x00b"),
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an upgrade to HTTP/2": head("POST", RECORDS, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", "Content-Length: 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
def test_requests_that_are_no_http_of_ours(target: Target, name: str) -> None:
    with target.unmoved(logged=MOST_ANSWERED):
        answer = target.send(RAW[name])
        assert 400 <= status_of(answer) < 500 or not answer, answer[:300]
        assert len(answer) <= MOST_ANSWERED


def test_one_request_hidden_behind_another_is_not_run(target: Target) -> None:
    """What a proxy in front would take for a body is never read as a request of its own."""
    token = target.client.headers.get("authorization", "")
    hidden = head("POST", RECORDS, "Content-Type: application/json", f"Content-Length: {len(GOOD)}", token=token) + GOOD
    for framing in (
        ("Content-Length: 6", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: xchunked", f"Content-Length: {len(hidden)}"),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding : chunked",),
        ("Content-Length: 0, 0",),
    ):
        with target.unmoved(logged=MOST_ANSWERED):
            target.send(head("POST", QUERY, *framing, token=token) + b"0\r\n\r\n" + hidden)


@pytest.mark.parametrize(
    "value", ["a\r\nX-Injected: 1", "a\nX-Injected: 1", "%0d%0aX-Injected:%201", "a\u0085X-Injected: 1", "<script>"]
)
def test_nothing_that_was_sent_becomes_a_header(target: Target, value: str) -> None:
    with target.unmoved(logged=MOST_ANSWERED):
        for response in (
            target.client.get("/api/v1/events/" + value.replace("\n", "%0a").replace("\r", "%0d")),
            target.client.get("/api/v1/namespaces/x", params={"a": value}),
            target.client.get(EVENT, params={"nodeId": value}),
            target.client.get("/" + value.replace("\n", "%0a").replace("\r", "%0d")),
        ):
            assert "x-injected" not in response.headers
            assert 400 <= response.status_code < 500
            assert "html" not in response.headers["content-type"]
        refusal = (
            target.client.get("/healthz", headers={b"x-request-id": value.encode()}) if value.isprintable() else None
        )
        assert refusal is None or refusal.headers["x-request-id"] != value


@pytest.mark.parametrize(
    "place",
    [
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e",
        "....//",
        "a%00b",
        "x" * 4_096,
        "%ff",
        "\u202e",
        "~root",
        "C:\\",
    ],
)
def test_names_in_the_path_are_names(target: Target, place: str) -> None:
    with target.unmoved(logged=MOST_ANSWERED * 8):
        for path in (
            f"/api/v1/namespaces/{place}", f"/api/v1/namespaces/{place}/datasets/{place}", f"/api/v1/jobs/runs/{place}",
            f"/api/v1/events/{place}", f"/api/v1/quarantine/{place}", f"/api/v1/schemas/{place}", f"/graphql/assets/{place}",
            f"/api/v1/scheduled-sources/{place}/runs", f"/api/v1/watermarks/{place}", f"/{place}",
        ):  # fmt: skip
            token = target.client.headers.get("authorization", "")
            answer = target.send(head("GET", path.encode().decode("latin-1"), token=token))
            assert status_of(answer) in (200, 400, 404, 405, 414, 422) or not answer, (path, answer[:300])
            assert b"root:x:0" not in answer
            assert b"\r\nlocation:" not in answer.lower()
            assert len(answer) <= MOST_ANSWERED * 2


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=0",
        "limit=1e9",
        "limit=99999999999999999999",
        "limit=x",
        "offset=-1",
        "offset=99999999999999999999",
        "limit=1&limit=2",
        "limit=%00",
        "offset=NaN",
    ],
)
def test_pages_that_are_none(target: Target, query: str) -> None:
    with target.unmoved(logged=MOST_ANSWERED * 4):
        for path in (
            "/api/v1/namespaces",
            "/api/v1/namespaces/x/jobs",
            "/api/v1/quarantine",
            "/api/v1/events/lineage",
            "/api/v1/tags",
        ):
            response = target.client.get(f"{path}?{query}")
            assert response.status_code in (200, 400, 404), (path, response.text)
            assert len(response.content) <= MOST_ANSWERED


@pytest.mark.parametrize(
    "moment",
    [
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-01-01",
        "x",
        "-1",
        "2026-01-01T00:00:00+99:00",
        "2016-12-31T23:59:60Z",
        "1e400",
    ],
)
def test_times_that_are_none(target: Target, moment: str) -> None:
    with target.unmoved(logged=MOST_ANSWERED * 4):
        for path, name in (
            ("/api/v1/lineage/stream", "as_of"),
            ("/api/v1/export", "known_at"),
            ("/api/v1/events/lineage", "before"),
        ):
            response = target.client.get(
                path, params={"urn": urn("Dataset", "wine"), "format": "ndjson", "direction": "upstream", name: moment}
            )
            assert response.status_code in (200, 400, 422), (path, response.text)


def test_cursors_that_were_tampered_with(target: Target) -> None:
    page = target.ask("{ search(first: 1) { edges { cursor } pageInfo { endCursor } } }").json()["data"]["search"]
    cursor = page["pageInfo"]["endCursor"]
    for bad in (
        cursor[:-1],
        cursor + "A",
        cursor.swapcase(),
        cursor[::-1],
        "",
        "=",
        "\u00e4",
        cursor[:5] + "\x00" + cursor[5:],
    ):
        with target.unmoved():
            response = target.ask("query ($a: String) { search(first: 1, after: $a) { totalCount } }", {"a": bad})
            codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
            assert codes == ["invalid-request"] or (bad == cursor and not codes), (bad, response.text)


@pytest.mark.parametrize(
    "bookmark",
    ["a", "ab", "abc", "FB:", "FB:zz", "FB:====", "neo4j:bookmark:v1:tx99", "x" * 600, "FB:" + "A" * 600, ",".join(["FB:zz"] * 11), "\xff"],
)  # fmt: skip
def test_bookmarks_that_are_none(target: Target, bookmark: str) -> None:
    headers = {b"lineage-bookmark": bookmark.encode("latin-1")}
    with target.unmoved():
        refused(target.client.get("/api/v1/events/e1", headers=headers), 400, "invalid-request")
        asked = {"query": "{ search { totalCount } }"}
        response = target.client.post(QUERY, json=asked, headers=headers)
        assert response.status_code in (200, 400)
        assert response.json()["errors"][0]["extensions"]["code"] == "invalid-request"


def test_a_run_of_two_jobs_and_an_end_before_the_start(target: Target) -> None:
    """Neither is an error: both happen, and lose nothing."""
    for body in (
        event(job={"namespace": "odd", "name": "a"}),
        event(job={"namespace": "odd", "name": "b"}),
        event(eventType="START", job={"namespace": "odd", "name": "a"}),
        event(eventTime="2099-01-01T00:00:00Z", job={"namespace": "odd", "name": "c"}),
    ):
        response = target.client.post(EVENT, json=body)
        assert response.status_code in (200, 422), response.text
