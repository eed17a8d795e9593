"""SPDX 3.0.1: the standard's own model reads it, and every reference leads to something."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from spdx_python_model import v3_0_1

from registry.export import spdx
from registry.export.spdx_elements import AGENT_TYPES, ELEMENT_TYPES
from registry.export.subgraph import Subgraph

from .graphs import RUN_ID, entity, graph, graphs, wine

DATA = "urn:lineage:DatasetVersion:demo:wine:v3"
MODEL = "urn:lineage:ModelVersion:demo:taster:1"
DATASET = "dataset_DatasetPackage"


def _read(content: bytes) -> dict[str, dict[str, Any]]:
    """The elements by id, held to the standard."""
    held = v3_0_1.SHACLObjectSet()
    v3_0_1.JSONLDDeserializer().read(io.BytesIO(content), held)
    held.create_index()
    assert not held.missing_ids, held.missing_ids
    out = io.BytesIO()
    v3_0_1.JSONLDSerializer().write(held, out)  # which checks that nothing required is missing
    return {one["spdxId"]: one for one in json.loads(content)["@graph"] if "spdxId" in one}


def _joined(elements: dict[str, dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {
        (one["from"], one["relationshipType"], to)
        for one in elements.values() if one["type"] == "Relationship" for to in one["to"]
    }  # fmt: skip


def test_models_and_data_are_packages_that_are_joined() -> None:
    elements = _read(spdx.write(wine(reasons=("size",))))
    model, data = elements[MODEL], elements[DATA]
    assert (model["type"], model["name"], model["software_packageVersion"]) == ("ai_AIPackage", "taster", "1")
    assert model["ai_typeOfModel"] == ["forest"]
    assert {"type": "DictionaryEntry", "key": "trees", "value": "100"} in model["ai_hyperparameter"]
    assert model["verifiedUsing"] == [{"type": "Hash", "algorithm": "sha256", "hashValue": "ab" * 32}]
    assert (data["type"], data["dataset_datasetSize"]) == ("dataset_DatasetPackage", 2**40)
    assert data["originatedBy"] == ["urn:lineage:Team:demo:cellar"]
    run = f"urn:lineage:Run:demo:{RUN_ID}"
    joined = _joined(elements)
    assert {
        (MODEL, "trainedOn", DATA), (MODEL, "testedOn", "urn:lineage:DatasetVersion:demo:wine-test:v1"),
        (run, "hasInput", DATA), (run, "hasOutput", MODEL),
        (MODEL, "descendantOf", "urn:lineage:ModelVersion:demo:base:v2"),
        (MODEL, "dependsOn", "urn:lineage:LibraryVersion:demo:numpy:2.1.0"),
    } <= joined  # fmt: skip
    assert ("Apache-2.0" in [one.get("simplelicensing_licenseExpression") for one in elements.values()]) is True
    (about,) = [one for one in elements.values() if one["type"] == "SpdxDocument"]
    told = json.loads(about["comment"])
    assert (told["complete"], told["reasons"]) == (False, ["size"])
    assert about["rootElement"] == ["urn:lineage:Deployment:demo:tasting"]


def test_everything_else_is_said_in_annotations() -> None:
    elements = _read(spdx.write(wine()))
    said = {one["subject"]: json.loads(one["statement"]) for one in elements.values() if one["type"] == "Annotation"}
    assert said[DATA]["attributes"]["facets"]["ours"] == {"k": 1}
    assert said[DATA]["asset"]["attributes"]["sensitivity"] == "internal"


_SOUND = f"spdx-{'a' * 40}"


@pytest.mark.parametrize(
    ("event", "came", "purpose", "beside"),
    [
        (
            _SOUND,
            {"type": "software_File", "software_primaryPurpose": "evidence"},
            ("software_File", "evidence"),
            set(),
        ),
        (_SOUND, {"type": "dataset_DatasetPackage", "software_primaryPurpose": "_:blank"}, (DATASET, "data"), set()),
        (_SOUND, {"type": ["software_File"], "software_primaryPurpose": "evidence"}, (DATASET, "data"), {"spdx"}),
        (_SOUND, {"type": "Person", "software_primaryPurpose": "evidence"}, (DATASET, "data"), {"spdx"}),
        (_SOUND, "no element", (DATASET, "data"), {"spdx"}),
        (f"spdx-invalid-{'a' * 40}", {"type": "software_File"}, (DATASET, "data"), {"spdx"}),
        ("openlineage:event:a", {"type": "software_File"}, (DATASET, "data"), {"spdx"}),
    ],
)
def test_what_came_as_spdx_leaves_as_it_came(event: str, came: Any, purpose: tuple[str, str], beside: set[str]) -> None:
    data = entity(
        "DatasetVersion", "d", "1", depth=0, by=("later", "another"), facets={"spdx": came, "other": {"k": 1}}
    )
    held = replace(data, state=replace(data.state, facet_events={"spdx": event}))
    content = spdx.write(graph([held], []))
    one = _read(content)[data.urn]
    assert (one["type"], one["software_primaryPurpose"]) == purpose
    (said,) = [json.loads(item["statement"]) for item in json.loads(content)["@graph"] if "statement" in item]
    assert set(said["attributes"]["facets"]) == beside | {"other"}


@settings(max_examples=40)
@given(graphs())
def test_the_model_of_the_standard_reads_it(given_: Subgraph) -> None:
    content = spdx.write(given_)
    assert spdx.write(given_) == content
    elements = _read(content)
    placed = {one.urn for one in given_.entities if one.kind in ELEMENT_TYPES or one.kind in AGENT_TYPES}
    assert placed <= set(elements)
    for urn in placed:
        assert elements[urn]["name"] == given_.by_urn[urn].state.name
