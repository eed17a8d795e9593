"""What does not fit is refused at once, with a code and without internals."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest

JSON = {"content-type": "application/json"}
GOOD = b'{"query": "{ __typename }"}'


def test_a_good_request_first(api: httpx.Client) -> None:
    response = api.post("/graphql", content=GOOD, headers={"content-type": 'application/json; charset="utf-8"'})
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid-request"),
        (b"null", 400, "invalid-request"),
        (b"[]", 400, "invalid-request"),
        (b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]', 400, "invalid-request"),
        (b'"{ __typename }"', 400, "invalid-request"),
        (b"{}", 400, "invalid-request"),
        (b'{"query": null}', 400, "invalid-request"),
        (b'{"query": ""}', 400, "invalid-request"),
        (b'{"query": 5}', 400, "invalid-request"),
        (b'{"query": ["{ __typename }"]}', 400, "invalid-request"),
        (b'{"query": "{ __typename }", "variables": []}', 400, "invalid-request"),
        (b'{"query": "{ __typename }", "variables": "{}"}', 400, "invalid-request"),
        (b'{"query": "{ __typename }", "operationName": 1}', 400, "invalid-request"),
        (b'{"query": "{ __typename }", "operationName": "Nobody"}', 400, "invalid-request"),
        (b'{"query": "{ __typename }"', 400, "invalid-request"),
        (b'{"query": "{ __typename }", "variables": {"a": NaN}}', 400, "invalid-request"),
        (b'{"query": "\xff"}', 400, "invalid-request"),
        (b'{"query": "{ \\ud800 }"}', 400, "invalid-request"),
        (b"\xef\xbb\xbf" + GOOD, 400, "invalid-request"),
        (b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001, 400, "invalid-request"),
        (b'{"query": "{ nothing }"}', 400, "invalid-document"),
        (b'{"query": "mutation { drop }"}', 400, "invalid-document"),
        (b'{"query": "' + b" " * 1_100_000 + b'"}', 413, "too-large"),
    ],
)
def test_bodies_that_do_not_fit(api: httpx.Client, body: bytes, status: int, code: str) -> None:
    response = api.post("/graphql", content=body, headers=JSON)
    answer = response.json()
    assert (response.status_code, answer["errors"][0]["extensions"]["code"]) == (status, code)
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    "media_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql", "application/json; charset=utf-16", "application/jsonx"],
)  # fmt: skip
def test_other_content_types(api: httpx.Client, media_type: str) -> None:
    response = api.post("/graphql", content=GOOD, headers={"content-type": media_type})
    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "unsupported-media-type"


def test_documents_are_not_taken_from_the_address(api: httpx.Client) -> None:
    response = api.get("/graphql", params={"query": "{ __typename }"})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert "data" not in response.json()


def test_a_body_without_a_stated_length_is_bounded(api: httpx.Client) -> None:
    response = api.post("/graphql", content=(b" " * 65_536 for _ in range(40)), headers=JSON)
    assert response.status_code == 413


def test_no_web_sockets(api_url: str) -> None:
    host, port = api_url.removeprefix("http://").split(":")
    head = f"GET /graphql HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-ws\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode())
        assert b" 101 " not in connection.recv(4096).splitlines()[0]


def test_other_hosts_are_refused(api: httpx.Client) -> None:
    for path in ("/graphql", "/healthz", "/metrics", "/docs"):
        response = api.get(path, headers={"host": "evil.example"})
        assert (response.status_code, response.json()["code"]) == (421, "host-not-allowed")


def test_no_other_origin_is_allowed(api: httpx.Client) -> None:
    origin = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    response = api.options("/graphql", headers=origin)
    assert "access-control-allow-origin" not in response.headers
    assert response.status_code == 405


@pytest.mark.parametrize("path", ["/api/v1/lineage", "/api/v1/records", "/api/v1/quarantine/x/retry", "/graphql"])
def test_a_page_of_another_site_changes_nothing(api: httpx.Client, path: str) -> None:
    headers = {"origin": "https://evil.example", "content-type": "text/plain"}
    response = api.post(path, content=b"{}", headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "cross-site")


def test_variables_that_do_not_fit(api: httpx.Client) -> None:
    document = "query ($urn: URN!, $first: Int, $at: DateTime) { entity(urn: $urn, asOf: $at) { urn } search(first: $first) { totalCount } }"
    cases: list[dict[str, Any]] = [
        {},
        {"urn": 5},
        {"urn": "urn:lineage:Team:a:b", "first": "x"},
        {"urn": "urn:lineage:Team:a:b", "first": 2**40},
        {"urn": "urn:lineage:Team:a:b", "first": 1.5},
        {"urn": "urn:lineage:Team:a:b", "at": "yesterday"},
        {"urn": "urn:lineage:Team:a:b", "at": "2026-01-01T00:00:00"},
        {"urn": "urn:lineage:Team:a:b", "at": 5},
        {"urn": ["urn:lineage:Team:a:b"]},
    ]
    for variables in cases:
        response = api.post("/graphql", json={"query": document, "variables": variables})
        assert response.status_code == 400, variables
        for error in response.json()["errors"]:
            assert error["extensions"]["code"] in ("invalid-request", "invalid-document")
            assert "Traceback" not in json.dumps(error)
