"""CycloneDX documents: models, data and software with nothing dropped, and broken ones refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from registry.capture.cyclonedx.capture import CycloneDxCapture
from registry.errors import InvalidSourceError
from tests.unit.capture.documents import BROKEN_JSON, ODD_NAME, Reading, write

SHA = "ab" * 32


def bom(*components: dict[str, Any], version: str = "1.7", **more: Any) -> dict[str, Any]:
    """A document of these components."""
    return {"bomFormat": "CycloneDX", "specVersion": version, "version": 1, "components": list(components)} | more


def read(tmp_path: Path, document: dict[str, Any], **options: str) -> Reading:
    return Reading(CycloneDxCapture(), write(tmp_path / "bom.json", document), **options)


MODEL = {
    "type": "machine-learning-model",
    "bom-ref": "m",
    "group": "acme",
    "name": "fraud",
    "version": "7",
    "hashes": [{"alg": "MD5", "content": "0" * 32}, {"alg": "SHA-256", "content": SHA}],
    "pedigree": {
        "ancestors": [{"type": "machine-learning-model", "name": "bert", "purl": "pkg:huggingface/google/bert@9d1"}]
    },
    "modelCard": {
        "modelParameters": {
            "task": "classification",
            "modelArchitecture": "transformer",
            "datasets": [{"ref": "d"}, {"type": "dataset", "name": "web", "contents": {"url": "s3a://lake/web"}}],
        },
        "quantitativeAnalysis": {
            "performanceMetrics": [
                {
                    "type": "auc",
                    "value": "0.9",
                    "slice": "eu",
                    "confidenceInterval": {"lowerBound": "0.8", "upperBound": "x"},
                },
                {"type": "auc", "value": "high", "slice": "eu"},
            ]
        },
    },
}
DATA = {
    "type": "data",
    "bom-ref": "d",
    "name": "orders",
    "version": "v3",
    "data": [
        {
            "type": "dataset",
            "classification": "confidential",
            "governance": {"owners": [{"organization": {"name": "Data team"}}]},
        }
    ],
}
LIBRARY = {
    "type": "library",
    "bom-ref": "l",
    "name": "Scikit.Learn",
    "version": "1.5",
    "purl": "pkg:pypi/Scikit.Learn@1.5",
}


def test_a_model_with_all_that_it_came_from(tmp_path: Path) -> None:
    depends = [{"ref": "m", "dependsOn": ["l", "d", "gone", "pkg:npm/%40a/b@1"]}]
    found = read(tmp_path, bom(MODEL, DATA, LIBRARY, dependencies=depends))
    assert found.edges("DERIVED_FROM") == {
        ("acme/fraud@7", "orders@v3"),
        ("acme/fraud@7", "web@*"),
        ("acme/fraud@7", "google/bert@9d1"),
    }
    assert found.edges("DEPENDS_ON") == {("acme/fraud@7", "scikit-learn@1.5"), ("acme/fraud@7", "@a/b@1")}
    model = found.entity("ModelVersion", "acme/fraud", "7")
    assert model["digest"] == f"sha256:{SHA}"
    assert model["algorithm"] == "transformer"
    assert found.entity("Model", "acme/fraud")["task"] == "classification"
    assert found.entity("Dataset", "orders")["sensitivity"] == "confidential"
    assert found.edges("OWNED_BY") == {("orders", "Data team")}
    first, second = (found.entity("Evaluation", f"acme/fraud@7/auc/eu{nth}") for nth in ("", "#2"))
    assert (first["value"], first["interval_low"], first.get("interval_high")) == (0.9, 0.8, None)
    assert "value" not in second
    assert second["facets"]["cyclonedx"]["value"] == "high"
    assert [item.what for item in found.unmapped] == [
        "gone is not in the document; the dependency is in the document's facets"
    ]


@pytest.mark.parametrize("name", ["valid-machine-learning-{}.json", "valid-component-data-{}.json",
                                  "valid-machine-learning-considerations-env-{}.json"])  # fmt: skip
@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_nothing_of_a_real_document_is_dropped(shared_data: Path, name: str, version: str) -> None:
    path = shared_data / "cyclonedx" / name.format(version)
    document = json.loads(path.read_text())
    found = Reading(CycloneDxCapture(), path)
    assert not found.rejected
    kept = [
        record["attributes"]["facets"]["cyclonedx"]
        for record in found.records
        if "facets" in record.get("attributes", {})
    ]
    whole = next(facet for facet in kept if "bomFormat" in facet)
    assert whole | {"components": document["components"]} == document
    for component in document["components"]:
        assert component in kept


def test_nested_components_and_the_main_one(tmp_path: Path) -> None:
    inner = LIBRARY | {"bom-ref": "inner", "components": [{"type": "container", "name": "image", "version": "1"}]}
    document = bom(LIBRARY | {"components": [inner]}, metadata={"component": {"type": "application", "name": "shop"}})
    kinds = read(tmp_path, document).kinds()
    assert (kinds["LibraryVersion"], kinds["Container"]) == (3, 1)


def test_workflows_become_runs(tmp_path: Path) -> None:
    workflow = {
        "bom-ref": "w",
        "uid": "run-1",
        "name": "train",
        "taskTypes": ["build"],
        "timeStart": "2026-05-04T12:00:00Z",
        "inputs": [{"resource": {"ref": "d"}}, {"parameters": [{"name": "lr", "value": "0.1"}]}],
        "outputs": [{"type": "artifact", "resource": {"ref": "m"}}],
    }
    document = bom(MODEL, DATA, formulation=[{"bom-ref": "f", "workflows": [workflow]}])
    found = read(tmp_path, document)
    assert found.edges("USED") == {("run-1", "orders@v3")}
    assert found.edges("GENERATED_BY") == {("acme/fraud@7", "run-1")}
    assert found.entity("Run", "run-1")["parameters"] == {"lr": "0.1"}


def _says_our_names() -> tuple[dict[str, Any], set[str]]:
    """A document that claims to speak of entities of a registry in every way there is, and their URNs."""
    names = ("DatasetVersion:shop:orders:v3", "Team:shop:fraud", "Run:shop:r", "Endpoint:shop:pay", "Model:shop:m")
    data, team, run, service, base = (f"urn:lineage:{name}" for name in names)
    ours = {"name": "urn:lineage:registry:attribute.title", "value": "Taken over"}
    document = bom(
        DATA | {"bom-ref": data, "name": "other", "pedigree": {"ancestors": [DATA | {"bom-ref": base}]}},
        {"type": "library", "bom-ref": team, "name": "x",
         "properties": [{"name": "urn:lineage:registry:urn", "value": team}, ours]},
        services=[{"bom-ref": service, "name": "pay"}],
        formulation=[{"bom-ref": "f", "workflows": [{"bom-ref": run, "uid": "1", "taskTypes": ["build"]}]}],
    )  # fmt: skip
    return document, {data, team, run, service}


def test_a_reference_that_is_a_urn_names_that_very_entity_only_where_the_user_says_so(tmp_path: Path) -> None:
    document, ours = _says_our_names()
    found = {record.get("urn"): record for record in read(tmp_path, document, own="yes").records}
    assert ours <= set(found)
    assert found["urn:lineage:Team:shop:fraud"]["attributes"] == {"title": "Taken over"}
    for options in ({}, {"own": "no"}):
        records = read(tmp_path, document, **options).records
        named = {record[end] for record in records for end in ("urn", "from", "to") if end in record}
        assert not [urn for urn in named if ":shop:" in urn]
        assert "Taken over" not in [record.get("attributes", {}).get("title") for record in records]


def test_a_property_that_repeats_the_own_name_of_a_component_restores_nothing(tmp_path: Path) -> None:
    own = "urn:lineage:LibraryVersion:pypi:sk:1"
    properties = [
        {"name": "urn:lineage:registry:urn", "value": own},
        {"name": "urn:lineage:registry:attribute.title", "value": "Taken over"},
    ]
    library = {"type": "library", "name": "sk", "version": "1", "purl": "pkg:pypi/sk@1", "properties": properties}
    assert read(tmp_path, bom(library)).entity("LibraryVersion", "sk", "1").get("title") != "Taken over"


def test_odd_names_and_cycles(tmp_path: Path) -> None:
    a = MODEL | {"bom-ref": "a", "name": ODD_NAME, "group": "", "pedigree": {}, "modelCard": {}}
    b = a | {"bom-ref": "b", "name": "b"}
    bad = a | {"bom-ref": "bad", "name": "x" * 2_000}
    depends = [{"ref": "a", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["a"]}, {"ref": "bad", "dependsOn": []}]
    found = read(tmp_path, bom(a, b, bad, dependencies=depends))
    assert found.edges("DEPENDS_ON") == {(f"{ODD_NAME}@7", "b@7"), ("b@7", f"{ODD_NAME}@7")}
    assert [item.where for item in found.rejected] == ["bad"]


def test_a_component_too_large_for_a_record_keeps_its_lineage(tmp_path: Path) -> None:
    found = read(tmp_path, bom(MODEL | {"properties": [{"name": "x", "value": "y" * 1_100_000}]}))
    assert "facets" not in found.entity("ModelVersion", "acme/fraud", "7")
    assert found.rejected[0].reason == "too-large"
    assert "y" * 1_000_000 in found.rejected[0].payload
    assert len(found.edges("DERIVED_FROM")) == 2


@pytest.mark.parametrize("content", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
def test_broken_documents(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidSourceError):
        Reading(CycloneDxCapture(), write(tmp_path / "bom.json", content))


@pytest.mark.parametrize("version", ["1.4", "2.0", "", "1.7.1"])
def test_versions_not_understood(tmp_path: Path, version: str) -> None:
    with pytest.raises(InvalidSourceError, match="understood"):
        read(tmp_path, bom(version=version))


def test_a_broken_schema_is_refused_or_read_as_far_as_it_goes(tmp_path: Path) -> None:
    document = bom(MODEL, DATA | {"type": "database"})
    with pytest.raises(InvalidSourceError, match="/components/1"):
        read(tmp_path, document)
    found = read(tmp_path, document, invalid="keep")
    assert found.entity("ModelVersion", "acme/fraud", "7")
    assert found.rejected


@pytest.mark.parametrize(
    ("url", "number", "joined"),
    [
        ("s3a://lake/orders", "v3", {("orders@v3", "orders@sha256-abababababababab")}),
        ("s3a://lake/orders", None, set()),
        ("http://[", "v3", set()),
        (None, "v3", set()),
    ],
)
def test_a_numbered_version_at_a_place_is_joined_with_the_name_of_its_content(
    tmp_path: Path, url: str | None, number: str | None, joined: set[tuple[str, str]]
) -> None:
    data: dict[str, Any] = {"type": "data", "bom-ref": "d", "name": "orders"}
    data |= {"hashes": [{"alg": "SHA-256", "content": SHA.upper()}]} | ({"version": number} if number else {})
    data |= {"data": [{"type": "dataset", "contents": {"url": url}}]} if url else {}
    found = read(tmp_path, bom(data), invalid="keep")
    assert not [item for item in found.rejected if item.reason != "schema"]
    assert found.edges("SAME_AS") == joined
