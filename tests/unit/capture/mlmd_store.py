"""A small ML Metadata store with the tables of schema version 10, as the library makes them."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

_NODE = "id INTEGER PRIMARY KEY AUTOINCREMENT, type_id INT NOT NULL"
_TIMES = "external_id VARCHAR(255) UNIQUE, create_time_since_epoch INT NOT NULL DEFAULT 0, last_update_time_since_epoch INT NOT NULL DEFAULT 0"
_PROPERTY = (
    "name VARCHAR(255) NOT NULL, is_custom_property TINYINT(1) NOT NULL, int_value INT, double_value DOUBLE,"
    " string_value TEXT, byte_value BLOB, proto_value BLOB, bool_value BOOLEAN"
)
_TABLES = (
    "CREATE TABLE MLMDEnv (schema_version INTEGER PRIMARY KEY)",
    "CREATE TABLE Type (id INTEGER PRIMARY KEY, name VARCHAR(255) NOT NULL, type_kind TINYINT(1) NOT NULL)",
    f"CREATE TABLE Artifact ({_NODE}, uri TEXT, state INT, name VARCHAR(255), {_TIMES})",
    f"CREATE TABLE Execution ({_NODE}, last_known_state INT, name VARCHAR(255), {_TIMES})",
    f"CREATE TABLE Context ({_NODE}, name VARCHAR(255) NOT NULL, {_TIMES})",
    *(
        f"CREATE TABLE {name}Property ({name.lower()}_id INT NOT NULL, {_PROPERTY})"
        for name in ("Artifact", "Execution", "Context")
    ),
    "CREATE TABLE Event (id INTEGER PRIMARY KEY, artifact_id INT, execution_id INT, type INT, milliseconds_since_epoch INT)",
    "CREATE TABLE EventPath (event_id INT NOT NULL, is_index_step TINYINT(1) NOT NULL, step_index INT, step_key TEXT)",
    "CREATE TABLE Association (id INTEGER PRIMARY KEY, context_id INT, execution_id INT)",
    "CREATE TABLE Attribution (id INTEGER PRIMARY KEY, context_id INT, artifact_id INT)",
    "CREATE TABLE ParentContext (context_id INT, parent_context_id INT)",
)
TYPES = {
    "Examples": 1,
    "Model": 2,
    "PushedModel": 3,
    "Trainer": 4,
    "Pusher": 5,
    "pipeline": 6,
    "pipeline_run": 7,
    "Study": 8,
}
TIME = 1_777_896_000_000


class StoreFile:
    """A store being written."""

    def __init__(self, path: Path, version: int = 10) -> None:
        self.path = path
        self.connection = sqlite3.connect(path)
        for statement in _TABLES:
            self.run(statement)
        self.run("INSERT INTO MLMDEnv VALUES (?)", version)
        for name, number in TYPES.items():
            self.run("INSERT INTO Type VALUES (?, ?, 0)", number, name)

    def run(self, statement: str, *values: object) -> int:
        """The id of the row that was inserted."""
        cursor = self.connection.execute(statement, values)
        self.connection.commit()
        return cursor.lastrowid or 0

    def node(self, table: str, kind: str, name: str | None, uri: str | None = None, state: int = 2) -> int:
        """Its id. Artifacts are live, executions run, unless said otherwise."""
        times = ", create_time_since_epoch, last_update_time_since_epoch"
        more: dict[str, tuple[str, list[Any]]] = {
            "Artifact": (", uri, state", [uri, state]),
            "Execution": (", last_known_state", [state]),
            "Context": ("", []),
        }
        columns, values = more[table]
        marks = ", ".join("?" * (4 + len(values)))
        statement = f"INSERT INTO {table} (type_id, name{times}{columns}) VALUES ({marks})"
        return self.run(statement, TYPES[kind], name, TIME, TIME + 1_000, *values)

    def event(self, artifact: int, execution: int, sort: int, *path: str) -> None:
        """An event, with its path."""
        number = self.run(
            "INSERT INTO Event (artifact_id, execution_id, type) VALUES (?, ?, ?)", artifact, execution, sort
        )
        for step in path:
            self.run("INSERT INTO EventPath VALUES (?, 0, NULL, ?)", number, step)


def pipeline(path: Path) -> StoreFile:
    """A training and a push, in a run of a pipeline."""
    store = StoreFile(path)
    data = store.node("Artifact", "Examples", "orders", "s3://lake/orders")
    old = store.node("Artifact", "Examples", None, "s3://lake/old", state=4)
    model = store.node("Artifact", "Model", "fraud")
    pushed = store.node("Artifact", "PushedModel", "live")
    train, push = (store.node("Execution", kind, None, state=3) for kind in ("Trainer", "Pusher"))
    for artifact, execution, sort in (
        (data, train, 3),
        (old, train, 5),
        (model, train, 4),
        (model, push, 2),
        (pushed, push, 4),
    ):
        store.event(artifact, execution, sort, "examples")
    store.run(
        "INSERT INTO ExecutionProperty (execution_id, name, is_custom_property, double_value) VALUES (?, 'lr', 1, 0.1)",
        train,
    )
    store.run(
        "INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, byte_value) VALUES (?, 'b', 0, ?)",
        data,
        b"\xff",
    )
    groups = [
        store.node("Context", kind, name)
        for kind, name in (("pipeline", "fraud"), ("pipeline_run", "r1"), ("Study", "s"))
    ]
    for group in groups:
        store.run("INSERT INTO Association (context_id, execution_id) VALUES (?, ?)", group, train)
    store.run("INSERT INTO Attribution (context_id, artifact_id) VALUES (?, ?)", groups[0], model)
    store.run("INSERT INTO ParentContext VALUES (?, ?)", groups[1], groups[2])
    return store
