"""Bring a database to the version that this program needs, and check that it is there."""

from __future__ import annotations

import time
from dataclasses import dataclass

from neo4j.exceptions import Neo4jError

from graph_schema.constraints import required_items
from graph_schema.migrations import Migration, load_migrations
from graph_schema.times import now_micros
from registry.errors import RegistryError, SchemaNotReadyError
from registry.graph.database import Database
from registry.graph.present_schema import Present, Shape, read_schema

_APPLIED = "MATCH (m:Migration) RETURN m.id, m.digest ORDER BY m.id"
_RECORD = "MERGE (m:Migration {id: $id}) ON CREATE SET m.digest = $digest, m.applied_at = $applied_at"
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class MigrationState:
    """What has been applied to a database and what has not, by id."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]


def migration_state(database: Database) -> MigrationState:
    """Compare the database with this program. Raises SchemaNotReadyError where they cannot fit.

    That is: the database was migrated by a newer version, or a migration has another text than the one applied.
    """
    applied = {str(name): str(digest) for name, digest in database.read_text(_APPLIED)}
    known = {item.id: item for item in load_migrations()}
    newer = sorted(set(applied) - set(known))
    if newer:
        raise SchemaNotReadyError(
            f"The database was written by a newer version (it has migration {newer[-1]}).",
            hint="Update lineage-registry on this machine.",
        )
    changed = [name for name, digest in applied.items() if known[name].digest != digest]
    if changed:
        raise SchemaNotReadyError(
            f"Migration {changed[0]} was applied with another text than this version has.",
            hint="Install the release that wrote this database, or restore the file.",
        )
    return MigrationState(tuple(sorted(applied)), tuple(name for name in known if name not in applied))


def migrate(database: Database, *, wait_seconds: float = 60.0) -> tuple[str, ...]:
    """Apply what is pending, in order; the ids applied. Repeating it changes nothing.

    Raises SchemaNotReadyError, with what to do, where what is in the database does not let a constraint or index
    be made, or where an index is not built within ``wait_seconds``.
    """
    pending = migration_state(database).pending
    for item in load_migrations():
        if item.id in pending:
            _apply(database, item)
    if pending:
        _wait_for_indexes(database, wait_seconds)
    return pending


def check_ready(database: Database) -> None:
    """Raise SchemaNotReadyError unless every migration, constraint and index is there."""
    pending = migration_state(database).pending
    if pending:
        raise SchemaNotReadyError(f"Migrations are pending: {', '.join(pending)}.")
    present = read_schema(database)
    missing = [item for item in required_items() if not any(Shape.of(item.statement).fits(other) for other in present)]
    if missing:
        names = ", ".join(item.name for item in missing)
        in_the_way = [other.drop for item in missing for other in present if other.name == item.name]
        raise SchemaNotReadyError(
            f"The database lacks constraints or indexes: {names}.",
            hint="Somebody dropped or replaced them. Create them again with: "
            + "; ".join([*in_the_way, *(item.statement for item in missing)]),
        )
    _refuse_unfinished(present)


def _apply(database: Database, migration: Migration) -> None:
    for statement in migration.statements:
        try:
            database.execute_schema(statement)
        except (RegistryError, Neo4jError) as error:
            raise _not_applicable(database, statement, error) or error from error
    parameters = {"id": migration.id, "digest": migration.digest, "applied_at": now_micros()}
    database.write(lambda tx: tx.run(_RECORD, parameters).consume())


def _not_applicable(database: Database, statement: str, error: Exception) -> SchemaNotReadyError | None:
    """What is in the database that a statement does not fit; None where something else went wrong."""
    cause = error if isinstance(error, Neo4jError) else error.__cause__
    code = (cause.code or "") if isinstance(cause, Neo4jError) else ""
    if ".Schema." not in code:
        return None
    shape = Shape.of(statement)
    if code.endswith("ConstraintCreationFailed"):
        (label,), (key,) = shape.labels, shape.properties
        return SchemaNotReadyError(
            f"{shape.name} cannot be made: several {label} nodes of the database have the same {key}.",
            hint="Leave one of each and run `lineage db migrate`. This lists them: "
            f"MATCH (n:{label}) WITH n.{key} AS {key}, count(*) AS nodes WHERE nodes > 1 RETURN {key}, nodes",
        )
    others = [item for item in read_schema(database) if item.name == shape.name or item.covers(shape)]
    return SchemaNotReadyError(
        f"{shape.name} cannot be made: something else in the database has its name or its place.",
        hint=f"Unless something needs it, drop it ({'; '.join(item.drop for item in others)}) and run `lineage db migrate`.",
    )


def _wait_for_indexes(database: Database, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    present = read_schema(database)
    while time.monotonic() < deadline and any(item.state == "POPULATING" for item in _ours(present)):
        time.sleep(_POLL_SECONDS)
        present = read_schema(database)
    _refuse_unfinished(present)


def _ours(present: list[Present]) -> list[Present]:
    shapes = [Shape.of(item.statement) for item in required_items()]
    return [other for other in present if any(shape.fits(other) for shape in shapes)]


def _refuse_unfinished(present: list[Present]) -> None:
    ours = _ours(present)
    if broken := [item for item in ours if item.state == "FAILED"]:
        raise SchemaNotReadyError(
            f"Neo4j could not build indexes: {', '.join(item.name for item in broken)}.",
            hint="Its log says why. Drop them, and create them again as the next start asks: "
            + "; ".join(item.drop for item in broken),
        )
    if slow := [f"{item.name} ({item.percent:.0f} %)" for item in ours if item.state != "ONLINE"]:
        raise SchemaNotReadyError(
            f"Indexes are still being built: {', '.join(slow)}.",
            hint="That goes on by itself in the database. Try again in a while; SHOW INDEXES says how far it is.",
        )
