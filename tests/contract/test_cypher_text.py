"""No value ever becomes Cypher text: what is run is written in this repository, and filled from closed sets alone.

Every place that runs Cypher, and every place that puts text into Cypher, is found in the source. Constants pass. The
rest is listed here with the reason why it is closed, so that a new place needs somebody who looks at it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("registry", "queries", "graph_schema")
_CYPHER = re.compile(r"\b(MATCH|MERGE|CREATE|UNWIND|DELETE|RETURN|REMOVE|CALL|SET|FOREACH|LOAD CSV|WITH)\b\s*[({$\w`]")
_RUNS = {"run", "read_text", "execute_schema", "execute_query"}
_OF_A_DATABASE = re.compile(r"(^|\.|_)(tx|pipe|session|driver|database|source|target|steps?)$")

PASSED_ON = {
    "registry/graph/database.py": {"statement", "cast('Any', statement)"},  # the doors themselves
    "registry/graph/local/readiness.py": {"statement"},  # constants, looped over
    "registry/graph/migrate.py": {"statement"},  # the files of migrations
    "registry/writer/pipe.py": {"cast('Any', text)"},  # numbered copies of its constants
    "registry/audit/incident.py": {"text"},  # looped over constants
    "registry/audit/journal_check.py": {"text"},
    "registry/audit/access_records.py": {
        "_NAMELESS[label]",
        "_PAGE[label]",
        "_SOME[label]",
    },  # looked up in tables of constants
    "registry/identity/sessions.py": {"found_by"},  # constants of its statements
    "registry/intake/raw_events.py": {"statement"},
    "registry/quarantine/store.py": {"statement", "query.text"},
    "registry/sources/store.py": {"statement"},
    "registry/watermarks/store.py": {"statement"},
    "registry/secrecy/rotation.py": {"statements.contents(label)", "statements.replace_contents(label)"},
    "registry/secrecy/equality.py": {"_page_of(kind, field)"},
    "registry/export/reading.py": {"query"},  # a Query, which only text of this program can be
    "registry/marquez/asking.py": {"query"},
    "registry/lineage/entity.py": {"NEIGHBOURS_UPSTREAM if upstream else NEIGHBOURS_DOWNSTREAM"},
    "registry/lineage/reading.py": {"query"},
    "registry/lineage/search.py": {"form.at", "form.now"},
    "registry/lineage/subgraph.py": {"query", "HIDDEN_BEHIND[query.name]"},
}
"""What is run and is no constant, by file."""

FILLED_IN = {
    "registry/writer/statements.py": {"KINDS[kind].name", "RELATIONS[relation].name"},  # KeyError for what is none
    "registry/writer/pipe.py": {"_numbered(text, index).strip()", "index"},  # our own texts, and a number
    "registry/graph/migrate.py": {"label", "key"},  # constants of the schema
    "registry/secrecy/rotation_statements.py": {"label", "kept"},  # two labels, looked up in a table
    "registry/secrecy/equality.py": {"KINDS[kind].name", "name"},  # a sensitive attribute of the vocabulary
    "registry/audit/access_records.py": {"label", "key"},  # constants of its own
    "queries/walk/__init__.py": {"asked"},  # names of parameters
    "graph_schema/constraints.py": {"name", "label", "labels", "key", "properties"},  # the vocabulary
}
"""What is put into Cypher and is no constant, by file."""


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    """Every module by its name, with its syntax tree."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple((str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def is_constant(node: ast.expr) -> bool:
    """A literal, or a name in capitals, perhaps of a module; ``.text`` of one that is a query."""
    if isinstance(node, ast.Attribute):
        return node.attr.isupper() or (node.attr == "text" and is_constant(node.value))
    return (isinstance(node, ast.Constant) and isinstance(node.value, str)) or (
        isinstance(node, ast.Name) and node.id.isupper()
    )


