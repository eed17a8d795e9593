"""What the nodes of a generated graph are called, when they came to be, and the records that say it all to the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.lineage_graph import DATASET_VERSION, DEPLOYED, DEPLOYMENT, KINDS, MODEL_VERSION, RUN, LineageGraph
from graph_schema.times import format_time, parse_time

PRODUCER = "benchmark"
_DAY = 86_400_000_000
_BEGINNING = parse_time("2025-01-01T00:00:00Z")

WORDS = ("table", "run", "model", "serving")
RELATIONS = ("GENERATED_BY", "USED", "GENERATED_BY", "DEPLOYS")
"""The relation of every edge that a node of each kind is the downstream end of."""


def time_of(place: int) -> int:
    """When everything at a place of its chain happened, in microseconds: a day for each place."""
    return _BEGINNING + (place + 1) * _DAY


class Names:
    """Names of nodes: their URNs, and back from them."""

    def __init__(self, graph: LineageGraph) -> None:
        self._graph = graph

    def namespace(self, node: int) -> str:
        """The project, as a namespace."""
        return f"project{self._graph.project[node]}"

    def name(self, node: int) -> str:
        """The name without its version; a run is one of its chain's runs."""
        graph = self._graph
        stem = f"{WORDS[graph.kind[node]]}{graph.chain[node]}"
        return f"{stem}-{graph.place[node]}" if graph.kind[node] == RUN else stem

    def version(self, node: int) -> str | None:
        """``v1`` for what is made at the first place of a chain; None for what has no versions."""
        versioned = self._graph.kind[node] in (DATASET_VERSION, MODEL_VERSION)
        return f"v{self._graph.place[node] + 1}" if versioned else None

    def urn(self, node: int) -> str:
        """The URN."""
        parts = ["urn:lineage", KINDS[self._graph.kind[node]], self.namespace(node), self.name(node)]
        version = self.version(node)
        return ":".join(parts if version is None else [*parts, version])

    def depths(self, reached: dict[int, int]) -> dict[str, int]:
        """What a search found, by URN."""
        return {self.urn(node): depth for node, depth in reached.items()}


def event_of(graph: LineageGraph, node: int) -> str:
    """The id of the event that said that a node is there: one for a run and what it made."""
    return f"{graph.project[node]:04x}-{graph.chain[node]:08x}-{graph.place[node]:02x}-{'0' * 12}"


def attributes_of(graph: LineageGraph, node: int) -> dict[str, Any]:
    """What is known of a node beside its name, as records say it."""
    kind = graph.kind[node]
    if kind == RUN:
        return {"activity": "transformation", "state": "completed"}
    if kind == DEPLOYMENT:
        return {"stage": "production", "deployed_at": format_time(time_of(DEPLOYED))}
    digest = {"digest": f"sha256:{node:064x}"}
    return digest | ({"rows": node} if kind == DATASET_VERSION else {"framework": "scikit-learn"})


def role_of(graph: LineageGraph, run: int) -> str:
    """What a run reads its inputs for: the last runs of a chain that ends in models train."""
    return "train" if graph.kind[run + 1] == MODEL_VERSION else "input"


def records(graph: LineageGraph) -> Iterator[dict[str, Any]]:
    """The graph as records for POST /api/v1/records, in the order in which it happened."""
    names, edge, upstream = Names(graph), 0, graph.upstream
    for node, kind in enumerate(graph.kind):
        said = {"event_id": event_of(graph, node), "event_time": format_time(time_of(graph.place[node]))}
        yield {"entity": KINDS[kind], "urn": names.urn(node), "attributes": attributes_of(graph, node)} | said
        while edge < len(upstream) and graph.downstream[edge] == node:
            ends = {"edge": RELATIONS[kind], "from": names.urn(node), "to": names.urn(upstream[edge])}
            role = {"attributes": {"role": role_of(graph, node)}} if kind == RUN else {}
            yield ends | role | {"evidence": "observed"} | said
            edge += 1
