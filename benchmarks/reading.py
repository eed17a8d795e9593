"""Impact and lineage through GraphQL over HTTP, against the same Cypher through the driver, on the same graph.

The bare side runs the product's own statement, with the same parameters, and takes the columns that it returns; it
computes no depths, paths, owners or sentences. Every answer is checked against a breadth-first search in memory.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import httpx
import neo4j
import orjson

from benchmarks.lineage_graph import LineageGraph
from benchmarks.server import MeasuredServer, measured_server
from graph_schema.times import OPEN, now_micros
from graph_schema.walks import families_for
from queries.walk import Moment, WalkShape, Way, walk_query
from queries.walk.rows import PresentWalk

LIMIT = 50_000
NDJSON = {"content-type": "application/x-ndjson"}

IMPACT = """
query($urn: URN!, $limit: Int!) {
  impact(urn: $urn, limit: $limit) {
    total
    items { node { urn kind name version } depth certainty summary }
    completeness { complete }
  }
}
"""
LINEAGE = """
query($urn: URN!, $limit: Int!) {
  lineage(urn: $urn, direction: DOWNSTREAM, limit: $limit) {
    nodes { urn kind name version depth }
    edges { downstream upstream relation evidence }
    completeness { complete }
  }
}
"""


def load(server: MeasuredServer, graph: LineageGraph) -> None:
    """Bring the graph in through the API, as one stream."""
    started = time.perf_counter()

    def body() -> Iterable[bytes]:
        lines = []
        for record in graph.records():
            lines.append(orjson.dumps(record) + b"\n")
            if len(lines) == 1000:
                yield b"".join(lines)
                lines = []
        yield b"".join(lines)

    response = httpx.post(f"{server.url}/api/v1/records", content=body(), headers=NDJSON, timeout=3600)
    response.raise_for_status()
    answer = response.json()
    seconds = time.perf_counter() - started
    print(f"loaded {answer['records']:,} records in {seconds:.0f} s ({answer['records'] / seconds:,.0f}/s)", flush=True)


def bare(driver: neo4j.Driver, urn: str) -> int:
    """The same statement through the driver; how many nodes it gave beside the start."""
    shape = WalkShape(Way.DOWNSTREAM, software=False, depth=None, moment=Moment.PRESENT)
    families = [family.value for family in families_for(["DatasetVersion"])]
    params = PresentWalk(
        urns=[urn], families=families, limit=LIMIT, edge_limit=LIMIT * 20, start_limit=10,
        open=OPEN, now=now_micros(), there_until=OPEN,
    )  # fmt: skip
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        record = session.run(walk_query(shape).text, asdict(params)).single(strict=True)
        return len(record["urn"]) - 1


def ask(client: httpx.Client, document: str, urn: str) -> dict[str, Any]:
    """One question over HTTP, decoded."""
    response = client.post("/graphql", json={"query": document, "variables": {"urn": urn, "limit": LIMIT}})
    answer = orjson.loads(response.content)
    if "errors" in answer:
        raise RuntimeError(answer["errors"])
    found: dict[str, Any] = next(iter(answer["data"].values()))
    return found


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def compare(client: httpx.Client, driver: neo4j.Driver, graph: LineageGraph, urns: list[str], rounds: int) -> None:
    """Check every answer, then let the three take turns and print medians and ratios."""
    for urn in urns:
        truth = graph.reached(urn)
        impact, lineage = ask(client, IMPACT, urn), ask(client, LINEAGE, urn)
        assert impact["completeness"]["complete"], "the budget of the benchmark is too small"
        assert {item["node"]["urn"]: item["depth"] for item in impact["items"]} == truth
        assert {node["urn"]: node["depth"] for node in lineage["nodes"]} == truth
        assert bare(driver, urn) == len(truth)
    times: dict[str, list[float]] = {"bare Cypher": [], "impact": [], "lineage": []}
    for number in range(rounds):
        urn = urns[number % len(urns)]
        times["bare Cypher"].append(timed(lambda urn=urn: bare(driver, urn)))  # type: ignore[misc]
        times["impact"].append(timed(lambda urn=urn: ask(client, IMPACT, urn)))  # type: ignore[misc]
        times["lineage"].append(timed(lambda urn=urn: ask(client, LINEAGE, urn)))  # type: ignore[misc]
    base = times["bare Cypher"]
    for name, values in times.items():
        ratios = [ours / bare_ for ours, bare_ in zip(values, base, strict=True)]
        print(f"  {name:12} median {statistics.median(values):8.1f} ms   {statistics.median(ratios):5.2f} x bare")


def main() -> None:
    """Load, check, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000, help="runs and versions together")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    graph = LineageGraph(steps=options.nodes // 2)
    with (
        measured_server() as server,
        server.driver() as driver,
        httpx.Client(base_url=server.url, timeout=300) as client,
    ):
        load(server, graph)
        for size in (10, 100, 1_000, 10_000):
            urns = graph.starts(size, 5)
            if urns:
                print(f"about {size:,} results, {len(urns)} questions taking turns:")
                compare(client, driver, graph, urns, options.rounds if size <= 1_000 else max(10, options.rounds // 4))


if __name__ == "__main__":
    main()
