"""`lineage attest` and `lineage verify` against a real server and a real database."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from registry.attestation.documents import read_document
from registry.attestation.statement import Statement
from tests.integration.attestation.conftest import DATA, MODEL, RESULT, RUN, Run, document, make_key, trusting


@pytest.mark.usefixtures("churn")
def test_a_file_is_attested_registered_and_verified(run: Run, files: Path, trust_file: Path, tmp_path: Path) -> None:
    key, public = make_key(run, tmp_path)
    trust_file.write_text(trusting(public))
    weights, envelope = files / "model.safetensors", tmp_path / "model.intoto.json"
    attested = run("attest", MODEL, "--file", weights, "--key", key, "--output", envelope, "--json")
    assert attested.exit_code == 0, attested.output
    registered = document(attested)["registered"]
    assert (registered["verification"], registered["signedBy"]) == ("verified", ["ci.example"])
    assert [item["urn"] for item in registered["subjects"]] == [MODEL]

    # With the server, by content alone; then bound to the version, and with trust.
    found = document(run("verify", weights, "--json"))
    assert (found["verdict"], found["targets"][0]["registered"]) == ("verified", [MODEL])
    verified = run("verify", weights, "--of", MODEL, "--trust", trust_file, "--json")
    assert verified.exit_code == 0, verified.output
    (told,) = document(verified)["targets"][0]["attestations"]
    assert (told["signers"], told["origin"]) == (["ci.example"], registered["urn"])
    assert run("verify", MODEL, "--key", public).exit_code == 0

    # Without it, by what was handed over.
    offline = ("verify", weights, "--attestation", envelope, "--offline")
    assert run(*offline, "--key", public).exit_code == 0
    assert run(*offline).exit_code == 1
    _, stranger = make_key(run, tmp_path, "stranger.example")
    assert run(*offline, "--key", stranger).exit_code == 1
    weights.write_bytes(b"other weights")
    for words in ((*offline, "--key", public), ("verify", weights), ("verify", weights, "--of", MODEL)):
        refuted = run(*words, "--json")
        assert (refuted.exit_code, document(refuted)["verdict"]) == (1, "refuted"), refuted.output
    assert run("attest", MODEL, "--file", weights, "--key", key).exit_code == 1


@pytest.mark.usefixtures("churn", "trust_file")
@pytest.mark.parametrize("urn", [DATA, MODEL, RUN, RESULT])
def test_the_statement_tells_what_is_recorded(run: Run, urn: str, tmp_path: Path, api: httpx.Client) -> None:
    key, _ = make_key(run, tmp_path)
    to = tmp_path / "envelope.json"
    made = run("attest", urn, "--key", key, "--output", to, "--json")
    assert made.exit_code == 0, made.output
    said = Statement.within(read_document(to.read_bytes()).envelope)
    text = json.dumps(said.predicate)
    expected = {
        DATA: (),
        MODEL: ('"depth": 3', "c" * 40, DATA, "0.91"),
        RUN: ('"depth": 3', "c" * 40, DATA),
        RESULT: ("0.91", MODEL),
    }
    assert [word for word in expected[urn] if word not in text] == []
    answer = api.get("/api/v1/attestations", params={"urn": [MODEL if urn == RUN else urn]}).json()
    (kept,) = answer["attestations"]
    # Nobody is trusted there, and what came is there byte by byte.
    assert (kept["verification"], kept["document"].encode()) == ("unknown", to.read_bytes())


@pytest.mark.usefixtures("churn")
def test_the_same_again_changes_nothing_and_new_trust_shows(
    run: Run, trust_file: Path, tmp_path: Path, api: httpx.Client
) -> None:
    key, public = make_key(run, tmp_path)
    to = tmp_path / "envelope.json"
    run("attest", MODEL, "--key", key, "--output", to)
    words = ("attest", MODEL, "--signed", to, "--json")
    assert document(run(*words))["registered"]["replayed"] is True
    trust_file.write_text(trusting(public))
    answer = document(run(*words))["registered"]
    assert (answer["replayed"], answer["verification"]) == (False, "verified")
    (kept,) = api.get("/api/v1/attestations", params={"urn": MODEL}).json()["attestations"]
    assert kept["verification"] == "verified"


@pytest.mark.usefixtures("churn", "trust_file")
def test_what_is_registered_otherwise_is_refused(run: Run, tmp_path: Path, api: httpx.Client) -> None:
    key, _ = make_key(run, tmp_path)
    to = tmp_path / "envelope.json"
    run("attest", RESULT, "--key", key, "--output", to)
    changed = {"entity": "Evaluation", "urn": RESULT, "attributes": {"value": 0.99}}
    assert api.post("/api/v1/records", json={"records": [changed]}).status_code == 200
    response = api.post("/api/v1/attestations", content=to.read_bytes())
    assert (response.status_code, response.json()["code"]) == (422, "refuted-attestation")
    assert run("verify", RESULT).exit_code == 0  # by nobody who is trusted, so that it refutes nothing
    other = {"payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": [{"sig": "AA=="}]}
    for content, code in (
        (b"{}", "invalid-attestation"),
        (json.dumps(other).encode(), "invalid-attestation"),
        (b" " * ((1 << 20) + 1), "too-large"),
    ):
        response = api.post("/api/v1/attestations", content=content)
        assert response.json()["code"] == code
        assert 400 <= response.status_code < 500


@pytest.mark.usefixtures("churn")
def test_nobody_can_write_an_attestation_without_a_signed_document(api: httpx.Client) -> None:
    forged = [
        {"entity": "Attestation", "namespace": "prod", "name": "x", "attributes": {"verification": "verified"}},
        {"edge": "ATTESTS", "from": "urn:lineage:Attestation:prod:x", "to": MODEL},
    ]
    for record in forged:
        response = api.post("/api/v1/records", json={"records": [record]})
        assert response.status_code == 422
        assert "made by the registry itself" in response.text


@pytest.mark.usefixtures("churn")
def test_exit_codes_tell_usage_and_malformed_apart(run: Run, files: Path, tmp_path: Path) -> None:
    weights, junk = files / "model.safetensors", tmp_path / "junk.json"
    junk.write_text("{}")
    assert run("verify", tmp_path / "none").exit_code == 2
    assert run("verify", weights, "--offline").exit_code == 2
    assert run("attest", MODEL).exit_code == 2
    assert run("verify", weights, "--attestation", junk, "--offline").exit_code == 3
    assert run("verify", weights, "--trust", junk).exit_code == 3
    (tmp_path / "link").symlink_to(weights)
    assert run("verify", tmp_path / "link").exit_code == 3
    assert run("verify", tmp_path / "link", "--follow-links").exit_code == 0
