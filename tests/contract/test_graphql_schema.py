"""The GraphQL schema is a promise: what changes in it changes in a file that a reviewer sees."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, parse, validate

from graph_schema.catalogue import KINDS, RELATIONS, properties_of
from registry.api.graphql.schema import build_schema
from registry.api.graphql.snapshot import schema_text
from registry.cli.documents import DOCUMENTS

SNAPSHOT = Path(__file__).with_name("schema.graphql")
SCHEMA = build_schema()._schema


def test_schema_equals_its_snapshot() -> None:
    kept, now = SNAPSHOT.read_text(encoding="utf-8"), schema_text()
    difference = "".join(difflib.unified_diff(kept.splitlines(True), now.splitlines(True), "snapshot", "now", n=2))
    assert not difference, f"The schema changed. If that is meant, run `make schema` and commit it.\n{difference}"


def test_fast_and_stock_execution_publish_the_same_schema() -> None:
    assert build_schema(fast=False).as_str() == build_schema(fast=True).as_str()


def test_every_kind_is_a_type_with_its_attributes() -> None:
    entity = SCHEMA.type_map["Entity"]
    assert isinstance(entity, GraphQLInterfaceType)
    assert {item.name for item in SCHEMA.get_possible_types(entity)} == set(KINDS)
    for kind in KINDS.values():
        made = SCHEMA.type_map[kind.name]
        assert isinstance(made, GraphQLObjectType)
        assert made.description == kind.description
        missing = {camel_case(item.name) for item in properties_of(kind)} - set(made.fields)
        assert not missing, f"{kind.name} lacks {missing}"


def test_enums_are_the_vocabulary() -> None:
    for name, known in (("Kind", KINDS), ("Relation", RELATIONS)):
        values = SCHEMA.type_map[name].values  # type: ignore[attr-defined]
        assert {key: value.description for key, value in values.items()} == {
            item.name: item.description for item in known.values()
        }


def test_every_field_of_the_root_is_described() -> None:
    for name, field in SCHEMA.query_type.fields.items():  # type: ignore[union-attr]
        assert field.description, name


def test_64_bit_attributes_are_not_ints() -> None:
    version = SCHEMA.type_map["DatasetVersion"]
    assert isinstance(version, GraphQLObjectType)
    assert get_named_type(version.fields["sizeBytes"].type).name == "Long"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_of_the_command_line_fit(name: str) -> None:
    assert validate(SCHEMA, parse(DOCUMENTS[name])) == []
    assert build_schema().checker.check(DOCUMENTS[name]).errors == ()


def camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
