"""The graph as two tables, and the questions as recursive SQL; for SQLite and for PostgreSQL.

``names`` tells what is reached and no more: UNION drops what was seen before. Depths cost extra. With a depth beside
the name, UNION keeps a row for each depth at which something can be reached. PostgreSQL can do better: one row for
each level, which carries what was seen as an array (SQLite allows no such recursion). Both have the same window as the
product on each edge.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.lineage_graph import DEPLOYMENT, KINDS, LineageGraph
from benchmarks.lineage_names import Names, time_of
from benchmarks.scale.bare_cypher import parameters
from benchmarks.scale.questions import Question
from graph_schema.core import Family
from graph_schema.times import OPEN

Value = int | str

NODES = "CREATE TABLE node (id INTEGER PRIMARY KEY, urn TEXT NOT NULL, kind TEXT NOT NULL)"
EDGES = """
CREATE TABLE edge (
  upstream INTEGER NOT NULL, downstream INTEGER NOT NULL, family TEXT NOT NULL, true_from BIGINT NOT NULL,
  true_to BIGINT NOT NULL, recorded_from BIGINT NOT NULL, recorded_to BIGINT NOT NULL{constraint}
)
"""


def node_rows(graph: LineageGraph) -> Iterator[tuple[Value, ...]]:
    """Rows of ``node``."""
    names = Names(graph)
    return ((node, names.urn(node), KINDS[kind]) for node, kind in enumerate(graph.kind))


def edge_rows(graph: LineageGraph) -> Iterator[tuple[Value, ...]]:
    """Rows of ``edge``."""
    for down, up in graph.edges():
        family = Family.SERVING if graph.kind[down] == DEPLOYMENT else Family.DATA
        time = time_of(graph.place[down])
        yield up, down, family.value, time, OPEN, time, OPEN


def write_tables(graph: LineageGraph, folder: Path) -> None:
    """Both tables as ``node.csv`` and ``edge.csv``, for programs that run in other environments."""
    for name, rows in (("node", node_rows(graph)), ("edge", edge_rows(graph))):
        _write(folder / f"{name}.csv", rows)


def _write(path: Path, rows: Iterable[tuple[Value, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def window(question: Question) -> dict[str, int]:
    """The times of a question, as the parameters of the statements."""
    return {name: value for name, value in parameters(question).items() if isinstance(value, int)}
