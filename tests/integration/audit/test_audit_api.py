"""What an auditor asks of the server, and what they check of the answer without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from registry.api.app import create_app
from registry.audit.observed import OBSERVED
from registry.audit.publication import Publication
from registry.audit.publishing_thread import PublishingThread
from registry.graph.database import Database
from registry.ledger.proof_file import ProofFile
from registry.settings import Settings
from tests.conftest import ROOT

WINE = "urn:lineage:DatasetVersion:demo:wine:v1"
RECORDS: list[dict[str, Any]] = [
    {"entity": "DatasetVersion", "namespace": "demo", "name": "wine", "version": "v1", "attributes": {"rows": 3}},
    {"entity": "Run", "namespace": "demo", "name": "train"},
    {"edge": "USED", "from": "urn:lineage:Run:demo:train", "to": WINE, "attributes": {"role": "train"}},
]


@pytest.fixture
def client(clean_database: Database, ledger_settings: Settings) -> Iterator[TestClient]:
    headers = {"Authorization": f"Bearer {os.environ['LINEAGE_TOKEN']}"}
    app = create_app(ledger_settings, clean_database)
    app.state.ledger.begin()
    with TestClient(app, base_url="http://127.0.0.1", headers=headers) as client:
        yield client


def write(client: TestClient, event: str, *records: dict[str, Any]) -> None:
    answer = client.post("/api/v1/records", json={"event_id": event, "records": list(records or RECORDS)})
    assert answer.status_code == 200, answer.text


def verifier(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = ROOT / "clients" / "verifier" / "lineage_verify.py"
    return subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True, check=False)


def test_entries_are_listed_by_what_they_say_page_by_page(client: TestClient) -> None:
    for number in range(5):
        write(client, f"event-{number}", {"entity": "Run", "namespace": "demo", "name": f"train-{number}"})
    first = client.get("/api/v1/audit/entries", params={"limit": 4}).json()
    assert [entry["sequence"] for entry in first["entries"]] == [5, 4, 3, 2]
    rest = client.get("/api/v1/audit/entries", params={"limit": 4, "before": first["next"]}).json()
    assert [entry["sequence"] for entry in rest["entries"]] == [1, 0]
    assert rest["next"] is None
    assert {entry["action"] for entry in rest["entries"]} == {"records.write", "ledger.genesis"}
    about = client.get("/api/v1/audit/entries", params={"target": "urn:lineage:Run:demo:train-3"}).json()
    assert len(about["entries"]) == 1
    assert about["entries"][0]["event"] == "event-3"
    denied = client.get("/api/v1/audit/entries", params={"decision": "deny"}).json()
    assert denied["entries"] == []
    actions = client.get("/api/v1/audit/entries", params={"action": "ledger.*"}).json()
    assert [entry["action"] for entry in actions["entries"]] == ["ledger.genesis"]
    late = client.get("/api/v1/audit/entries", params={"since": first["entries"][1]["time"]}).json()
    assert [entry["sequence"] for entry in late["entries"]] == [5, 4]
    actor = first["entries"][0]["actor"]["subject"]
    assert client.get("/api/v1/audit/entries", params={"actor": actor, "limit": 1}).json()["entries"]


def test_a_proof_holds_without_the_server(client: TestClient) -> None:
    write(client, "event")
    answer = client.get("/api/v1/audit/proof", params={"target": WINE})
    proof = ProofFile.parse(answer.text)
    entry = client.get(f"/api/v1/audit/entries/{proof.index}").content
    assert proof.extra == entry
    publication: Publication = client.app.state.ledger  # type: ignore[attr-defined]
    assert proof.verify(entry, proof.checkpoint.checkpoint.origin, publication.place.verifiers())
    latest = client.get("/api/v1/audit/proof", params={"at": json.loads(entry)["time"]})
    assert ProofFile.parse(latest.text).index == proof.index


def test_a_bundle_about_an_entity_passes_the_offline_verifier(client: TestClient, tmp_path: Path) -> None:
    write(client, "event")
    kept = client.get("/api/v1/audit/entries").json() and client.get("/api/v1/audit/checkpoint").text
    write(client, "later", {**RECORDS[0], "attributes": {"rows": 4}})
    answer = client.post("/api/v1/audit/bundle", params={"target": WINE}, content=kept)
    (tmp_path / "bundle.json").write_bytes(answer.content)
    (tmp_path / "kept").write_text(kept)
    key = client.get("/api/v1/audit/keys").json()["keys"][0]["key"]
    done = verifier(str(tmp_path / "bundle.json"), "--key", key, "--since", str(tmp_path / "kept"), "--json")
    assert done.returncode == 0, done.stdout
    report = json.loads(done.stdout)
    assert report["contents"] == 2  # its state and its edges
    changed = answer.content.replace(b'\\"rows\\":4', b'\\"rows\\":5')
    assert changed != answer.content
    (tmp_path / "bundle.json").write_bytes(changed)
    assert verifier(str(tmp_path / "bundle.json"), "--key", key).returncode == 1
    folder = client.app.state.ledger.place.log_path  # type: ignore[attr-defined]
    assert verifier(str(folder), "--key", key).returncode == 0


def test_the_server_verifies_and_tells_as_it_goes(client: TestClient, clean_database: Database) -> None:
    write(client, "event")
    client.get("/api/v1/audit/entries")
    good = [json.loads(line) for line in client.post("/api/v1/audit/verifications?graph=true").text.splitlines()]
    assert good[-1]["result"]["verified"] is True
    assert any("progress" in item for item in good)
    clean_database.write(lambda tx: tx.run("MATCH (n:Entity {urn: $urn}) SET n.rows = 9", urn=WINE).consume())
    bad = [json.loads(line) for line in client.post("/api/v1/audit/verifications?graph=true").text.splitlines()]
    assert bad[-1]["result"]["problems"] == {"state-edited": 1}
    assert [item["found"]["target"] for item in bad if "found" in item] == [WINE]


@pytest.mark.parametrize(
    "path",
    [
        "entries/99999999",
        "proof?sequence=99999999",
        "proof?target=urn:lineage:Run:demo:nobody",
        "proof?at=1999-01-01T00:00:00Z",
    ],
)
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    write(client, "event")
    assert client.get(f"/api/v1/audit/{path}").status_code == 404


@pytest.mark.parametrize(
    "path", ["proof", "proof?sequence=1&target=x", "entries?limit=0", "entries?since=yesterday", "entries?action=DROP"]
)
def test_what_makes_no_sense_is_refused(client: TestClient, path: str) -> None:
    assert client.get(f"/api/v1/audit/{path}").status_code in (400, 422)


def test_nobody_reads_the_ledger_without_the_permission(client: TestClient) -> None:
    for path in ("entries", "entries/0", "proof?sequence=0", "checkpoint", "keys"):
        assert client.get(f"/api/v1/audit/{path}", headers={"Authorization": "Bearer nothing"}).status_code == 401


def test_readiness_says_what_is_wrong_with_the_ledger(client: TestClient, clean_database: Database) -> None:
    write(client, "event")
    client.get("/api/v1/audit/entries")
    assert client.get("/readyz").json() == {"status": "ready"}
    clean_database.write(
        lambda tx: tx.run("MATCH (h:LedgerHead) SET h.size = 1, h.frontier = $x", x="00" * 32).consume()
    )
    assert client.get("/api/v1/audit/entries").status_code == 503
    said = client.get("/readyz").json()
    assert (said["writes"], said["ledger"]["code"]) == ("refused", "ledger-shrunk")
    answer = client.post("/api/v1/records", json={"event_id": "more", "records": RECORDS})
    assert (answer.status_code, answer.json()["code"]) == (503, "ledger-shrunk")


@pytest.mark.nightly
def test_the_command_ends_with_what_the_offline_verifier_ends_with(
    client: TestClient, clean_database: Database, ledger_settings: Settings
) -> None:
    write(client, "event")
    client.get("/api/v1/audit/entries")
    environment = os.environ | {
        "NEO4J_URI": str(ledger_settings.neo4j_uri),
        "NEO4J_USERNAME": ledger_settings.neo4j_username,
        "NEO4J_PASSWORD": str(ledger_settings.neo4j_secret or ""),
        "LINEAGE_LEDGER_DIR": str(ledger_settings.ledger_dir),
    }
    command = [sys.executable, "-m", "registry.cli", "audit", "verify", "--graph", "--json"]

    def run() -> tuple[int, str]:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        return done.returncode, done.stdout

    code, text = run()
    assert (code, json.loads(text)["verified"]) == (0, True)
    clean_database.write(lambda tx: tx.run("MATCH (n:Entity {urn: $urn}) SET n.rows = 9", urn=WINE).consume())
    code, text = run()
    assert (code, json.loads(text)["findings"][0]["target"]) == (1, WINE)
    environment["LINEAGE_LEDGER_DIR"] = str(Path(str(ledger_settings.ledger_dir)) / "nothing")
    assert run()[0] == 3


def test_denied_attempts_and_exports_are_entries_once_they_are_gathered(
    client: TestClient, ledger_settings: Settings
) -> None:
    OBSERVED.take(everything=True)
    write(client, "event")
    for _ in range(3):
        client.get("/api/v1/audit/entries", headers={"Authorization": "Bearer nothing"})
    assert client.get("/api/v1/export", params={"urn": WINE, "format": "mermaid"}).status_code == 200
    publication: Publication = client.app.state.ledger  # type: ignore[attr-defined]
    thread = PublishingThread(publication, 3600)
    thread.start()
    thread.stop()  # records what was noted, and signs it
    denied = client.get("/api/v1/audit/entries", params={"decision": "deny"}).json()["entries"]
    assert [(item["actor"]["method"], item["target"]) for item in denied] == [("none", "GET /api/v1/audit/entries")]
    assert denied[0]["occurrences"]["count"] == 3
    exported = client.get("/api/v1/audit/entries", params={"action": "records.export"}).json()["entries"]
    assert [item["target"] for item in exported] == [WINE]
    assert publication.log().checkpoint() is not None


def test_graphql_lists_entries_for_who_may_audit(client: TestClient) -> None:
    for number in range(3):
        write(client, f"event-{number}", {"entity": "Run", "namespace": "demo", "name": f"train-{number}"})
    query = """query ($before: Int) { auditEntries(action: "records.*", decision: ALLOW, first: 2, before: $before) {
      next size entries { sequence time actor method action target decision rule event count changes document } } }"""
    first = client.post("/graphql", json={"query": query}).json()["data"]["auditEntries"]
    assert [entry["event"] for entry in first["entries"]] == ["event-2", "event-1"]
    assert first["entries"][0]["changes"] == ["urn:lineage:Run:demo:train-2"]
    assert first["entries"][0]["document"]["sequence"] == first["entries"][0]["sequence"]
    rest = client.post("/graphql", json={"query": query, "variables": {"before": first["next"]}})
    assert [entry["event"] for entry in rest.json()["data"]["auditEntries"]["entries"]] == ["event-0"]
    too_many = client.post("/graphql", json={"query": "{ auditEntries(first: 501) { size } }"}).json()
    assert too_many["errors"][0]["extensions"]["code"] == "invalid-request"
