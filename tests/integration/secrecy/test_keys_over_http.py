"""Keys and erasure through the API and the command line, as an administrator uses them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry.cli.app import app
from registry.graph.database import Database

PERSON = {"entity": "Person", "namespace": "demo", "name": "ann", "attributes": {"contact": "canary-ann@example.org"}}


@pytest.fixture
def written(api: httpx.Client, clean_database: Database) -> httpx.Client:
    assert api.post("/api/v1/records", json={"event_id": "keys-over-http", "records": [PERSON]}).status_code == 200
    return api


def said(result: Result) -> dict[str, Any]:
    """The document that a command printed, among the log lines of the server in this process."""
    found: dict[str, Any] = json.JSONDecoder().raw_decode(result.stdout, result.stdout.index("{\n"))[0]
    return found


def test_rotates_in_the_background_and_erases(
    written: httpx.Client, api_url: str, clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_URL", api_url)
    run = CliRunner()
    before = said(run.invoke(app, ["key", "list", "--json"]))
    assert {key["slot"] for key in before["keys"]} >= {"entity urn:lineage:Person:demo:ann", "registry"}
    assert "wrapped" not in {name for key in before["keys"] for name in key}
    done = run.invoke(app, ["key", "rotate", "--reason", "drill", "--json"])
    assert done.exit_code == 0, done.output
    assert said(done)["done"]
    after = said(run.invoke(app, ["key", "list", "--json"]))
    assert after["counts"] == {"active": 2, "retired": 2}
    erased = run.invoke(app, ["erase", "urn:lineage:Person:demo:ann", "--reason", "request 4", "--yes", "--json"])
    assert erased.exit_code == 0, erased.output
    assert said(erased)["keys"] == 2
    assert not clean_database.read_text("MATCH (n:Person) RETURN n")
    actors = clean_database.read_text("MATCH (e:LedgerEntry {action: 'records.erase'}) RETURN e.subject")
    assert actors
    assert actors != [("registry",)], "the log says who asked"


def test_refuses_what_makes_no_sense(written: httpx.Client) -> None:
    assert written.post("/api/v1/keys/destroy", json={"slot": "namespace none", "reason": "x"}).status_code == 404
    assert written.post("/api/v1/keys/destroy", json={"slot": "registry", "reason": "x"}).status_code == 400
    assert written.post("/api/v1/keys/destroy", json={"slot": "namespace demo"}).status_code == 400
    assert (
        written.post("/api/v1/erasures", json={"urn": "urn:lineage:Person:demo:no", "reason": "x"}).status_code == 404
    )
    assert written.post("/api/v1/erasures", json={"urn": "nonsense", "reason": "x"}).status_code == 400
    anybody = httpx.Client(base_url=str(written.base_url))
    for method, path in (("GET", "/api/v1/keys"), ("POST", "/api/v1/keys/rotate"), ("POST", "/api/v1/erasures")):
        assert anybody.request(method, path, json={}).status_code == 401
