"""`lineage grant`, `lineage policy` and `lineage sandbox`, as a person runs them, and what somebody who may not gets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry.cli.app import app
from registry.graph.database import Database
from registry.permission.policy import Grant
from registry.permission.role import Role

pytestmark = pytest.mark.neo4j


@pytest.fixture(autouse=True)
def _server(api_url: str, clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", api_url)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def document(result: Result) -> Any:
    """The JSON that a command prints; the server of the test logs to the same place."""
    begins = re.search(r"^\{", result.stdout, re.MULTILINE)
    assert begins is not None, result.stdout
    found, _ = json.JSONDecoder().raw_decode(result.stdout, begins.start())
    return found


def test_grants_are_added_explained_and_taken_back() -> None:
    words = ("grant", "add", "contributor", "ci", "--in", "prod/*", "--up-to", "confidential", "--reason", "builds")
    added = document(run(*words, "--json"))
    assert added["id"] == Grant(Role.CONTRIBUTOR, subject="ci", namespaces=("prod/*",), ceiling="confidential").id
    assert "there already" in run(*words).stdout
    listed = run("grant", "list").stdout
    assert "up to confidential" in listed
    assert "builds" in listed
    allowed = run("policy", "explain", "--as", "ci", "--to", "write", "--on", "Model:prod/eu:m")
    assert (allowed.exit_code, f"grant:{added['id']}/contributor" in allowed.stdout) == (0, True)
    denied = run("policy", "explain", "--as", "ci", "--to", "write", "--in", "prod")
    assert denied.exit_code == 1
    assert "it is for other namespaces" in denied.stdout
    assert document(run("policy", "show", "--json"))["grants"][0]["id"] == added["id"]
    assert run("grant", "remove", added["id"]).exit_code == 0
    assert run("grant", "remove", added["id"]).exit_code != 0
    assert document(run("policy", "explain", "--as", "ci", "--to", "write", "--json"))["rule"] == "default-deny"


def test_the_label_and_the_owners_of_what_is_asked_about_count(api: httpx.Client) -> None:
    urn = "urn:lineage:Model:prod:m"
    record = {
        "entity": "Model",
        "urn": urn,
        "attributes": {"sensitivity": "confidential"},
        "owners": ["urn:lineage:Team:o:t"],
    }
    assert api.post("/api/v1/records", json={"event_id": "e", "records": [record]}).status_code == 200
    run("grant", "add", "reader", "reports", "--in", "*")
    for asked in (urn, "ModelVersion:prod:m:7"):
        answer = document(run("policy", "explain", "--as", "reports", "--to", "read", "--on", asked, "--json"))
        assert answer["on"]["sensitivity"] == "confidential"
        assert answer["on"]["owners"] == ["urn:lineage:Team:o:t"]
        assert answer["grants"][0]["against"] == "it is cleared up to internal only"


@pytest.mark.parametrize(
    "words",
    [
        ("grant", "add", "reader", "--in", "*"),
        ("grant", "add", "reader", "a", "--group", "b", "--in", "*"),
        ("grant", "add", "reader", "a"),
        ("grant", "add", "king", "a", "--in", "*"),
        ("grant", "add", "reader", "a", "--in", "prod*"),
        ("grant", "remove", "nothing"),
        ("sandbox", "create", "Lab"),
        ("sandbox", "create", "a/b"),
        ("sandbox", "show", "none"),
        ("sandbox", "unshare", "none", "x"),
        ("policy", "explain", "--as", "a", "--to", "rule"),
        ("policy", "check", "nothing.toml"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code not in (0, None)


def test_a_policy_file_is_checked_without_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", "http://127.0.0.1:9")
    path = tmp_path / "policy.toml"
    path.write_text('[[grant]]\nrole = "reader"\ngroup = "ml"\nissuer = "https://login.example"\nnamespaces = ["*"]\n')
    found = document(run("policy", "check", str(path), "--json"))
    assert found["policy_file"][0]["group"] == "ml"


def test_a_sandbox_from_making_to_removing(api: httpx.Client) -> None:
    assert "sandbox:lab" in run("sandbox", "create", "lab", "--days", "2", "--reason", "a try").stdout
    urn = "urn:lineage:Model:sandbox%3Alab:m"
    body = {"event_id": "e", "records": [{"entity": "Model", "urn": urn, "attributes": {"title": "M"}}]}
    assert api.post("/api/v1/records", json=body).status_code == 200
    shared = document(run("sandbox", "share", "lab", "bob", "--json"))
    assert "bob" in run("sandbox", "show", "lab").stdout
    assert run("sandbox", "unshare", "lab", shared["id"]).exit_code == 0
    assert "bob" not in run("sandbox", "show", "lab").stdout
    assert "a try" in run("sandbox", "list").stdout
    words = ("sandbox", "promote", "lab", urn, "--to", "prod", "--reason", "good")
    assert document(run(*words, "--json"))["promoted"] == {urn: "urn:lineage:Model:prod:m"}
    assert "nothing changed" in run(*words).stdout
    assert run("sandbox", "prolong", "lab", "--days", "5").exit_code == 0
    assert document(run("sandbox", "remove", "lab", "--yes", "--json"))["entities"] == 1
    assert document(run("sandbox", "list", "--json")) == {"sandboxes": []}


ROUTES = (
    ("GET", "/api/v1/grants"), ("POST", "/api/v1/grants"), ("DELETE", "/api/v1/grants/0123456789ab"), ("GET", "/api/v1/policy"),
    ("POST", "/api/v1/policy/explain"),
)  # fmt: skip


@pytest.mark.parametrize("role", ["reader", "contributor", "approver", "auditor", "administrator"])
def test_grants_are_for_who_administers_every_namespace(role: str, api: httpx.Client) -> None:
    grants = [{"role": role, "namespaces": ["prod", "prod/*", "sandbox:*"]}]
    if role != "administrator":
        grants.append({"role": role, "namespaces": ["*"]})
    made = api.post("/api/v1/service-tokens", json={"name": f"who-{role}", "expires_in": 600, "grants": grants}).json()
    with httpx.Client(base_url=api.base_url, headers={"Authorization": f"Bearer {made['token']}"}) as client:
        body = {"role": "administrator", "subject": f"who-{role}", "namespaces": ["*"]}
        for method, path in ROUTES:
            answer = client.request(method, path, json=None if method == "GET" else body)
            assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied"), path
