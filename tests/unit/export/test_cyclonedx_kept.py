"""CycloneDX in, CycloneDX out: components that came from a document leave as they came."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from registry.export import cyclonedx

from .graphs import edge, entity, graph

_NOT_AS_THEY_CAME = ("bom-ref", "signature", "properties", "modelCard")


_OURS = ("cyclonedx-abc", "CycloneDX/1.7")


def _written(_by: Any = _OURS, /, **came: Any) -> Any:
    model = entity("ModelVersion", "m", "1", depth=0, by=_by, facets={"cyclonedx": came, "other": {"k": 1}})
    about = {"bom-ref": "data-a", "type": "data", "name": "D"}
    data = entity("DatasetVersion", "d", "1", by=_OURS, facets={"cyclonedx": about})
    made = cyclonedx.write(graph([model, data], [edge(model, "DERIVED_FROM", data)]))
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(made.decode()) is None
    return next(one for one in json.loads(made)["components"] if one["bom-ref"] == model.urn)


def _said(component: dict[str, Any]) -> dict[str, str]:
    return {one["name"].removeprefix("urn:lineage:registry:"): one["value"] for one in component["properties"]}


@pytest.mark.parametrize(
    "name", ["valid-machine-learning-1.7.json", "valid-machine-learning-considerations-env-1.6.json"]
)
def test_the_models_of_the_standards_own_tests_go_through_unchanged(shared_data: Path, name: str) -> None:
    document = json.loads((shared_data / "cyclonedx" / name).read_text())
    came = [one for one in document["components"] if one["type"] == "machine-learning-model"]
    assert came
    for one in came:
        made = _written(**one)
        for key, value in one.items():
            assert key in _NOT_AS_THEY_CAME or made[key] == value
        card, given = made["modelCard"], one["modelCard"]
        assert {key: card.get(key) for key in given if key != "modelParameters"} == {
            key: value for key, value in given.items() if key != "modelParameters"
        }
        for key, value in given.get("modelParameters", {}).items():
            assert card["modelParameters"][key] == value or key == "datasets"
        kept = [data for data in given.get("modelParameters", {}).get("datasets", []) if "ref" not in data]
        assert [data for data in card["modelParameters"]["datasets"] if "ref" not in data] == kept


def test_references_are_turned_to_the_names_of_the_document() -> None:
    card = {"modelParameters": {"datasets": [{"ref": "data-a"}, {"ref": "nowhere"}, {"type": "dataset", "name": "x"}]}}
    made = _written(**{"bom-ref": "model-a", "type": "machine-learning-model", "name": "M", "modelCard": card})
    assert made["modelCard"]["modelParameters"]["datasets"] == [
        {"ref": "urn:lineage:DatasetVersion:demo:d:1"}, {"type": "dataset", "name": "x"},
    ]  # fmt: skip


def test_properties_are_joined_and_do_not_grow_with_every_turn() -> None:
    theirs = {"name": "acme:colour", "value": "red"}
    made = _written(type="machine-learning-model", name="M", properties=[theirs])
    again = _written(**made)
    assert made["properties"][0] == theirs
    assert again["properties"] == made["properties"]
    assert json.loads(_said(made)["attribute.facets"]) == {"other": {"k": 1}}


def test_what_does_not_fit_any_more_is_kept_as_text() -> None:
    came = {"type": "machine-learning-model", "name": "M", "no-such-member": [1]}
    assert json.loads(_said(_written(**came))["came"]) == came
    came = {"type": "no such type", "name": "M"}
    assert json.loads(_said(_written(**came))["came"]) == came


@pytest.mark.parametrize(
    "by",
    [("openlineage:event:abc", "https://example.org/etl"), ("openlineage:event:abc", "CycloneDX/1.7")],
    ids=["another producer", "another that says it is ours"],
)
def test_a_facet_of_that_name_from_elsewhere_changes_nothing(by: tuple[str, str]) -> None:
    hashes = [{"alg": "MD5", "content": "0" * 32}]
    made = _written(by, type="machine-learning-model", name="other", version="9", hashes=hashes)
    assert (made["name"], made["version"], made.get("hashes")) == ("m", "1", None)
    assert json.loads(_said(made)["attribute.facets"])["cyclonedx"]["name"] == "other"


def test_it_leaves_as_it_came_whoever_spoke_last() -> None:
    came = {"type": "machine-learning-model", "name": "M", "version": "9"}
    model = entity("ModelVersion", "m", "1", depth=0, by=("e9", "another"), facets={"cyclonedx": came})
    for event, name in (("cyclonedx-abc", "M"), ("e8", "m")):
        held = replace(model, state=replace(model.state, facet_events={"cyclonedx": event}))
        (made,) = json.loads(cyclonedx.write(graph([held], [])))["components"]
        assert made["name"] == name


@pytest.mark.parametrize(
    "came",
    [
        {"type": ["x"]},
        {"type": "machine-learning-model", "modelCard": {"modelParameters": {"datasets": [{"ref": ["x"]}]}}},
    ],
)
def test_members_of_other_types_break_nothing(came: dict[str, Any]) -> None:
    assert _written(**came)["name"] == "m"
