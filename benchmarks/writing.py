"""Writing 10,000 records in one request, against bare ``UNWIND`` of the same rows in one transaction.

The two take turns on the same database. The bare side writes the same nodes and edges with the same properties on
the same unique key and index, and does nothing else: no JSON, no validation, no event, no assets, no version
chains (another 5,000 edges here), no search for circles, no look at what was there before.
"""

from __future__ import annotations

import argparse
import statistics
import time
import uuid
from itertools import islice
from typing import Any

import httpx
import neo4j
import orjson

from benchmarks.lineage_graph import Shape, generate
from benchmarks.lineage_names import records
from benchmarks.server import authorization, measured_server, peak_memory
from graph_schema.times import OPEN, now_micros

RECORDS = 10_000
MEGABYTE = 1 << 20

_NODES = "UNWIND $rows AS row MERGE (n:Entity {{urn: row.urn}}) SET n:{kind}, n += row"
_EDGES = """
UNWIND $rows AS row
MATCH (a:Entity {{urn: row.a}})
MATCH (b:Entity {{urn: row.b}})
{verb} (a)-[r:{relation}{key}]->(b)
SET r += row.p
"""


def rows_of(records: list[dict[str, Any]]) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The same content as rows for UNWIND: nodes by kind, edges by relation."""
    now, event_id = now_micros(), str(uuid.uuid4())
    kept = {
        "event_id": event_id, "event_time": now, "true_from": now, "true_to": OPEN,
        "recorded_from": now, "recorded_to": OPEN,
    }  # fmt: skip
    nodes: dict[str, list[Any]] = {}
    edges: dict[str, list[Any]] = {}
    for record in records:
        if "entity" in record:
            kind, namespace, name, *version = record["urn"].removeprefix("urn:lineage:").split(":")
            row = {"urn": record["urn"], "kind": kind, "namespace": namespace, "name": name} | record["attributes"]
            nodes.setdefault(kind, []).append(row | kept | ({"version": version[0]} if version else {}))
        else:
            said = {"evidence": record["evidence"], "version_is": "exact", "family": "data", "key": "role=input"}
            properties = record.get("attributes", {}) | said | kept
            edges.setdefault(record["edge"], []).append({"a": record["from"], "b": record["to"], "p": properties})
    return nodes, edges


def write_bare(driver: neo4j.Driver, records: list[dict[str, Any]], *, merge: bool) -> float:
    """Seconds that bare Cypher takes for the same rows in one transaction."""
    nodes, edges = rows_of(records)
    verb, key = ("MERGE", " {key: row.p.key}") if merge else ("CREATE", "")
    started = time.perf_counter()
    with driver.session() as session, session.begin_transaction() as transaction:
        for kind, rows in nodes.items():
            transaction.run(_NODES.format(kind=kind), rows=rows).consume()
        for relation, rows in edges.items():
            transaction.run(_EDGES.format(relation=relation, verb=verb, key=key), rows=rows).consume()
        transaction.commit()
    return time.perf_counter() - started


def write_through_api(client: httpx.Client, records: list[dict[str, Any]]) -> float:
    """Seconds that the same records take in one request."""
    body = orjson.dumps({"records": records})
    started = time.perf_counter()
    response = client.post("/api/v1/records", content=body, headers={"content-type": "application/json"})
    seconds = time.perf_counter() - started
    response.raise_for_status()
    return seconds


def batch(number: int) -> list[dict[str, Any]]:
    """10,000 records of a graph of its own."""
    graph = generate(Shape(RECORDS // 2, edges_per_node=1.35, widest=RECORDS // 6), seed=number)
    # One request is one event here, whatever the runs in it.
    said = ({name: value for name, value in record.items() if "event" not in name} for record in records(graph))
    text = orjson.dumps(list(islice(said, RECORDS))).replace(b":project", f":b{number}-project".encode())
    made: list[dict[str, Any]] = orjson.loads(text)
    return made


def main() -> None:
    """Measure, and print the medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with (
        measured_server() as server,
        server.driver() as driver,
        httpx.Client(base_url=server.url, timeout=300, headers=authorization()) as client,
    ):
        for number in range(2):  # warm up: plans, the Java compiler, caches
            write_through_api(client, batch(number))
            write_bare(driver, batch(100 + number), merge=True)
            write_bare(driver, batch(200 + number), merge=False)
        seconds: dict[str, list[float]] = {"api": [], "bare MERGE": [], "bare MERGE nodes, CREATE edges": []}
        peaks = []
        for number in range(10, 10 + rounds):
            with peak_memory(server.process) as memory:
                seconds["api"].append(write_through_api(client, batch(number)))
            peaks.append(memory[1] - memory[0])
            seconds["bare MERGE"].append(write_bare(driver, batch(100 + number), merge=True))
            seconds["bare MERGE nodes, CREATE edges"].append(write_bare(driver, batch(200 + number), merge=False))
        report(seconds, peaks)


def report(seconds: dict[str, list[float]], peaks: list[int]) -> None:
    """Rates, ratios pair by pair, memory."""
    for name, values in seconds.items():
        print(f"{name:32} {RECORDS / statistics.median(values):8,.0f} records/s   (median of {len(values)})")
    for name in list(seconds)[1:]:
        ratios = [bare / ours for ours, bare in zip(seconds["api"], seconds[name], strict=True)]
        print(
            f"rate through the API / {name}: {statistics.median(ratios):.2f}  ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    print(f"server memory on top while 10,000 records are written: at most {max(peaks) / MEGABYTE:.0f} MB")


if __name__ == "__main__":
    main()
