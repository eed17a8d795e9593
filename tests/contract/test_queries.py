"""Every statement that this program can ask, planned by a real Neo4j."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, cast

import neo4j
import pytest

from graph_schema.catalogue import KINDS, RELATIONS, properties_of
from graph_schema.core import Property, ValueType
from graph_schema.edges import EVERY_EDGE
from graph_schema.storage import EDGE_FIELDS, NODE_FIELDS
from queries.catalogue import QUERIES, enumerate_composed
from queries.query import SEEN, Query, QueryDefinitionError, Sight, load_query
from queries.walk import MAX_DEPTH, WalkShape, Way, enumerate_walks, walk_query
from registry.graph.database import Database

COMPOSED = dict(enumerate_composed())
_WALKS = ("walk/upstream", "walk/downstream")


def _is_planned(name: str) -> bool:
    """Depths differ by a literal alone, which test_shapes_differ_by_their_depth_alone proves."""
    if not name.startswith(_WALKS):
        return True
    parts = set(name.split("-"))
    if parts & {"now", "alone"} and parts & {"software", "names", "nodes", "links"}:
        return False  # the same parts in other company
    return "unbounded" in parts or ("evidence" in parts and bool({"2", str(MAX_DEPTH + 1)} & parts))


def _is_planned_restricted(name: str) -> bool:
    """The same parts in other company are planned the same."""
    parts = set(name.split("-"))
    return not name.startswith(_WALKS) or (
        not parts & {"software", "names", "nodes", "links"} and str(MAX_DEPTH + 1) not in parts
    )


PLANNED = {query.name: query for query in QUERIES} | {
    name: query for name, query in COMPOSED.items() if _is_planned(name)
}
RESTRICTED = {
    name: query for name, query in PLANNED.items() if query.restricted is not None and _is_planned_restricted(name)
}
PLANNED = {name: query for name, query in PLANNED.items() if query.sight is not Sight.RESTRICTED_ONLY}
PRUNING = "VarLengthExpand(Pruning,BFS,All)"
ONE_STEP = "VarLengthExpand(All)"

_SAMPLES: dict[str, Any] = {
    "str": "x", "str | None": None, "int": 5, "float": 1.0, "list[str]": ["x"], "bool": False,
    "list[str] | None": ["x"],
}  # fmt: skip
_VALUES = {
    ValueType.STRING: "x", ValueType.INTEGER: 1, ValueType.FLOAT: 0.5, ValueType.BOOLEAN: True,
    ValueType.TIMESTAMP: 1, ValueType.STRINGS: ["x"], ValueType.JSON: "{}",
}  # fmt: skip


def _values(names: tuple[str, ...], items: tuple[Property, ...]) -> dict[str, Any]:
    return dict.fromkeys(names, 1) | {item.name: _VALUES[item.type] for item in items}


@pytest.fixture(scope="module")
def driver(database: Database, neo4j_server: Any) -> Iterator[neo4j.Driver]:
    """A driver that hears every notification, on a database that knows every label, type and property."""
    auth = None if neo4j_server.password is None else (neo4j_server.username, neo4j_server.password)
    with neo4j.GraphDatabase.driver(neo4j_server.uri, auth=auth) as driver:
        with driver.session(database=neo4j_server.database) as session:
            for number, kind in enumerate(KINDS.values()):
                stored = _values(NODE_FIELDS, properties_of(kind)) | {"urn": f"seed-{number}", "search_text": "x"}
                session.run(f"CREATE (n:Entity:{kind.name}) SET n = $stored", stored=stored).consume()
            for relation in RELATIONS.values():
                stored = _values(EDGE_FIELDS, (*relation.properties, *EVERY_EDGE)) | {"key": "x"}
                session.run(
                    "MATCH (a:Entity {urn: 'seed-0'}), (b:Entity {urn: 'seed-1'}) "
                    f"CREATE (a)-[r:{relation.name}]->(b) SET r = $stored",
                    stored=stored,
                ).consume()
            session.run(
                "CREATE (:EntityState {urn: 'seed-0', recorded_from: 1, recorded_to: 2, true_from: 1, true_to: 2}) "
                "CREATE (:Finding {id: 'seed', rule: 'x', severity: 'info', urn: 'seed-0', message: 'x', "
                "event_id: 'x', recorded_at: 1}) "
                "CREATE (:Quarantined {id: 'x', source: 'x', form: 'part', origin: 'x', place: 'x', round: 'x', "
                "reason: 'x', message: 'x', errors: '[]', received_at: 9, last_received_at: 9, times: 1, bytes: 1, "
                "kept: 1, content: 'x', sender: 'x'})"
            ).consume()
        yield driver
        with driver.session(database=neo4j_server.database) as session:
            session.run(
                "MATCH (n) WHERE n.urn STARTS WITH 'seed-' OR (n:Finding AND n.id = 'seed') OR n:Quarantined "
                "DETACH DELETE n"
            ).consume()


@pytest.mark.parametrize("name", PLANNED)
def test_statement_plans_as_it_should(driver: neo4j.Driver, neo4j_server: Any, name: str) -> None:
    query = PLANNED[name]
    assert _checked_plan(driver, neo4j_server, name, query.text, _sample(query)) == query.columns


@pytest.mark.parametrize("name", RESTRICTED)
def test_statement_plans_as_well_for_a_restricted_reader(driver: neo4j.Driver, neo4j_server: Any, name: str) -> None:
    query = RESTRICTED[name]
    asked = _sample(query) | {SEEN: ["x"]}
    columns = _checked_plan(driver, neo4j_server, name, str(query.restricted), asked, row=query.row)
    assert sorted(columns) == sorted(item.name for item in fields(query.row))


def _checked_plan(
    driver: neo4j.Driver,
    neo4j_server: Any,
    name: str,
    text: str,
    sample: dict[str, Any],
    row: type[Any] | None = None,
) -> tuple[str, ...]:
    """The columns of a statement that is planned as it should; with a row it is run too, and fills it."""
    with driver.session(database=neo4j_server.database, default_access_mode=neo4j.READ_ACCESS) as session:
        result = session.run(cast("Any", f"{'PROFILE' if row else 'EXPLAIN'} {text}"), sample)
        columns = tuple(result.keys())
        for record in result:
            assert row is not None
            row(**dict(zip(record.keys(), record.values(), strict=True)))
        summary = result.consume()
    assert summary.query_type == "r"
    told = [status for status in summary.gql_status_objects if not status.gql_status.startswith(("00", "02"))]
    assert [(status.gql_status, status.status_description) for status in told] == []
    plan = summary.profile if row else summary.plan
    assert plan is not None
    operators = list(_operators(plan))
    assert not {operator for operator in operators if "AllNodesScan" in operator}
    assert not _products(plan)
    walks = sorted(operator for operator in operators if operator.startswith("VarLengthExpand"))
    assert walks == _expected_walks(name)
    if walks:
        assert "NodeUniqueIndexSeek" in operators
    return columns


@pytest.mark.parametrize("name", PLANNED)
def test_statement_runs_and_fills_its_row(driver: neo4j.Driver, neo4j_server: Any, name: str) -> None:
    query = PLANNED[name]
    with driver.session(database=neo4j_server.database, default_access_mode=neo4j.READ_ACCESS) as session:
        for record in session.run(query.text, _sample(query)):
            query.row(*record.values())


def test_every_statement_says_who_may_ask_it() -> None:
    undeclared = [query.name for query in (*QUERIES, *COMPOSED.values()) if query.sight is Sight.UNDECLARED]
    assert not undeclared, "give it slots, or declare that it shows no entity, or that restricted readers may not ask"


def test_what_everybody_may_ask_shows_no_entity() -> None:
    for query in (*QUERIES, *COMPOSED.values()):
        if query.sight is Sight.EVERYBODY:
            assert not re.search(r":(Entity|Finding|Captured|Quarantined|Event\b|Scheduled|SourceRun)", query.text)


def test_a_restricted_text_asks_for_the_scope_of_every_entity_that_it_names() -> None:
    """Whatever is matched by a name of its own is held against what the reader may see, or is on a way that is."""
    for query in (*QUERIES, *COMPOSED.values()):
        if query.restricted is not None and query.sight is not Sight.EVERYBODY:
            assert f"${SEEN}" in query.restricted, query.name
            assert "%" not in query.restricted, "a slot was left open"
            unnamed = re.findall(
                r"\(:(?:Entity|Run|Dataset\w*|DataSlice|Job|Model\w*|Endpoint)\b[^)]*\)", query.restricted
            )
            assert not unnamed, f"{query.name} passes through {unnamed} unseen"


def test_every_file_is_claimed() -> None:
    folder = Path(str(resources.files("queries")))
    loaded = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    for path in folder.rglob("*.cypher"):
        name = path.relative_to(folder).with_suffix("").as_posix()
        stem = re.sub(r"_(present|at_time)$", "", path.stem)
        assert name in loaded or f'"{path.stem}"' in loaded or stem in loaded, f"nothing reads {name}.cypher"


def test_every_statement_says_what_it_asks() -> None:
    for query in (*QUERIES, *COMPOSED.values()):
        assert query.documentation.strip()
        assert "%" not in query.text, "a slot was left open"
        assert "//" not in query.text.replace("://", "")


def test_names_are_unique() -> None:
    names = [query.name for query in QUERIES]
    assert len(names) == len(set(names))


def test_shapes_differ_by_their_depth_alone() -> None:
    texts: dict[WalkShape, set[str]] = {}
    restricted: dict[WalkShape, set[str]] = {}
    for shape in enumerate_walks():
        if shape.depth is not None:
            depth = re.compile(rf"(?<=\*1\.\.){shape.depth}(?=])|(?<=[<=] ){shape.depth}(?= \||, )")
            text, narrow = walk_query(shape).text, str(walk_query(shape).restricted)
            texts.setdefault(replace(shape, depth=None), set()).add(depth.sub("k", text))
            restricted.setdefault(replace(shape, depth=None), set()).add(depth.sub("k", narrow))
    assert len(texts) == 48
    assert all(len(found) == 1 for found in (*texts.values(), *restricted.values()))


@pytest.mark.parametrize("form", [{"now": True}, {"alone": True}])
def test_a_bounded_or_narrow_walk_has_no_forms_of_its_own(form: dict[str, bool]) -> None:
    for more in ({"depth": 3}, {"depth": None, "narrow": True}):
        with pytest.raises(ValueError, match="forms"):
            WalkShape(Way.UPSTREAM, False, **more, **form)  # type: ignore[arg-type]


@pytest.mark.parametrize("depth", [0, 1, -1, 34, 1_000_000])
def test_a_depth_outside_the_closed_set_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="depth"):
        WalkShape(Way.UPSTREAM, False, depth)


def test_a_missing_file_is_told_at_import() -> None:
    with pytest.raises(QueryDefinitionError):
        load_query("entity/no_such", type(None), type(None))


def _expected_walks(name: str) -> list[str]:
    """How the plan has to walk: pruning, but for the one step through a schema."""
    if name.startswith(_WALKS):
        return [PRUNING]
    return [ONE_STEP] if name.removesuffix("_hidden") in ("walk/versions_of_fields", "walk/fields_of_versions") else []


def _sample(query: Query[Any, Any]) -> dict[str, Any]:
    return {item.name: _SAMPLES[str(item.type)] for item in fields(query.params)}


def _operators(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["operatorType"].partition("@")[0]
    for child in plan.get("children", ()):
        yield from _operators(child)


def _products(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Products of rows with rows; with the one row that a subquery is given, it is none."""
    children = plan.get("children", [])
    product = "CartesianProduct" in plan["operatorType"] and "Argument" not in children[0]["operatorType"]
    return [plan] * product + [found for child in children for found in _products(child)]
