"""Loads the graph into ML Metadata by its own API and asks; runs in an environment that has ml-metadata.

Versions are artifacts; runs and deployments are executions, which read and make them. Orders are JSON lines:
{"do": "load", "file", "folder"}, {"do": "ask", "type", "name", "edges"}, {"do": "found"}.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as proto

_ARTIFACTS = ("DatasetVersion", "ModelVersion")
_EXECUTIONS = ("Run", "Deployment")
_AT_A_TIME = 20_000
_MOST_HOPS = 100


class Answering:
    """One store in a SQLite file, and the last answer."""

    def __init__(self, file: str) -> None:
        config = proto.ConnectionConfig()
        config.sqlite.filename_uri = file
        config.sqlite.connection_mode = proto.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self._store = metadata_store.MetadataStore(config)
        self._answer: Any = None

    def load(self, folder: Path) -> None:
        """Put everything in: artifacts, executions, then events between them."""
        artifacts = {kind: self._store.put_artifact_type(proto.ArtifactType(name=kind)) for kind in _ARTIFACTS}
        executions = {kind: self._store.put_execution_type(proto.ExecutionType(name=kind)) for kind in _EXECUTIONS}
        ids: dict[str, int] = {}
        for rows in _portions(_rows(folder / "node.csv")):
            things = [(node, urn, kind) for node, urn, kind in rows if kind in artifacts]
            made = [proto.Artifact(type_id=artifacts[kind], name=urn) for _, urn, kind in things]
            ids.update(zip([node for node, _, _ in things], self._store.put_artifacts(made), strict=True))
            work = [(node, urn, kind) for node, urn, kind in rows if kind in executions]
            done = [proto.Execution(type_id=executions[kind], name=urn) for _, urn, kind in work]
            ids.update(
                (node, -number) for (node, _, _), number in zip(work, self._store.put_executions(done), strict=True)
            )
        for rows in _portions(_rows(folder / "edge.csv")):
            self._store.put_events([_event(ids[row[1]], ids[row[0]], int(row[3]) // 1000) for row in rows])

    def ask(self, kind: str, name: str, edges: bool) -> float:
        """Milliseconds until the answer is there as messages; the name is looked up first."""
        parts = ["artifacts", "executions", *(["events"] if edges else [])]
        started = time.perf_counter()
        start = self._store.get_artifact_by_type_and_name(kind, name)
        options = proto.LineageSubgraphQueryOptions(
            max_num_hops=_MOST_HOPS, direction=proto.LineageSubgraphQueryOptions.DOWNSTREAM
        )
        options.starting_artifacts.filter_query = f"id = {start.id}"
        self._answer = self._store.get_lineage_subgraph(options, parts)
        return (time.perf_counter() - started) * 1000

    def found(self) -> dict[str, Any]:
        """Names and, where they were asked for, edges of the last answer (downstream, upstream)."""
        answer = self._answer
        artifacts = {item.id: item.name for item in answer.artifacts}
        executions = {item.id: item.name for item in answer.executions}
        edges = []
        for event in answer.events:
            ends = (executions[event.execution_id], artifacts[event.artifact_id])
            edges.append(ends if event.type == proto.Event.INPUT else ends[::-1])
        return {"names": [*artifacts.values(), *executions.values()], "edges": edges}


def _event(downstream: int, upstream: int, milliseconds: int) -> Any:
    """Executions have negative numbers here: whichever end it is says whether it reads or makes."""
    reads = downstream < 0
    execution, artifact = (-downstream, upstream) if reads else (-upstream, downstream)
    kind = proto.Event.INPUT if reads else proto.Event.OUTPUT
    return proto.Event(artifact_id=artifact, execution_id=execution, type=kind, milliseconds_since_epoch=milliseconds)


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.reader(file)


def _portions(rows: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    left = iter(rows)
    while portion := list(islice(left, _AT_A_TIME)):
        yield portion


def main() -> None:
    """Answer until the input ends."""
    answering: Answering | None = None
    for line in sys.stdin:
        order = json.loads(line)
        answer: dict[str, Any] = {}
        if order["do"] == "load":
            answering = Answering(order["file"])
            answering.load(Path(order["folder"]))
        elif order["do"] == "ask" and answering is not None:
            answer = {"milliseconds": answering.ask(order["type"], order["name"], order["edges"])}
        elif order["do"] == "found" and answering is not None:
            answer = answering.found()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
