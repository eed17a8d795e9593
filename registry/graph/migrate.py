"""Bring a database to the version that this program needs, and check that it is there."""

from __future__ import annotations

from dataclasses import dataclass

from graph_schema.constraints import required_items
from graph_schema.migrations import Migration, load_migrations
from graph_schema.times import now_micros
from registry.errors import SchemaNotReadyError
from registry.graph.database import Database

_APPLIED = "MATCH (m:Migration) RETURN m.id, m.digest ORDER BY m.id"
_RECORD = "MERGE (m:Migration {id: $id}) ON CREATE SET m.digest = $digest, m.applied_at = $applied_at"
_NAMES = "SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN name"
_CONSTRAINTS = "SHOW CONSTRAINTS YIELD name RETURN name"


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


def migrate(database: Database) -> tuple[str, ...]:
    """Apply what is pending, in order; the ids applied. Repeating it changes nothing."""
    pending = migration_state(database).pending
    for item in load_migrations():
        if item.id in pending:
            _apply(database, item)
    if pending:
        database.execute_schema("CALL db.awaitIndexes(60)")
    return pending


def check_ready(database: Database) -> None:
    """Raise SchemaNotReadyError unless every migration, constraint and index is there."""
    pending = migration_state(database).pending
    if pending:
        raise SchemaNotReadyError(f"Migrations are pending: {', '.join(pending)}.")
    present = {str(row[0]) for row in database.read_text(_NAMES) + database.read_text(_CONSTRAINTS)}
    missing = [item for item in required_items() if item.name not in present]
    if missing:
        names = ", ".join(item.name for item in missing)
        raise SchemaNotReadyError(
            f"The database lacks constraints or indexes: {names}.",
            hint="Somebody dropped them. Create them again with: " + "; ".join(item.statement for item in missing),
        )


def _apply(database: Database, migration: Migration) -> None:
    for statement in migration.statements:
        database.execute_schema(statement)
    parameters = {"id": migration.id, "digest": migration.digest, "applied_at": now_micros()}
    database.write(lambda tx: tx.run(_RECORD, parameters).consume())
