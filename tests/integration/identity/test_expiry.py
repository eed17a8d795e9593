"""What a token began ends soon after the token: uploads, downloads and watching."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from registry.api import expiry
from registry.api.changes import event_stream
from registry.graph.database import Database
from tests.integration.identity.conftest import House

WRITER = {"role": "contributor", "namespaces": ["demo"]}


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "GRACE_SECONDS", 0.0)


def line(number: int) -> bytes:
    return json.dumps({"entity": "Dataset", "namespace": "demo", "name": f"d{number}"}).encode() + b"\n"


def test_an_upload_is_taken_no_further_than_its_token(house: House, clean_database: Database) -> None:
    token = house.service("uploads", WRITER, seconds=2)
    ends = time.time() + 2.2

    def lines() -> Iterator[bytes]:
        yield line(1)
        time.sleep(max(0.0, ends - time.time()))
        for number in range(2, 5):
            yield line(number)
            time.sleep(0.05)

    with house.client(token) as client:
        headers = {"Content-Type": "application/x-ndjson"}
        answer = client.post("/api/v1/records", params={"event_id": "up"}, content=lines(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert clean_database.read_text("MATCH (d:Dataset) WHERE d.name <> 'd1' RETURN d.name") == []


def test_a_download_is_broken_off_and_looks_so(
    house: House, clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [{"entity": "Run", "namespace": "demo", "name": "r"}]
    for number in range(40):
        records += [
            {"entity": "DatasetVersion", "namespace": "demo", "name": f"d{number}", "version": "1"},
            {
                "edge": "GENERATED_BY", "from": f"urn:lineage:DatasetVersion:demo:d{number}:1", "to": "urn:lineage:Run:demo:r",
                "evidence": "observed",
            },
        ]  # fmt: skip
    token = house.service("downloads", {"role": "reader", "namespaces": ["*"]}, seconds=600)
    with house.administrator() as administrator, house.client(token) as client:
        assert administrator.post("/api/v1/records", json={"records": records}).status_code == 200
        asked = {"urn": "urn:lineage:Run:demo:r", "format": "ndjson", "part": "nodes"}
        assert len(client.get("/api/v1/lineage/stream", params=asked).text.splitlines()) >= 41
        monkeypatch.setattr(expiry, "GRACE_SECONDS", -601.0)  # as if it had ended while the answer was made
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/api/v1/lineage/stream", params=asked)


def test_watching_ends_with_the_token(house: House, clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(expiry, "GRACE_SECONDS", 30.0)
    with house.administrator() as administrator:
        record = {"entity": "Dataset", "namespace": "demo", "name": "wine"}
        assert administrator.post("/api/v1/records", json={"records": [record]}).status_code == 200
    token = house.service("watches", {"role": "reader", "namespaces": ["*"]}, seconds=2)
    with (
        house.client(token) as client,
        client.stream("GET", "/api/v1/impact/changes", params={"urn": "urn:lineage:Dataset:demo:wine"}) as events,
    ):
        assert events.status_code == 200
        said = "".join(events.iter_text())
    assert "event: state" in said, "it ends as streams end, not in the middle of an event"
    with house.client(token) as client:
        assert client.get("/api/v1/whoami").status_code == 401
