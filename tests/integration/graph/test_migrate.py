"""Migrations on a real Neo4j: they make what the vocabulary asks for, once, and nothing is served without it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from graph_schema.constraints import SchemaItem, required_items
from graph_schema.migrations import load_migrations
from registry.errors import SchemaNotReadyError
from registry.graph.database import Database
from registry.graph.migrate import check_ready, migrate, migration_state

ALL_IDS = tuple(item.id for item in load_migrations())
_CONSTRAINTS = (
    "SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties RETURN name, type, labelsOrTypes, properties"
)
_INDEXES = (
    "SHOW INDEXES YIELD name, type, labelsOrTypes, properties, owningConstraint, options "
    "WHERE type <> 'LOOKUP' AND owningConstraint IS NULL "
    "RETURN name, type, labelsOrTypes, properties, options.indexConfig['fulltext.analyzer']"
)


@pytest.fixture
def bare_database(clean_database: Database) -> Iterator[Database]:
    """The test database without any schema of ours; migrated again afterwards."""
    _drop_everything(clean_database)
    yield clean_database
    clean_database.execute_schema("MATCH (n:Entity|EntityState) CALL (n) { DELETE n } IN TRANSACTIONS OF 5000 ROWS")
    _drop_everything(clean_database)
    migrate(clean_database)
    check_ready(clean_database)


def _drop_everything(database: Database) -> None:
    for (name,) in database.read_text("SHOW CONSTRAINTS YIELD name RETURN name"):
        database.execute_schema(f"DROP CONSTRAINT {name}")
    for (name,) in database.read_text("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
        database.execute_schema(f"DROP INDEX {name}")
    database.execute_schema("MATCH (m:Migration) DELETE m")


def _schema(database: Database) -> set[tuple[object, ...]]:
    rows = [*database.read_text(_CONSTRAINTS), *database.read_text(_INDEXES)]
    return {(name, kind, *(tuple(sorted(value)) for value in rest[:2]), *rest[2:]) for name, kind, *rest in rows}


def test_makes_exactly_what_the_vocabulary_asks_for(bare_database: Database) -> None:
    for item in required_items():
        bare_database.execute_schema(item.statement)
    asked_for = _schema(bare_database)
    _drop_everything(bare_database)
    assert _schema(bare_database) == set()

    assert migrate(bare_database) == ALL_IDS
    assert _schema(bare_database) == asked_for
    assert {row[0] for row in asked_for} == {item.name for item in required_items()}


def test_a_database_is_ready_when_migrated_and_not_before(bare_database: Database) -> None:
    with pytest.raises(SchemaNotReadyError, match="pending"):
        check_ready(bare_database)
    assert migration_state(bare_database).pending == ALL_IDS
    migrate(bare_database)
    check_ready(bare_database)
    assert migration_state(bare_database).applied == ALL_IDS


def test_migrating_again_changes_nothing(bare_database: Database) -> None:
    migrate(bare_database)
    before = (_schema(bare_database), bare_database.read_text("MATCH (m:Migration) RETURN properties(m)"))
    assert migrate(bare_database) == ()
    assert (_schema(bare_database), bare_database.read_text("MATCH (m:Migration) RETURN properties(m)")) == before


def test_what_was_begun_and_not_recorded_is_finished(bare_database: Database) -> None:
    first = load_migrations()[0]
    for statement in first.statements[: len(first.statements) // 2]:
        bare_database.execute_schema(statement)
    assert migrate(bare_database) == ALL_IDS
    check_ready(bare_database)


@pytest.mark.parametrize("item", required_items(), ids=lambda item: item.name)
def test_a_dropped_constraint_or_index_is_noticed_and_named(database: Database, item: SchemaItem) -> None:
    kind = "CONSTRAINT" if item.constraint else "INDEX"
    database.execute_schema(f"DROP {kind} {item.name}")
    try:
        with pytest.raises(SchemaNotReadyError, match=re.escape(item.name)) as raised:
            check_ready(database)
        assert item.statement in raised.value.hint
    finally:
        database.execute_schema(item.statement)
    database.execute_schema("CALL db.awaitIndexes(60)")
    check_ready(database)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(bare_database: Database) -> None:
    bare_database.execute_schema("CREATE (:Migration {id: '9999_from_the_future', digest: 'x'})")
    for refuse in (check_ready, migrate, migration_state):
        with pytest.raises(SchemaNotReadyError, match="9999_from_the_future"):
            refuse(bare_database)
    assert _schema(bare_database) == set()


def test_a_migration_with_another_text_is_refused(bare_database: Database) -> None:
    migrate(bare_database)
    bare_database.execute_schema(f"MATCH (m:Migration {{id: '{ALL_IDS[0]}'}}) SET m.digest = 'other'")
    for refuse in (check_ready, migrate):
        with pytest.raises(SchemaNotReadyError, match=ALL_IDS[0]):
            refuse(bare_database)


def test_a_name_is_unique(clean_database: Database) -> None:
    clean_database.execute_schema("CREATE (:Entity:Dataset {urn: 'urn:lineage:Dataset:a:b'})")
    with pytest.raises(Exception, match="already exists"):
        clean_database.execute_schema("CREATE (:Entity:Dataset {urn: 'urn:lineage:Dataset:a:b'})")


def test_a_name_that_is_there_twice_is_reported_with_how_to_find_it(bare_database: Database) -> None:
    bare_database.execute_schema("UNWIND [1, 1, 2] AS n CREATE (:Entity {urn: 'urn:lineage:Dataset:a:b' + n})")
    with pytest.raises(SchemaNotReadyError, match="entity_urn_unique") as raised:
        migrate(bare_database)
    assert "lineage db migrate" in raised.value.hint
    question = raised.value.hint[raised.value.hint.index("MATCH") :].split(" RETURN ")[0]
    assert bare_database.read_text(f"{question} RETURN urn, nodes") == [("urn:lineage:Dataset:a:b1", 2)]
    assert migration_state(bare_database).pending == ALL_IDS
    bare_database.execute_schema("MATCH (n:Entity) DELETE n")
    assert migrate(bare_database) == ALL_IDS


@pytest.mark.parametrize(
    "in_the_way",
    [
        "CREATE RANGE INDEX own FOR (n:Entity) ON (n.urn)",
        "CREATE RANGE INDEX entity_urn_unique FOR (n:Other) ON (n.thing)",
    ],
)
def test_what_is_in_the_way_of_a_constraint_is_named(bare_database: Database, in_the_way: str) -> None:
    bare_database.execute_schema(in_the_way)
    with pytest.raises(SchemaNotReadyError, match="entity_urn_unique") as raised:
        migrate(bare_database)
    assert "DROP INDEX" in raised.value.hint
    bare_database.execute_schema(f"DROP INDEX {in_the_way.split()[3]}")
    assert migrate(bare_database) == ALL_IDS


_POSERS = [
    ("entity_urn_unique", "CREATE RANGE INDEX {} FOR (n:Entity) ON (n.urn)"),
    ("entity_urn_unique", "CREATE RANGE INDEX {} FOR (n:Dataset) ON (n.title)"),
    ("entity_urn_unique", "CREATE CONSTRAINT {} FOR (n:Dataset) REQUIRE n.urn IS UNIQUE"),
    ("entity_urn_unique", "CREATE CONSTRAINT {} FOR (n:Entity) REQUIRE n.title IS UNIQUE"),
    ("finding_urn", "CREATE RANGE INDEX {} FOR (n:Finding) ON (n.rule)"),
    ("job_namespace_name", "CREATE RANGE INDEX {} FOR (n:Job) ON (n.name, n.namespace)"),
    ("job_namespace_name", "CREATE RANGE INDEX {} FOR (n:Job) ON (n.namespace)"),
    ("finding_urn", "CREATE TEXT INDEX {} FOR (n:Finding) ON (n.urn)"),
    ("finding_urn", "CREATE CONSTRAINT {} FOR (n:Finding) REQUIRE n.urn IS UNIQUE"),
    ("entity_search", "CREATE FULLTEXT INDEX {} FOR (n:Dataset) ON EACH [n.search_text]"),
    ("entity_search", "CREATE RANGE INDEX {} FOR (n:Dataset) ON (n.search_text)"),
]


_DAILY = (_POSERS[0], _POSERS[3], _POSERS[5], _POSERS[9])
"""One of each sort; the others take long, as each begins with an empty schema."""


@pytest.mark.parametrize(
    ("name", "poser"),
    [pytest.param(*item, marks=() if item in _DAILY else pytest.mark.nightly) for item in _POSERS],
)
def test_nothing_passes_for_what_is_missing_by_its_name_alone(bare_database: Database, name: str, poser: str) -> None:
    migrate(bare_database)
    (item,) = (item for item in required_items() if item.name == name)
    bare_database.execute_schema(f"DROP {'CONSTRAINT' if item.constraint else 'INDEX'} {name}")
    bare_database.execute_schema(poser.format(name))
    with pytest.raises(SchemaNotReadyError, match=name) as raised:
        check_ready(bare_database)
    for statement in raised.value.hint.split(": ", 1)[1].split("; "):
        bare_database.execute_schema(statement)
    bare_database.execute_schema("CALL db.awaitIndexes(60)")
    check_ready(bare_database)


def test_a_constraint_of_another_name_serves_as_well(bare_database: Database) -> None:
    bare_database.execute_schema("CREATE CONSTRAINT own FOR (n:Entity) REQUIRE n.urn IS UNIQUE")
    assert migrate(bare_database) == ALL_IDS
    check_ready(bare_database)


def test_indexes_that_are_still_built_are_no_failure_and_finish(bare_database: Database) -> None:
    # The last index of all: those before it are built while the others are made.
    statement, name = [(item.statement, item.name) for item in _in_order() if "RANGE INDEX" in item.statement][-1]
    place = re.search(r"\(n:(\w+)\) ON \(n\.(\w+)", statement)
    assert place is not None
    bare_database.execute_schema(f"UNWIND range(1, 100000) AS n CREATE (:{place[1]} {{{place[2]}: n}})")
    try:
        with pytest.raises(SchemaNotReadyError, match=rf"still being built.*{name}") as raised:
            migrate(bare_database, wait_seconds=0)
        assert "by itself" in raised.value.hint
        assert migration_state(bare_database).pending == ()
        bare_database.execute_schema("CALL db.awaitIndexes(60)")
        check_ready(bare_database)
    finally:
        bare_database.execute_schema(f"MATCH (n:{place[1]}) DELETE n")


def _in_order() -> list[SchemaItem]:
    """What is required, in the order in which migrations make it."""
    made = [statement for item in load_migrations() for statement in item.statements]
    return sorted(required_items(), key=lambda item: made.index(item.statement))
