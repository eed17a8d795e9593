"""The short way through long lists gives exactly what the stock executor gives: data, errors and their places."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
import strawberry
from graphql import GraphQLObjectType, get_named_type, is_leaf_type
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from registry.api.graphql import execution
from registry.api.graphql.answers import Impact, Lineage
from registry.api.graphql.entities import ENTITY_TYPES
from registry.api.graphql.execution import ColumnarExecutor
from registry.api.graphql.fields import read_field
from registry.api.graphql.scalars import SCALARS
from registry.lineage.answer import (
    Certainty,
    Completeness,
    Direction,
    Edge,
    ImpactItem,
    LineageAnswer,
    Node,
    Owner,
    PathStep,
    Reason,
)
from registry.lineage.impact_answer import (
    EnvironmentGroup,
    EvaluationImpact,
    ImpactAnswer,
    KindGroup,
    OwnerGroup,
    OwnersToTell,
    OwnerToTell,
    Touched,
)
from registry.lineage.standing import DeploymentEnvironment, Standing

LENGTH = 40


def node(number: int) -> Node:
    urn = f"urn:lineage:DatasetVersion:demo:wine:v{number}"
    ended = 1_700_000_000_123_456 + number if number % 3 == 0 else None
    certainty = Certainty.POSSIBLE if number % 4 == 0 else Certainty.CERTAIN
    version = None if number % 5 == 0 else f"v{number}"
    return Node(urn, "DatasetVersion", "demo", "wine", version, version is None, False, None, ended, number, certainty)


def edge(number: int) -> Edge:
    role = "train" if number % 2 else None
    confidence = number / LENGTH if number % 3 else None
    return Edge(
        f"a{number}", f"b{number}", "USED", "data", role, "observed", confidence, "exact", "e", "p", 1, None, number
    )


def item(number: int) -> ImpactItem:
    path = tuple(PathStep(edge(step), node(step)) for step in range(number % 4))
    owners = (Owner("urn:lineage:Team:demo:data", "Team", "data"),) * (number % 3)
    places = (DeploymentEnvironment(None if number % 2 else "e", "production", "production"),) * (number % 3)
    standing = Standing(number % 2 == 0, False, "active", None, None, number / 2 if number % 5 else None, places)
    return ImpactItem(node(number), path, owners, f"number {number}", standing)


COMPLETENESS = Completeness(False, (Reason.DEPTH, Reason.SIZE), LENGTH, LENGTH, 7, {"Model": 1, "DatasetVersion": 3})
NODES = tuple(node(number) for number in range(LENGTH))
ITEMS = tuple(item(number) for number in range(LENGTH))
LINEAGE = LineageAnswer((node(0),), Direction.UPSTREAM, NODES, tuple(edge(n) for n in range(LENGTH)), COMPLETENESS)
OWNER = Owner("u", "Team", "n")
TOUCHED = Touched(3, 2, ITEMS[:5])
IMPACT = ImpactAnswer(
    start=(node(0),),
    total=LENGTH,
    items=ITEMS,
    by_kind=tuple(KindGroup(ITEMS[start : start + 9], "DatasetVersion") for start in range(0, LENGTH, 4)),
    by_owner=tuple(OwnerGroup(ITEMS[:start], OWNER if start % 2 else None) for start in range(10)),
    by_environment=tuple(
        EnvironmentGroup(ITEMS[:start], DeploymentEnvironment("e", "production", None) if start % 2 else None)
        for start in range(10)
    ),
    owners_to_tell=OwnersToTell(tuple(OwnerToTell(OWNER, (OWNER,) * (n % 3), TOUCHED) for n in range(12)), TOUCHED),
    evaluations=tuple(EvaluationImpact(node(n), None if n % 2 else "m", "d", Certainty.CERTAIN) for n in range(12)),
    completeness=COMPLETENESS,
    routes=None,
)
BROKEN_EDGE = edge(3)._replace(relation="NO_SUCH_RELATION")
MISSING = edge(3)._replace(recorded_from=cast("int", None))


def broken(*edges: Any) -> LineageAnswer:
    return LineageAnswer((), Direction.UPSTREAM, NODES, (*LINEAGE.edges[:10], *edges), COMPLETENESS)


@strawberry.type
class Query:
    @strawberry.field(graphql_type=Lineage)
    def lineage(self) -> LineageAnswer:
        return LINEAGE

    @strawberry.field(graphql_type=Impact)
    def impact(self) -> ImpactAnswer:
        return IMPACT

    @strawberry.field(graphql_type=Lineage | None)
    def bad_value(self) -> LineageAnswer:
        return broken(BROKEN_EDGE)

    @strawberry.field(graphql_type=Lineage | None)
    def missing_value(self) -> LineageAnswer:
        return broken(MISSING)

    @strawberry.field(graphql_type=Lineage | None)
    def mixed(self) -> LineageAnswer:
        return broken(Owner("a", "Team", "b"))

    @strawberry.field(graphql_type=Lineage | None)
    def null_item(self) -> LineageAnswer:
        return broken(None)


CONFIG = StrawberryConfig(default_resolver=read_field, scalar_map=SCALARS)
STOCK = strawberry.Schema(query=Query, types=ENTITY_TYPES, config=CONFIG)
FAST = strawberry.Schema(query=Query, types=ENTITY_TYPES, config=CONFIG, execution_context_class=ColumnarExecutor)


def run(schema: strawberry.Schema, text: str, variables: dict[str, Any]) -> tuple[Any, list[tuple[str, Any, Any]]]:
    result = asyncio.run(schema.execute(text, variable_values=variables))
    return result.data, [(error.message, error.path, error.locations) for error in result.errors or ()]


DOCUMENTS = {
    "all leaves": "{ lineage { nodes { urn kind namespace name version versionUnknown placeholder title label depth certainty trueTo } "
    "edges { downstream upstream relation family role evidence confidence versionIs eventId producer trueFrom trueTo recordedFrom } } }",
    "aliases": "{ lineage { n: nodes { a: urn b: urn kind k: kind } nodes { depth } } }",
    "fragments": "{ lineage { nodes { ...A ... on LineageNode { depth } ... { name } } } } fragment A on LineageNode { urn ...B } fragment B on LineageNode { kind urn }",
    "directives": "query ($yes: Boolean!, $no: Boolean!) { lineage { nodes { urn @include(if: $no) kind @skip(if: $no) name @include(if: $yes) ...A @include(if: $no) } } } fragment A on LineageNode { depth }",
    "everything skipped": "query ($yes: Boolean!) { lineage { nodes { urn @skip(if: $yes) } } }",
    "typename": "{ __typename lineage { __typename nodes { __typename t: __typename urn } } }",
    "nested objects": "{ impact { items { summary path { edge { role trueTo } node { label urn } } owners { name } node { depth } depth certainty } } }",
    "nested merges": "{ impact { items { node { urn } ...A } } } fragment A on ImpactItem { node { depth ...B } path { node { kind } } } fragment B on LineageNode { kind }",
    "ranking": "{ impact { items { standing { live retired lifecycle requestsPerSecond environments { urn name stage } } } byEnvironment { environment { name } count certain possible items { node { urn } } } ownersToTell { owners { owner { name } teams { urn } touched { certain possible items { summary } } } nobody { certain items { depth } } } } }",
    "groups": "{ impact { total byKind { kind count certain possible items { node { urn } } } byOwner { owner { name } count items { summary } } evaluations { evaluation { label } model data certainty } completeness { reasons byKind { kind count } } } }",
    "a value that does not fit": "{ badValue { edges { relation } } lineage { direction } }",
    "a value that does not fit, not asked for": "{ badValue { edges { downstream } } }",
    "a missing value": "{ missingValue { edges { recordedFrom upstream } } }",
    "objects of several types": "{ mixed { edges { upstream } } }",
    "a null among the items": "{ nullItem { edges { upstream } } }",
}


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_same_as_stock(text: str) -> None:
    variables = {"yes": True, "no": False}
    assert run(FAST, text, variables) == run(STOCK, text, variables)


def test_the_short_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    stock = execution._column

    def noted(*args: Any) -> Any:
        taken.append(len(args[2]))
        return stock(*args)

    monkeypatch.setattr(execution, "_column", noted)
    run(FAST, DOCUMENTS["nested objects"], {})
    assert LENGTH in taken
    taken.clear()
    run(STOCK, DOCUMENTS["nested objects"], {})
    assert taken == []


def test_resolvers_are_left_to_the_stock_path(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    monkeypatch.setattr(execution, "_column", lambda *args: taken.append(len(args[2])))
    fast, stock = (run(schema, "{ lineage { nodes { urn entity { urn } } } }", {}) for schema in (FAST, STOCK))
    assert fast == stock  # there is no context here, so each of them fails in the resolver
    assert taken == []


@st.composite
def selections(draw: st.DrawFn, type_: GraphQLObjectType, depth: int = 0) -> str:
    """A random selection of plain fields of a type, with aliases, directives and inline fragments."""
    names = [name for name in type_.fields if name != "entity"]
    parts = []
    for index, name in enumerate(draw(st.lists(st.sampled_from([*names, "__typename"]), min_size=1, max_size=5))):
        alias = draw(st.sampled_from(["", f"x{index}: "]))
        directive = draw(st.sampled_from(["", "", " @include(if: $yes)", " @skip(if: $yes)", " @skip(if: $no)"]))
        below = ""
        if name != "__typename":
            inner = get_named_type(type_.fields[name].type)
            if not is_leaf_type(inner):
                if depth > 3:
                    continue
                below = f" {{ {draw(selections(inner, depth + 1))} }}"
        field = f"{alias}{name}{directive}{below}"
        parts.append(draw(st.sampled_from([field, field, f"... on {type_.name} {{ {field} }}"])))
    return " ".join(parts) or "__typename"


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(["lineage", "impact"]))
def test_any_selection_is_the_same_as_stock(data: st.DataObject, root: str) -> None:
    schema_type = STOCK._schema.type_map["Lineage" if root == "lineage" else "Impact"]
    assert isinstance(schema_type, GraphQLObjectType)
    text = f"query ($yes: Boolean!, $no: Boolean!) {{ {root} {{ {data.draw(selections(schema_type))} }} used: __typename @skip(if: $no) also: __typename @skip(if: $yes) }}"
    variables = {"yes": True, "no": False}
    assert run(FAST, text, variables) == run(STOCK, text, variables)
