"""The published schemas are valid JSON Schema 2020-12, complete, and accept and refuse what they say."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from graph_schema.catalogue import KINDS, RELATIONS, properties_of
from graph_schema.core import NAME_MAX, Property, ValueType
from graph_schema.json_schema import record_schemas

SCHEMAS = record_schemas()
_VALIDATORS = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
_SAMPLES: dict[ValueType, Any] = {
    ValueType.STRING: "text",
    ValueType.INTEGER: 0,
    ValueType.FLOAT: 0.5,
    ValueType.BOOLEAN: True,
    ValueType.TIMESTAMP: "2026-05-04T12:00:00Z",
    ValueType.STRINGS: ["text"],
    ValueType.JSON: {"a": [1, None]},
}
_PATTERNED = {"digest": "sha256:00ff", "purl": "pkg:generic/n"}
_WRONG: dict[ValueType, tuple[Any, ...]] = {
    ValueType.STRING: (1, ["a"], {}, "a\x00b"),
    ValueType.INTEGER: ("1", 1.5, 2**63, -(2**63) - 1),
    ValueType.FLOAT: ("1", [1]),
    ValueType.BOOLEAN: (1, "true"),
    ValueType.TIMESTAMP: (1, ["2026-05-04T12:00:00Z"]),
    ValueType.STRINGS: ("a", [1], [""], ["a\nb"]),
    ValueType.JSON: ("{}", [], 1),
}


def _sample(item: Property) -> Any:
    if item.values:
        return item.values[0]
    return _PATTERNED[item.name] if item.pattern else _SAMPLES[item.type]


def _accepts(name: str, record: object) -> bool:
    return bool(_VALIDATORS[name].is_valid(record))


def _entity(kind: str, **more: Any) -> dict[str, Any]:
    attributes = {item.name: _sample(item) for item in properties_of(KINDS[kind]) if item.required}
    version = {"version": "v1"} if KINDS[kind].versioned else {}
    return {"entity": kind, "namespace": "demo", "name": "n", "attributes": attributes} | version | more


@pytest.mark.parametrize("name", SCHEMAS)
def test_is_a_valid_schema_that_describes_all_it_has(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    properties = SCHEMAS[name]["properties"]["attributes"]["properties"]
    assert all(item["description"] for item in properties.values())


def test_there_is_one_for_each_kind_and_each_relation_that_a_client_may_send() -> None:
    sent = {item.name for item in KINDS.values() if not item.derived}
    assert set(SCHEMAS) == sent | {item.name for item in RELATIONS.values() if not item.derived}
    assert {"VERSION_OF", "MAY_BE", "Attestation", "ATTESTS"}.isdisjoint(SCHEMAS)


@pytest.mark.parametrize("kind", [name for name in SCHEMAS if name in KINDS])
def test_accepts_every_property_of_a_kind_and_refuses_wrong_types(kind: str) -> None:
    items = properties_of(KINDS[kind])
    everything = {item.name: _sample(item) for item in items}
    assert _accepts(kind, _entity(kind, attributes=everything))
    for item in items:
        for wrong in _WRONG[item.type]:
            assert not _accepts(kind, _entity(kind, attributes=everything | {item.name: wrong})), (item.name, wrong)
        if item.values:
            assert not _accepts(kind, _entity(kind, attributes=everything | {item.name: "no such value"}))
        if item.required:
            lacking = {name: value for name, value in everything.items() if name != item.name}
            assert not _accepts(kind, _entity(kind, attributes=lacking))


@pytest.mark.parametrize("relation", [name for name in SCHEMAS if name in RELATIONS])
def test_accepts_edges_by_urn_and_by_parts(relation: str) -> None:
    attributes = {item.name: _sample(item) for item in RELATIONS[relation].properties}
    urn, parts = "urn:lineage:Run:demo:r", {"kind": "Run", "namespace": "demo", "name": "r"}
    for end in (urn, parts):
        assert _accepts(relation, {"edge": relation, "from": end, "to": urn, "attributes": attributes})
    no_ends: list[Any] = [None, 1, "Run", {"kind": "Nonsense", "namespace": "demo", "name": "r"}, {"kind": "Run"}]
    for end in no_ends:
        assert not _accepts(relation, {"edge": relation, "from": end, "to": urn, "attributes": attributes})
    assert not _accepts(relation, {"edge": relation, "from": urn, "attributes": attributes})


@pytest.mark.parametrize(
    "more",
    [
        {"surprise": 1},
        {"attributes": {"surprise": 1}},
        {"entity": "Model"},
        {"namespace": ""},
        {"name": None},
        {"name": "a\x1bb"},
        {"name": "a" * (NAME_MAX + 1)},
        {"version": 3},
        {"op": "destroy"},
        {"op": "retract"},
        {"op": "delete", "reason": ""},
        {"owners": "urn:lineage:Team:demo:data"},
        {"owners": ["data"]},
        {"event_id": ""},
        {"true_from": 5},
        {"version_unknown": False},
    ],
)
def test_refuses_a_record_that_breaks_a_rule(more: dict[str, Any]) -> None:
    assert _accepts("DatasetVersion", _entity("DatasetVersion"))
    assert not _accepts("DatasetVersion", _entity("DatasetVersion", **more))


def test_an_entity_is_named_by_its_urn_or_by_its_parts() -> None:
    assert _accepts("Dataset", {"entity": "Dataset", "urn": "urn:lineage:Dataset:demo:n"})
    assert _accepts("DatasetVersion", _entity("DatasetVersion", op="retract", reason="a mistake"))
    unknown = {"entity": "DatasetVersion", "namespace": "demo", "name": "n", "version_unknown": True}
    assert _accepts("DatasetVersion", unknown)
    for lacking in ("namespace", "name", "version"):
        record = {name: value for name, value in _entity("DatasetVersion").items() if name != lacking}
        assert not _accepts("DatasetVersion", record)
    assert not _accepts("Dataset", {"entity": "Dataset"})
    assert not _accepts("Dataset", _entity("Dataset", version="v1"))
