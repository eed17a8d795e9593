"""CycloneDX: valid by the standard's own schema, with model cards, and every reference leads to something."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings

from registry.errors import InvalidExportError
from registry.export import cyclonedx
from registry.export.cyclonedx_components import COMPONENTS, hashes, licences
from registry.export.subgraph import Subgraph

from .graphs import RUN_ID, entity, graph, graphs, wine

DATA = "urn:lineage:DatasetVersion:demo:wine:v3"
MODEL = "urn:lineage:ModelVersion:demo:taster:1"


def _read(content: bytes) -> Any:
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(content.decode()) is None
    return json.loads(content)


def _refs(value: Any) -> set[str]:
    """Everything that is referred to, wherever."""
    if isinstance(value, list):
        return {ref for one in value for ref in _refs(one)}
    if not isinstance(value, dict):
        return set()
    own = {value["ref"]} if "ref" in value else set()
    own |= {ref for name in ("dependsOn", "assemblies") for ref in value.get(name, [])}
    return own | {ref for one in value.values() for ref in _refs(one)}


def _said(component: dict[str, Any]) -> dict[str, str]:
    return {one["name"].removeprefix("urn:lineage:registry:"): one["value"] for one in component["properties"]}


def test_a_model_has_its_card() -> None:
    bom = _read(cyclonedx.write(wine()))
    components = {one["bom-ref"]: one for one in bom["components"]}
    model = components[MODEL]
    assert (model["type"], model["group"], model["name"], model["version"]) == (
        "machine-learning-model",
        "demo",
        "taster",
        "1",
    )
    assert model["description"] == "Tastes wine."
    assert model["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert model["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    card = model["modelCard"]
    assert card["modelParameters"]["task"] == "classification"
    assert card["modelParameters"]["modelArchitecture"] == "forest"
    assert {"ref": DATA} in card["modelParameters"]["datasets"]
    assert json.loads(card["modelParameters"]["inputs"][0]["format"]) == {"name": "sugar", "type": "double"}
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [
        {"type": "f1", "value": "0.9", "slice": "wine-test v1", "confidenceInterval": {"lowerBound": "0.8"}}
    ]
    assert [one["name"] for one in model["pedigree"]["ancestors"]] == ["base"]


def test_data_software_and_serving_have_their_places() -> None:
    bom = _read(cyclonedx.write(wine()))
    components = {one["bom-ref"]: one for one in bom["components"]}
    data = components[DATA]
    assert data["data"][0]["type"] == "dataset"
    assert data["data"][0]["classification"] == "internal"
    assert data["data"][0]["governance"]["owners"] == [{"organization": {"name": "cellar"}}]
    assert json.loads(_said(data)["attribute.facets"])["ours"] == {"k": 1}
    assert _said(data)["attribute.rows"] == "178"
    assert components["urn:lineage:LibraryVersion:demo:numpy:2.1.0"]["purl"] == "pkg:pypi/numpy@2.1.0"
    assert [one["name"] for one in bom["services"]] == ["tasting"]
    depends = {one["ref"]: one.get("dependsOn", []) for one in bom["dependencies"]}
    assert depends["urn:lineage:Deployment:demo:tasting"] == [MODEL]
    assert DATA in depends[MODEL], "through the run that made it"
    assert "urn:lineage:DatasetVersion:demo:wine-test:v1" not in depends[MODEL], "tested on is not made from"
    (workflow,) = bom["formulation"][0]["workflows"]
    assert (workflow["uid"], workflow["taskTypes"], workflow["timeStart"]) == (
        RUN_ID,
        ["build"],
        "2026-05-04T10:00:00Z",
    )
    assert workflow["outputs"] == [{"type": "artifact", "resource": {"ref": MODEL}}]


def test_how_complete_it_is_is_said_in_the_words_of_the_standard() -> None:
    for reasons, said in (((), "complete"), (("depth",), "incomplete")):
        bom = _read(cyclonedx.write(wine(reasons=reasons)))
        assert bom["compositions"][0]["aggregate"] == said
        told = _said(bom["metadata"])
        assert (json.loads(told["complete"]), json.loads(told["reasons"])) == (not reasons, list(reasons))
        assert json.loads(told["left_out"]) == {"Alias": 1, "Field": 2}


@settings(max_examples=60)
@given(graphs())
def test_whatever_the_names_it_is_valid_and_refers_to_itself(given_: Subgraph) -> None:
    content = cyclonedx.write(given_)
    assert cyclonedx.write(given_) == content
    bom = _read(content)
    there = [one["bom-ref"] for one in (*bom.get("components", []), *bom.get("services", []))]
    there += [one["bom-ref"] for group in bom.get("formulation", []) for one in group["workflows"]]
    assert len(there) == len(set(there))
    assert _refs(bom) <= set(there)
    placed = {
        one.urn for one in given_.entities if one.kind in COMPONENTS or one.kind in ("Deployment", "Endpoint", "Run")
    }
    assert set(there) == placed
    for component in bom.get("components", []):
        one = given_.by_urn[component["bom-ref"]]
        assert (component["group"], component["name"], component.get("version")) == (
            one.state.namespace, one.state.name, one.state.version,
        )  # fmt: skip


def test_what_is_not_valid_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMPONENTS, "Environment", "no such type")
    with pytest.raises(InvalidExportError, match="no such type"):
        cyclonedx.write(graph([entity("Environment", "e")], []))


@pytest.mark.parametrize(
    ("digest", "said"),
    [
        (f"sha256:{'ab' * 32}", "SHA-256"), (f"sha-256:{'AB' * 32}", "SHA-256"), (f"sha512:{'0' * 128}", "SHA-512"),
        (f"md5:{'0' * 32}", "MD5"), ("md5:1B2M2Y8AsgTpgAmY7PhCfg==", "MD5"), ("sha256:short", None),
        ("crc32c:AAAA", None), (None, None),
    ],
)  # fmt: skip
def test_digests_that_the_standard_knows(digest: str | None, said: str | None) -> None:
    assert [one["alg"] for one in hashes(digest)] == ([said] if said else [])


@pytest.mark.parametrize(
    ("written", "said"),
    [("MIT", {"license": {"id": "MIT"}}), ("MIT OR Apache-2.0", {"expression": "MIT OR Apache-2.0"}),
     ("Llama 3 community", {"license": {"name": "Llama 3 community"}})],
)  # fmt: skip
def test_licences(written: str, said: Any) -> None:
    assert licences(written) == [said]
