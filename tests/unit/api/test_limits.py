"""Documents are refused for their size before anything is validated, and measured as if fragments were written out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode, parse
from hypothesis import given
from hypothesis import strategies as st

from registry.api.graphql import limits
from registry.api.graphql.documents import DocumentChecker
from registry.api.graphql.schema import build_schema
from registry.errors import RegistryError

VOCABULARY = "vocabulary { kinds { name } }"


@pytest.fixture(scope="module")
def checker() -> DocumentChecker:
    return build_schema().checker


def refusal(checker: DocumentChecker, text: str, variables: Mapping[str, object] | None = None) -> RegistryError | None:
    errors = checker.check(text).refuse(None, variables or {})
    if not errors:
        return None
    cause = errors[0].original_error
    assert isinstance(cause, RegistryError)
    return cause


def chained_bomb(length: int) -> str:
    steps = "".join(f"fragment F{i} on Entity {{ ...F{i + 1} ...F{i + 1} }} " for i in range(length))
    return f'{{ entity(urn: "a") {{ ...F0 }} }} {steps} fragment F{length} on Entity {{ urn }}'


def nested(levels: int) -> str:
    return '{ entity(urn: "a") {' + "versions { edges { node { " * levels + "urn" + " } } }" * levels + " } }"


def nested_in_fragments(levels: int) -> str:
    steps = "".join(
        f"fragment F{i} on Entity {{ versions {{ edges {{ node {{ ...F{i + 1} }} }} }} }} " for i in range(levels)
    )
    return f'{{ entity(urn: "a") {{ ...F0 }} }} {steps} fragment F{levels} on Entity {{ urn }}'


TOO_COSTLY = {
    "fragment bomb": chained_bomb(99),
    "depth": nested(20),
    "depth through fragments": nested_in_fragments(20),
    "aliases": "{" + " ".join(f"a{i}: {VOCABULARY}" for i in range(31)) + "}",
    "aliases in a fragment spread apart": "{ x: vocabulary { ...K } y: vocabulary { ...K } }"
    "fragment K on Vocabulary {" + " ".join(f"a{i}: kinds {{ name }}" for i in range(15)) + "}",
    "repetition": "{" + f"{VOCABULARY} " * 240 + "}",
    "repetition in inline fragments": "{" + ("... on Query {" + VOCABULARY * 10 + "}") * 20 + "}",
    "repetition in fragments": "{" + "".join(f"...F{i} " for i in range(90)) + "}"
    + "".join(f"fragment F{i} on Query {{ {VOCABULARY} }}" for i in range(90)),
    "nested repetition": "{" + ("... {" + VOCABULARY * 5) * 50 + "}" * 50 + "}",
    "directives": "{ vocabulary" + " @skip(if: false)" * 200 + "{ kinds { name } } }",
    "directives of the operation": "query" + " @skip(if: false)" * 200 + "{ vocabulary { kinds { name } } }",
    "directives of a fragment": "{ ...F } fragment F on Query" + " @skip(if: false)" * 200 + "{" + VOCABULARY + "}",
    "directives of a variable": "query ($a: Int" + " @skip(if: false)" * 200 + ") {" + VOCABULARY + "}",
    "tokens": "{" + " a" * 2_001 + "}",
    "comments": "#\n" * 201 + "{ vocabulary { kinds { name } } }",
    "characters": '{ entity(urn: "' + "u" * limits.MAX_CHARACTERS + '") { urn } }',
    "parser depth": "{a" * 900 + "}" * 900,
    "list depth": "{ search(tags: " + "[" * 900 + "]" * 900 + ") { totalCount } }",
    "variables": "query (" + " ".join(f"$v{i}: Int" for i in range(101)) + ") { vocabulary { kinds { name } } }",
    "fragments": "{ vocabulary { kinds { name } } }" + "fragment F on Query { vocabulary { kinds { name } } } " * 101,
    "operations": "query A { vocabulary { kinds { name } } }" * 11,
    "unused fragment": "{ vocabulary { kinds { name } } } fragment F on Query {" + VOCABULARY * 240 + "}",
    "cost": "{ search(first: 500) { edges { node { neighbours(first: 500) { node { urn } } } } } }",
    "cost by default sizes": "{ search(first: 500) { edges { node { neighbours { node { owners { urn } } } } } } }",
    "cost of history": "{ search(first: 500) { edges { node { history { recordedFrom } } } } }",
    "cost of a long history": "{ search(first: 50) { edges { node { history(first: 1000) { recordedFrom } } } } }",
    "cost of findings": '{ lineage(urn: "a", limit: 1000) { nodes { entity { findings { rule } } } } }',
    "cost of whether there is more": "{ search(first: 500) { edges { node { hasMoreNeighbours(first: 500) } } } }",
    "18 big walks": "{" + " ".join(f'a{i}: impact(urn: "a", limit: 100000) {{ total }}' for i in range(18)) + "}",
    "2 big walks": '{ impact(urn: "a", limit: 60000) { total } lineage(urn: "a", limit: 60000) { direction } }',
    "big walks in fragments": "{ ...A ...B } fragment A on Query { a: impact(urn: \"a\", limit: 60000) { total } } "
    "fragment B on Query { ... on Query { b: impact(urn: \"a\", limit: 60000) { total } } }",
    "cost of big walks": "{" + " ".join(f'a{i}: lineage(urn: "a", limit: 100000) {{ direction }}' for i in range(30)) + "}",
}  # fmt: skip


@pytest.mark.parametrize("text", TOO_COSTLY.values(), ids=TOO_COSTLY.keys())
def test_too_costly(checker: DocumentChecker, text: str) -> None:
    error = refusal(checker, text)
    assert error is not None
    assert error.code == "document-too-costly"
    assert len(error.message) < 200


INVALID = {
    "circle": '{ entity(urn: "a") { ...A } } fragment A on Entity { ...B } fragment B on Entity { ...A }',
    "self": '{ entity(urn: "a") { ...A } } fragment A on Entity { urn ...A }',
    "circle that nobody spreads": "{ vocabulary { kinds { name } } } fragment A on Entity { ...B } fragment B on Entity { ...A }",
    "mutation": "mutation { drop }",
    "subscription": "subscription { all }",
    "schema": "type A { a: Int }",
    "schema beside": "{ vocabulary { kinds { name } } } type A { a: Int }",
    "unknown field": "{ nothing }",
    "unfinished": "{",
    "empty": "   ",
    "surrogate": "{ a\ud800 }",
    "nul": "{ a\x00 }",
    "thousands of digits": "{ search(first: " + "9" * 50_000 + ") { totalCount } }",
    "too big for an Int": "{ search(first: 99999999999) { totalCount } }",
    "not a time": '{ entity(urn: "a", asOf: "yesterday") { urn } }',
    "kind that is none": "{ search(kinds: [Unicorn]) { totalCount } }",
    "introspection going in circles": "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
}


@pytest.mark.parametrize("text", INVALID.values(), ids=INVALID.keys())
def test_invalid(checker: DocumentChecker, text: str) -> None:
    error = refusal(checker, text)
    assert error is not None
    assert error.code == "invalid-document"
    assert len(error.message) <= 500


def test_only_a_few_errors_are_returned(checker: DocumentChecker) -> None:
    errors = checker.check("{" + " ".join(f"x{i}" for i in range(900)) + "}").errors
    assert 1 <= len(errors) <= 5


def test_no_suggestions(checker: DocumentChecker) -> None:
    error = refusal(checker, "{ vocabularz { kinds { name } } }")
    assert error is not None
    assert "vocabulary" not in error.message


def test_introspection_is_within_bounds(checker: DocumentChecker) -> None:
    from graphql import get_introspection_query

    text = get_introspection_query(input_value_deprecation=True, directive_is_repeatable=True, schema_description=True)
    assert refusal(checker, text) is None


def test_cost_takes_sizes_from_variables_and_their_defaults(checker: DocumentChecker) -> None:
    text = "query ($n: Int! = 500) { search(first: $n) { edges { node { neighbours(first: $n) { node { urn } } } } } }"
    assert refusal(checker, text, {"n": 10}) is None
    for variables in ({}, {"n": 500}):
        error = refusal(checker, text, variables)
        assert error is not None
        assert error.details["limit"] == "cost"


def test_walks_of_one_document_share_the_nodes_of_one(checker: DocumentChecker) -> None:
    text = "query ($n: Int!) {" + " ".join(f'a{i}: impact(urn: "a", limit: $n) {{ total }}' for i in range(10)) + "}"
    assert refusal(checker, text, {"n": 10_000}) is None
    error = refusal(checker, text, {"n": 10_001})
    assert error is not None
    assert (error.details["limit"], error.details["maximum"]) == ("nodes", 100_000)
    few = build_schema(max_nodes=5_000).checker
    assert refusal(few, text, {"n": 500}) is None
    assert refusal(few, text, {"n": 501}) is not None
    alone = 'query ($n: Int) { impact(urn: "a", limit: $n) { total } }'
    assert refusal(few, alone, {"n": 5_001}) is None  # the field names its own bound


def test_cost_ignores_values_that_are_no_sizes(checker: DocumentChecker) -> None:
    text = "query ($n: Int!) { search(first: $n) { totalCount } }"
    for value in (-1, 501, 10**30, "x", None, 1.5, [1]):
        assert refusal(checker, text, {"n": value}) is None  # the executor refuses the value itself


def test_an_operation_has_to_be_named_where_there_are_several(checker: DocumentChecker) -> None:
    checked = checker.check("query A { vocabulary { kinds { name } } } query B { vocabulary { kinds { name } } }")
    assert checked.refuse("A", {}) == []
    assert [error.message for error in checked.refuse(None, {})] == ["The document has several operations."]
    assert [error.message for error in checked.refuse("C", {})] == ["The document has no operation of that name."]


def test_a_document_is_checked_once(checker: DocumentChecker) -> None:
    text = "{ vocabulary { relations { name } } }"
    assert checker.check(text) is checker.check(text)


def test_the_cache_is_bounded(checker: DocumentChecker) -> None:
    first = "{ vocabulary { relations { description } } }"
    kept = checker.check(first)
    for number in range(40):
        checker.check(f"{{ vocabulary {{ kinds {{ name }} }} }} #{'x' * 9_900}{number}")
    assert checker.check(first) is not kept


@st.composite
def documents(draw: st.DrawFn) -> DocumentNode:
    """Small documents whose fragments spread only later ones, so that writing them out ends."""
    count = draw(st.integers(0, 4))

    def selections(after: int, depth: int) -> str:
        parts = []
        for _ in range(draw(st.integers(1, 3))):
            choice = draw(st.integers(0, 4 if depth < 3 else 1))
            name = draw(st.sampled_from("abcd"))
            directive = draw(st.sampled_from(["", " @include(if: true)"]))
            if choice == 0:
                parts.append(f"{name}{directive}")
            elif choice == 1:
                parts.append(f"x: {name}{directive}")
            elif choice == 2:
                parts.append(f"{name}{directive} {{ {selections(after, depth + 1)} }}")
            elif choice == 3:
                parts.append(f"... on T{directive} {{ {selections(after, depth + 1)} }}")
            elif after < count:
                parts.append(f"...F{draw(st.integers(after, count - 1))}{directive}")
        return " ".join(parts) or "a"

    texts = [f"fragment F{index} on T {{ {selections(index + 1, 0)} }}" for index in range(count)]
    return parse(" ".join([f"{{ {selections(0, 0)} }}", *texts]))


@given(documents())
def test_measures_equal_those_of_the_document_written_out(document: DocumentNode) -> None:
    fragments = {item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)}
    measured: dict[str, limits.Measure] = {}
    for name in limits._in_order_of_use(fragments):
        measured[name] = limits._measure(fragments[name].selection_set, measured)
    selections = document.definitions[0].selection_set  # type: ignore[attr-defined]
    measure = limits._measure(selections, measured)
    assert (measure.depth, measure.fields, measure.aliases, measure.directives) == written_out(selections, fragments)


def written_out(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[int, int, int, int]:
    """Depth, fields, aliases and directives, counted by following every spread every time."""
    depth = fields = aliases = directives = 0
    for node in selections.selections:
        directives += len(node.directives or ())
        inside = (
            fragments[node.name.value].selection_set
            if isinstance(node, FragmentSpreadNode)
            else getattr(node, "selection_set", None)
        )
        below = written_out(inside, fragments) if inside else (0, 0, 0, 0)
        own = isinstance(node, FieldNode)
        depth = max(depth, below[0] + own)
        fields += below[1] + own
        aliases += below[2] + (own and getattr(node, "alias", None) is not None)
        directives += below[3]
    return depth, fields, aliases, directives
