"""ML Metadata: ``get_lineage_subgraph`` on a SQLite store, in an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.lineage_graph import KINDS, LineageGraph
from benchmarks.scale.environments import Worker, python_with, worker
from benchmarks.scale.questions import Found, Question, Reply, Way
from benchmarks.scale.sql import write_tables

_ML_METADATA = ["ml-metadata==1.17.1"]


class _Asked:
    def __init__(self, name: str, graph: LineageGraph, asking: Worker, *, edges: bool) -> None:
        self.name, self._graph, self._asking, self._edges = name, graph, asking, edges

    def ask(self, question: Question) -> Reply:
        kind = KINDS[self._graph.kind[question.node]]
        answer = self._asking.ask(do="ask", type=kind, name=question.urn, edges=self._edges)
        return Reply(answer["milliseconds"], lambda: self._found(question))

    def _found(self, question: Question) -> Found:
        answer = self._asking.ask(do="found")
        names = dict.fromkeys(name for name in answer["names"] if name != question.urn)
        return Found(names, {(down, up) for down, up in answer["edges"]} if self._edges else None)


@contextmanager
def ml_metadata_ways(graph: LineageGraph, folder: Path) -> Iterator[list[Way]]:
    """Load the graph into a new store, and ask it. Raises UnavailableError where its environment cannot be made."""
    python = python_with(_ML_METADATA, "3.11")
    write_tables(graph, folder)
    with worker(python, "ml_metadata_worker.py", folder / "worker.log") as asking:
        asking.ask(do="load", file=str(folder / "store.db"), folder=str(folder))
        yield [
            _Asked("ML Metadata", graph, asking, edges=False),
            _Asked("ML Metadata with edges", graph, asking, edges=True),
        ]
