"""SQLite, in this very process: no server, no network."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.lineage_graph import LineageGraph
from benchmarks.scale.bare_cypher import parameters
from benchmarks.scale.questions import Call, Found, Question, Way
from benchmarks.scale.sql import EDGES, NODES, edge_rows, node_rows, window

# CROSS JOIN keeps the order of the tables: from what was reached to its readers.
_STEP = """
FROM reached CROSS JOIN edge ON edge.upstream = reached.id
WHERE edge.true_from <= :true_by AND edge.true_to > :true_after AND edge.recorded_from <= :known_at
  AND edge.recorded_to > :known_at AND edge.family IN ({families})
"""
_NAMES = f"""
WITH RECURSIVE reached (id) AS (SELECT id FROM node WHERE urn = :urn UNION SELECT edge.downstream {_STEP})
SELECT node.urn, node.kind, NULL FROM reached CROSS JOIN node ON node.id = reached.id
"""
_DEPTHS = f"""
WITH RECURSIVE reached (id, depth) AS (
  SELECT id, 0 FROM node WHERE urn = :urn UNION SELECT edge.downstream, reached.depth + 1 {_STEP}
)
SELECT node.urn, node.kind, min(reached.depth) FROM reached CROSS JOIN node ON node.id = reached.id GROUP BY reached.id
"""


@contextmanager
def sqlite_ways(graph: LineageGraph, file: Path) -> Iterator[list[Way]]:
    """Load the graph into a new database file, and ask it."""
    with closing(sqlite3.connect(file)) as database:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000;")
        database.execute(NODES)
        # The table is its own index. No ANALYZE: it makes SQLite scan all edges for a Bloom filter, at every question.
        key = ", PRIMARY KEY (upstream, downstream)"
        database.execute(EDGES.format(constraint=key) + " WITHOUT ROWID")
        database.executemany("INSERT INTO node VALUES (?, ?, ?)", node_rows(graph))
        database.executemany("INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?)", edge_rows(graph))
        database.execute("CREATE UNIQUE INDEX node_urn ON node (urn)")
        database.commit()
        yield [
            Call("SQLite, names only", _statement(database, _NAMES)),
            Call("SQLite", _statement(database, _DEPTHS)),
        ]


def _statement(database: sqlite3.Connection, text: str) -> Callable[[Question], Callable[[], Found]]:
    def call(question: Question) -> Callable[[], Found]:
        families = parameters(question)["families"]
        values = {f"family{number}": name for number, name in enumerate(families)}
        listed = text.format(families=", ".join(f":{name}" for name in values))
        rows = database.execute(listed, window(question) | values | {"urn": question.urn}).fetchall()
        return lambda: Found({urn: depth for urn, _, depth in rows if urn != question.urn})

    return call
