"""Impact and lineage through GraphQL over HTTP, against the same Cypher through the driver, on the same graph.

The bare side runs the product's own statements (one for lineage; for impact also those for owners and evaluations),
with the same parameters, and takes what they return; it computes no depths, paths or sentences. Every answer is checked against a breadth-first search in memory.
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
from queries.entity import OWNERS
from queries.impact import EVALUATIONS
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


def bare_impact(driver: neo4j.Driver, urn: str) -> int:
    """The three statements of an impact, one after another through the driver."""
    found = walked(driver, urn)
    names, kinds = list(found["urn"]), list(found["kind"])
    when = {"true_by": now_micros(), "true_after": now_micros(), "known_at": OPEN - 1}
    data = [name for name, kind in zip(names, kinds, strict=True) if kind == "DatasetVersion"]
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        session.run(OWNERS.text, when | {"urns": names[1:]}).single(strict=True)
        list(session.run(EVALUATIONS.text, when | {"urns": data, "limit": LIMIT}))
    return len(names) - 1


def bare(driver: neo4j.Driver, urn: str) -> int:
    """The statement of a walk through the driver; how many nodes it gave beside the start."""
    return len(walked(driver, urn)["urn"]) - 1


def walked(driver: neo4j.Driver, urn: str) -> neo4j.Record:
    """The columns of a walk."""
    shape = WalkShape(Way.DOWNSTREAM, software=False, depth=None, moment=Moment.PRESENT)
    families = [family.value for family in families_for(["DatasetVersion"])]
    params = PresentWalk(
        urns=[urn], families=families, limit=LIMIT, edge_limit=LIMIT * 20, start_limit=10,
        open=OPEN, now=now_micros(), there_until=OPEN,
    )  # fmt: skip
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return session.run(walk_query(shape).text, asdict(params)).single(strict=True)


def ask(client: httpx.Client, document: str, urn: str) -> dict[str, Any]:
    """One question over HTTP, decoded."""
    response = client.post("/graphql", json={"query": document, "variables": {"urn": urn, "limit": LIMIT}})
    answer = orjson.loads(response.content)
    if "errors" in answer:
        raise RuntimeError(answer["errors"])
    found: dict[str, Any] = next(iter(answer["data"].values()))
    return found


def timed(call: Callable[[str], object], urn: str) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    call(urn)
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
    calls: dict[str, Callable[[str], object]] = {
        "bare walk": lambda urn: bare(driver, urn),
        "lineage": lambda urn: ask(client, LINEAGE, urn),
        "bare impact": lambda urn: bare_impact(driver, urn),
        "impact": lambda urn: ask(client, IMPACT, urn),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds):
        for name, call in calls.items():
            times[name].append(timed(call, urns[number % len(urns)]))
    for name, base in (("bare walk", ""), ("lineage", "bare walk"), ("bare impact", ""), ("impact", "bare impact")):
        line = f"  {name:12} median {statistics.median(times[name]):8.1f} ms"
        if base:
            ratios = [ours / bare_ for ours, bare_ in zip(times[name], times[base], strict=True)]
            line += f"   {statistics.median(ratios):5.2f} x {base}"
        print(line, flush=True)


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
