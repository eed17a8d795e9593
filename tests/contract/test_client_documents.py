"""What the notebook client sends is what the published schema takes, and it depends on nothing of the server."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from graphql import GraphQLInputObjectType, GraphQLSchema, build_schema, parse, validate
from graphql.utilities import type_from_ast

from lineage_client import Change, EdgeFilter, NodeFilter, ReachOptions, WalkOptions
from lineage_client.documents import COLUMNS, COMPLETENESS, SELECTIONS, TYPES, compose
from lineage_client.options import camel
from registry.api.graphql.schema import build_schema as build_registry_schema

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "clients/python/lineage_client"
SERVER = {"graph_schema", "queries", "registry"}
TIMES = {"asOf", "knownAt"}
WALK = {camel(name) for name in WalkOptions.__annotations__} | {"after"}
ARGUMENTS = {
    "entity": {"urn"} | TIMES,
    "search": {"text", "kinds", "namespace", "tags", "owner", "lifecycle", "first", "after", "trusted"} | TIMES,
    "lineage": WALK | {"direction", "rollUp"},
    "impact": WALK | {"change"},
    "lineageDiff": {camel(name) for name in ReachOptions.__annotations__}
    | {"urn", "to", "direction", "fromTime", "toTime", "fromKnownAt", "toKnownAt", "rollUp", "limit"},
    "paths": {"from", "to", "most", "maxLength", "software", "possible", "sameAs", "trusted"} | TIMES,
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "tests/contract/schema.graphql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("field", sorted(SELECTIONS))
def test_a_document_with_every_argument_is_valid(schema: GraphQLSchema, field: str) -> None:
    starts = ({"urn"}, {"urns"}) if field in ("lineage", "impact") else (set(),)
    for start in starts:
        document = compose(field, ARGUMENTS[field] | start)
        assert validate(schema, parse(document)) == []
        assert build_registry_schema().checker.check(document).errors == ()


def test_the_columns_of_a_big_answer_are_valid(schema: GraphQLSchema) -> None:
    document = compose("lineage", WALK | {"urn", "direction"}, f"{COLUMNS} {COMPLETENESS}")
    assert validate(schema, parse(document)) == []


def test_every_argument_of_the_schema_can_be_said(schema: GraphQLSchema) -> None:
    assert schema.query_type is not None
    for field in SELECTIONS:
        offered = set(schema.query_type.fields[field].args)
        said = ARGUMENTS[field] | ({"urns", "urn"} if field in ("lineage", "impact") else set())
        assert offered == said, field


@pytest.mark.parametrize(
    ("name", "mirror"), [("NodeFilter", NodeFilter), ("EdgeFilter", EdgeFilter), ("ChangeInput", Change)]
)
def test_filters_and_changes_have_the_fields_of_the_schema(schema: GraphQLSchema, name: str, mirror: type) -> None:
    there = schema.type_map[name]
    assert isinstance(there, GraphQLInputObjectType)
    assert {camel(field) for field in mirror.__annotations__} == set(there.fields)


def test_every_type_of_an_argument_exists(schema: GraphQLSchema) -> None:
    for name, written in TYPES.items():
        document = parse(f"query (${name}: {written}) {{ __typename }}")
        (definition,) = document.definitions
        (variable,) = definition.variable_definitions  # type: ignore[attr-defined]
        assert type_from_ast(schema, variable.type) is not None, (name, written)


def test_the_client_imports_nothing_of_the_server() -> None:
    for module in CLIENT.rglob("*.py"):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        named = {alias.name for item in ast.walk(tree) if isinstance(item, ast.Import) for alias in item.names}
        named |= {item.module or "" for item in ast.walk(tree) if isinstance(item, ast.ImportFrom)}
        assert not {name.partition(".")[0] for name in named} & SERVER, module
