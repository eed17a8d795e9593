"""Provenance of builds, however it is wrapped, and what is no provenance."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from registry.capture.intoto.capture import InTotoCapture
from registry.errors import InvalidRequestError, InvalidSourceError
from tests.unit.capture.documents import BROKEN_JSON, ODD_NAME, Reading, write

SHA, COMMIT = "ab" * 32, "c" * 40
SHORT = "sha256-abababababababab"
V1 = {
    "buildDefinition": {
        "buildType": "https://example.com/workflow/v1",
        "externalParameters": {
            "workflow": {"repository": "https://host/acme/shop", "path": ".ci/train.yml", "ref": "main"}
        },
        "resolvedDependencies": [
            {"uri": "git+https://user:secret@host/acme/shop@refs/heads/main", "digest": {"gitCommit": COMMIT}},
            {"uri": "s3://lake/orders.parquet", "digest": {"sha256": SHA}},
            {"uri": "pkg:pypi/Scikit.Learn@1.5"},
            {"uri": "pkg:docker/python@3.11?digest=x", "digest": {"sha256": SHA}},
        ],
    },
    "runDetails": {
        "builder": {"id": "https://host/runner"},
        "metadata": {
            "invocationId": "https://host/runs/7",
            "startedOn": "2026-05-04T12:00:00Z",
            "finishedOn": "2026-05-04T13:00:00Z",
        },
    },
}


def statement(predicate: Any = V1, kind: str = "https://slsa.dev/provenance/v1", **more: Any) -> dict[str, Any]:
    subject = [{"name": "out/fraud.onnx", "digest": {"sha256": SHA}}]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": kind,
        "predicate": predicate,
    } | more


def envelope(content: dict[str, Any], kind: str = "application/vnd.in-toto+json") -> dict[str, Any]:
    payload = base64.b64encode(json.dumps(content).encode()).decode()
    return {"payloadType": kind, "payload": payload, "signatures": [{"keyid": "k", "sig": "s"}]}


def read(tmp_path: Path, document: Any, **options: str) -> Reading:
    return Reading(InTotoCapture(), write(tmp_path / "x.intoto.jsonl", document), **options)


def test_a_build_with_what_it_read_and_made(tmp_path: Path) -> None:
    found = read(tmp_path, statement())
    run = "https://host/runs/7"
    assert found.edges("GENERATED_BY") == {(f"out/fraud.onnx@{SHORT}", run)}
    assert found.edges("USED") == {(run, f"orders.parquet@{SHORT}")}
    assert found.edges("DEPENDS_ON") == {(run, "scikit-learn@1.5"), (run, f"python@sha256:{SHA}")}
    assert found.edges("INSTANCE_OF") == {(run, "https://host/acme/shop/.ci/train.yml")}
    said = found.entity("Run", run)
    assert (said["code_commit"], said["ended_at"]) == (COMMIT, "2026-05-04T13:00:00Z")
    assert found.entity("ModelArtifact", f"out/fraud.onnx@{SHORT}")["digest"] == f"sha256:{SHA}"
    assert {record["event_time"] for record in found.records} == {"2026-05-04T13:00:00Z"}


@pytest.mark.parametrize("wrap", [
    envelope,
    lambda content: {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": envelope(content)},
    lambda content: {"attestations": [{"bundle": {"dsseEnvelope": envelope(content)}}]},
])  # fmt: skip
def test_envelopes_are_opened_and_said_to_be_unverified(tmp_path: Path, wrap: Any) -> None:
    found = read(tmp_path, wrap(statement()))
    kept = found.entity("Run", "https://host/runs/7")["facets"]["intoto"]
    assert kept["verified"] is False
    assert kept["signatures"] == [{"keyid": "k", "sig": "s"}]
    assert "not verified" in found.unmapped[0].what
    assert found.edges("USED") == read(tmp_path, statement()).edges("USED")


def test_older_provenance_and_links(tmp_path: Path) -> None:
    old = {
        "builder": {"id": "b"},
        "buildType": "t",
        "invocation": {
            "configSource": {"uri": "git+https://host/r@main", "digest": {"sha1": COMMIT}, "entryPoint": "train.yml"},
            "parameters": {"lr": 1},
        },
        "metadata": {"buildInvocationId": "9", "buildFinishedOn": "2026-05-04T13:00:00Z"},
        "materials": [{"uri": "file:///data/orders.csv", "digest": {"sha256": SHA}}],
    }
    link = {"name": "fit", "command": ["python", "fit.py"], "materials": {"data/orders.csv": {"sha256": SHA}}}
    lines = [
        statement(old, "https://slsa.dev/provenance/v0.2"),
        statement(link, "https://in-toto.io/attestation/link/v0.3"),
    ]
    found = read(tmp_path, "\n".join(json.dumps(line) for line in lines), root="/")
    assert found.entity("Run", "9")["code_commit"] == COMMIT
    assert found.entity("Run", "9")["parameters"] == {"lr": 1}
    # Named below a root, the same file is the same data set, whoever names it.
    assert {up for _, up in found.edges("USED")} == {f"/data/orders.csv@{SHORT}"}
    assert {up for _, up in found.edges("INSTANCE_OF")} == {"https://host/r/train.yml", "fit"}


def test_images_depend_on_what_is_in_them(tmp_path: Path) -> None:
    subject = [{"name": "pkg:oci/shop@sha256:x", "digest": {"sha256": SHA}}, {"name": "pkg:pypi/shop@1"}]
    found = read(tmp_path, statement(subject=subject))
    assert (f"shop@sha256:{SHA}", "scikit-learn@1.5") in found.edges("DEPENDS_ON")
    assert not found.edges("GENERATED_BY")
    assert len(found.unmapped) == 2


def test_other_statements_are_kept_as_documents(tmp_path: Path) -> None:
    found = read(tmp_path, statement({"bomFormat": "CycloneDX"}, "https://cyclonedx.org/bom"))
    assert found.kinds() == {"Document": 1}
    assert found.records[0]["attributes"]["facets"]["intoto"]["statement"]["predicate"] == {"bomFormat": "CycloneDX"}


def test_odd_names_and_a_bad_one_beside_good_ones(tmp_path: Path) -> None:
    subject = [{"name": ODD_NAME}, {"name": "a\nb"}, {"name": ""}, {}, "x"]
    found = read(tmp_path, statement(subject=subject), subject="DatasetVersion")
    assert {down for down, _ in found.edges("GENERATED_BY")} == {f"{ODD_NAME}@*"}
    assert [item.reason for item in found.rejected] == ["name"]


def test_good_lines_beside_bad_ones(tmp_path: Path) -> None:
    lines = [json.dumps(statement()), "{", json.dumps({"_type": "x"}), json.dumps(envelope(statement(), "text/plain"))]
    found = read(tmp_path, "\n".join([*lines[:1], "{}", *lines[2:], '{"cut']))
    assert len(found.rejected) == 4
    assert found.kinds()["Run"] == 1


@pytest.mark.parametrize("content", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
def test_broken_files(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidSourceError):
        read(tmp_path, content)


def test_what_is_no_statement(tmp_path: Path) -> None:
    for bad in (
        envelope({"_type": "x"}),
        envelope(statement()) | {"payload": "!"},
        statement() | {"_type": "Statement/v2"},
    ):
        with pytest.raises(InvalidSourceError, match="no in-toto statement"):
            read(tmp_path, bad)
    with pytest.raises(InvalidRequestError):
        read(tmp_path, statement(), subject="Person")
