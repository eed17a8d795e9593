"""Reads the tables of an ML Metadata database, and nothing else: SELECT only, in one transaction."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from registry.capture.mlflow.connecting import arguments, connected, database_url
from registry.errors import InvalidSourceError

OLDEST, NEWEST = 6, 10
"""Versions of the schema whose tables are understood."""
_BATCH = 1_000
_PROPERTY = "name, is_custom_property, int_value, double_value, string_value"
_NEEDED = {
    "Type": "id, name",
    "Artifact": "id, type_id, name, uri, state",
    "Execution": "id, type_id, name, last_known_state",
    "Context": "id, type_id, name",
    "ArtifactProperty": f"artifact_id, {_PROPERTY}",
    "ExecutionProperty": f"execution_id, {_PROPERTY}",
    "ContextProperty": f"context_id, {_PROPERTY}",
    "Event": "id, artifact_id, execution_id, type",
    "EventPath": "event_id, is_index_step, step_index, step_key",
    "Attribution": "artifact_id, context_id",
    "Association": "execution_id, context_id",
    "ParentContext": "context_id, parent_context_id",
}
"""Columns without which nothing is read, whatever the version."""
_NAMES = {"Artifact": "artifact_id", "Execution": "execution_id", "Context": "context_id"}
_VALUES = ("int_value", "double_value", "string_value", "bool_value", "proto_value", "byte_value")

Row = dict[str, Any]


@dataclass(slots=True)
class Node:
    """An artifact, execution or context with its type's name and its properties."""

    row: Row
    type: str
    properties: Row = field(default_factory=dict)
    custom_properties: Row = field(default_factory=dict)

    @property
    def id(self) -> int:
        """Its id in the store."""
        return int(self.row["id"])