def literal(node: ast.AST) -> str:
    """All text that is written within an expression."""
    return "".join(
        item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)
    )


def run_without_constant(tree: ast.AST) -> Iterator[ast.expr]:
    """What is run and is no constant."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _RUNS):
            continue
        given = [*node.args[:1], *(item.value for item in node.keywords if item.arg in ("text", "query", "statement"))]
        if _OF_A_DATABASE.search(ast.unparse(node.func.value)) and given and not is_constant(given[0]):
            yield given[0]


def put_into_cypher(tree: ast.AST) -> Iterator[ast.expr]:
    """What is put into text that reads like Cypher, and is no constant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and _CYPHER.search(literal(node)):
            parts: list[ast.expr] = [item.value for item in node.values if isinstance(item, ast.FormattedValue)]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)) and _CYPHER.search(literal(node)):
            parts = [node.left, node.right]
        elif _is_formatting(node) and _CYPHER.search(literal(node)):
            assert isinstance(node, ast.Call)
            parts = [*node.args, *(item.value for item in node.keywords)]
        else:
            continue
        yield from (
            part for part in parts if not is_constant(part) and not isinstance(part, (ast.BinOp, ast.JoinedStr))
        )


def _is_formatting(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join")


@cache
def run_by_file() -> dict[str, set[str]]:
    return {name: {ast.unparse(item) for item in run_without_constant(tree)} for name, tree in sources()}


@cache
def filled_by_file() -> dict[str, set[str]]:
    return {name: {ast.unparse(item) for item in put_into_cypher(tree)} for name, tree in sources()}


def test_only_what_is_written_here_is_run() -> None:
    new = {name: items - PASSED_ON.get(name, set()) for name, items in run_by_file().items()}
    assert {name: items for name, items in new.items() if items} == {}


def test_only_closed_sets_are_put_into_cypher() -> None:
    new = {name: items - FILLED_IN.get(name, set()) for name, items in filled_by_file().items()}
    assert {name: items for name, items in new.items() if items} == {}


def test_the_lists_hold_nothing_that_is_gone() -> None:
    assert {name for name, items in PASSED_ON.items() if items - run_by_file().get(name, set())} == set()
    assert {name for name, items in FILLED_IN.items() if items - filled_by_file().get(name, set())} == set()


def test_somebody_runs_cypher_at_all() -> None:
    """The search would not find anything if the names of the doors had changed."""
    calls = [
        node
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _RUNS
        and _OF_A_DATABASE.search(ast.unparse(node.func.value))
    ]  # fmt: skip
    assert len(calls) > 50


@pytest.mark.parametrize(
    "bad",
    [
        'tx.run(f"MATCH (n:{label}) RETURN n")', 'tx.run("MATCH (n:%s) RETURN n" % label)', "tx.run(text)",
        'tx.run("MATCH (n) RETURN n." + name)', 'self._database.read_text("MATCH ({}) RETURN 1".format(name))',
        'session.run(query=f"RETURN {x}")', 'self._tx.run("\\n".join(parts))', "pipe.run(statement_of(name), urns=urns)",
    ],
)  # fmt: skip
def test_what_must_not_be_is_found(bad: str) -> None:
    assert list(run_without_constant(ast.parse(bad)))


@pytest.mark.parametrize(
    "bad",
    [
        'text = f"MATCH (n:{label}) RETURN n"', 'text = "MATCH (n:%s) RETURN n" % label', 'text = "MATCH (n) RETURN n." + name',
        'text = "MATCH (n) WHERE n.a = \'" + name + "\' RETURN n"', 'text = "UNWIND {} AS x RETURN x".format(rows)',
        'text = " ".join(["MATCH (n)", where])', 'text = ("CREATE (n:" + label) + ")"',
    ],
)  # fmt: skip
def test_text_that_must_not_be_made_is_found(bad: str) -> None:
    assert list(put_into_cypher(ast.parse(bad)))