class Store:
    """An open store. Every method raises InvalidSourceError where the store cannot be read on."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._types = {row["id"]: str(row["name"]) for row in self._rows("SELECT id, name FROM Type")}

    def count(self, table: str) -> int:
        """Rows of Artifact, Execution or Context."""
        return int(next(self._rows(f"SELECT count(*) AS n FROM {_table(table)}"))["n"])  # noqa: S608 - our names

    def nodes(self, table: str) -> Iterator[Node]:
        """Every artifact, execution or context, by id, a thousand at a time."""
        after = 0
        query = f"SELECT * FROM {_table(table)} WHERE id > :after ORDER BY id LIMIT {_BATCH}"  # noqa: S608 - our names
        while batch := list(self._rows(query, after=after)):
            found = {row["id"]: Node(row, self._types.get(row["type_id"], "unknown")) for row in batch}
            key = _NAMES[table]
            properties = f"SELECT * FROM {table}Property WHERE {key} BETWEEN :first AND :last ORDER BY {key}, name"  # noqa: S608
            for row in self._rows(properties, first=batch[0]["id"], last=batch[-1]["id"]):
                if row[key] in found:
                    node = found[row[key]]
                    held = node.custom_properties if row["is_custom_property"] else node.properties
                    held[str(row["name"])] = _value(row)
            yield from found.values()
            after = batch[-1]["id"]

    def events(self, first: int, last: int) -> dict[int, list[Row]]:
        """Events of a range of executions, by execution, each with its path."""
        between = "BETWEEN :first AND :last"
        found: dict[int, list[Row]] = defaultdict(list)
        by_id: dict[int, Row] = {}
        for row in self._rows(f"SELECT * FROM Event WHERE execution_id {between} ORDER BY id", first=first, last=last):  # noqa: S608
            by_id[row["id"]] = row | {"path": []}
            found[row["execution_id"]].append(by_id[row["id"]])
        joined = "SELECT p.* FROM EventPath p JOIN Event e ON p.event_id = e.id WHERE e.execution_id"
        for row in self._rows(f"{joined} {between}", first=first, last=last):
            by_id[row["event_id"]]["path"].append(row["step_index"] if row["is_index_step"] else row["step_key"])
        return found

    def pairs(self, table: str, one: str, other: str) -> dict[int, list[int]]:
        """The rows of a table of two ids: by the first, the second."""
        found: dict[int, list[int]] = defaultdict(list)
        for row in self._rows(f"SELECT {one} AS a, {other} AS b FROM {table} ORDER BY {one}, {other}"):  # noqa: S608
            found[row["a"]].append(row["b"])
        return found

    def _rows(self, query: str, **parameters: Any) -> Iterator[Row]:
        try:
            for row in self._connection.execute(text(query), parameters).mappings():
                yield dict(row)
        except SQLAlchemyError as error:
            raise _broken(error) from error


def _table(name: str) -> str:
    if name not in _NAMES:
        raise ValueError(f"{name} is no table of nodes")
    return name


@contextmanager
def open_store(where: str) -> Iterator[Store]:
    """A store in a SQLite file, or at a URL of SQLAlchemy such as ``mysql+pymysql://user@host/metadb``, read-only.

    Raises InvalidSourceError where it cannot be opened, is no store, or is of a version not known here.
    """
    try:
        url = database_url(_url(where))
        engine = create_engine(url, connect_args=arguments(url))
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        hint = "Give a SQLite file, or a URL whose driver is installed, such as mysql+pymysql://user@host/metadb."
        raise InvalidSourceError(f"The store cannot be opened: {type(error).__name__}.", hint=hint) from error
    try:
        with _connected(engine) as connection:
            if engine.dialect.name in ("mysql", "mariadb"):
                connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            _check(connection)
            yield Store(connection)
    except DBAPIError as error:
        raise _broken(error) from error
    finally:
        engine.dispose()


def _connected(engine: Engine) -> Connection:
    try:
        return connected(engine, "The store")
    except DBAPIError as error:
        if engine.dialect.name == "sqlite":
            raise
        hint = "Check the address, the user, the password, and that the database runs."
        raise InvalidSourceError(f"The store cannot be reached: {_first_line(error)}.", hint=hint) from error


def _url(where: str) -> str:
    if "://" in where:
        return where
    path = Path(where)
    if not path.is_file():
        raise InvalidSourceError(f"{where} is no file.")
    return f"sqlite:///{path.resolve().as_uri()}?mode=ro&uri=true"


def _check(connection: Connection) -> None:
    try:
        versions = [row[0] for row in connection.execute(text("SELECT schema_version FROM MLMDEnv"))]
    except DBAPIError as error:
        if "locked" in str(error.orig).lower():
            raise _broken(error) from error
        hint = "A store of ML Metadata has a table MLMDEnv with the version of its schema."
        raise InvalidSourceError(f"This is no ML Metadata store: {_first_line(error)}.", hint=hint) from error
    if len(versions) != 1:
        raise InvalidSourceError(f"The store names {len(versions)} versions of its schema: it is half migrated.")
    if not isinstance(versions[0], int) or not OLDEST <= versions[0] <= NEWEST:
        said = f"Its schema is of version {str(versions[0])[:20]}; {OLDEST} to {NEWEST} are understood."
        raise InvalidSourceError(said, hint="Let its own tools migrate it first.")
    for table, columns in _NEEDED.items():
        connection.execute(text(f"SELECT {columns} FROM {table} WHERE 1 = 0"))  # noqa: S608 - our names


def _broken(error: SQLAlchemyError) -> InvalidSourceError:
    locked = "locked" in str(error).lower()
    hint = "Wait until nobody writes to it, or copy it first." if locked else "Is it half migrated, or cut short?"
    return InvalidSourceError(f"The store cannot be read: {_first_line(error)}.", hint=hint)


def _first_line(error: SQLAlchemyError) -> str:
    """What the database says; never the statement, its parameters or the address."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else type(error).__name__
    return str(said).splitlines()[0][:200]


def _value(row: Mapping[str, Any]) -> Any:
    for name in _VALUES:
        value = row.get(name)
        if value is not None:
            if isinstance(value, bytes):
                return base64.b64encode(value).decode()
            return bool(value) if name == "bool_value" else value
    return None
