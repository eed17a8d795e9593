"""Verifying a ledger against its graph: every entry replayed, every entity and edge compared (`lineage audit verify --graph`).

Fills an empty database (NEO4J_URI) with entities that have an entry and an edge each, a million by default; publishes the
log, verifies it, edits one entity behind the log, and verifies again, which must name it. Memory is the peak of the process;
beside the seconds by the clock stand those of its own processor time, which other work on the machine changes little.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from neo4j import ManagedTransaction

from benchmarks.ledger import acts
from graph_schema.times import OPEN
from registry.audit.append import STORE_ENTRIES, TAKE_HEAD, read_frontier, stored
from registry.audit.digests import GraphEdge, entity_digests
from registry.audit.finding import Found
from registry.audit.publication import Publication
from registry.audit.verification import Verification, verify
from registry.graph.database import Database
from registry.graph.migrate import migrate
from registry.ledger.act import Act, Change
from registry.ledger.appending import append_acts
from registry.ledger.content import new_salt
from registry.settings import Settings, load_settings

_TIME = 1_777_900_000_000_000
_NODES = "UNWIND $rows AS row CREATE (n:Entity:Run) SET n = row"
_SCOPE = "MERGE (s:Scope {id: 'benchmark'}) SET s.text = 'benchmark'"
_EDGES = """
UNWIND $rows AS row
MATCH (a:Entity {urn: row[0]}) MATCH (b:Entity {urn: row[1]})
CREATE (a)-[r:CAUSED_BY]->(b) SET r = row[2]
"""
_EDGE = {
    "key": "", "family": "data", "true_from": _TIME, "true_to": OPEN, "recorded_from": _TIME, "recorded_to": OPEN,
    "event_id": "benchmark", "event_time": _TIME, "evidence": "observed",
}  # fmt: skip


def entity(number: int) -> dict[str, Any]:
    """The properties of an entity."""
    return {
        "urn": f"urn:lineage:Run:benchmark:run-{number:08d}", "kind": "Run", "namespace": "benchmark",
        "scope": "benchmark", "name": f"run-{number:08d}", "true_from": _TIME, "true_to": OPEN, "recorded_from": _TIME,
        "recorded_to": OPEN, "event_id": "benchmark", "event_time": _TIME, "producer": "benchmark", "salt": new_salt(),
    }  # fmt: skip


def fill(database: Database, count: int, step: int) -> None:
    """Write entities with their edges and entries, as the writer would leave them."""
    (template,) = acts(0, 1)
    for first in range(0, count, step):
        rows = [entity(number) for number in range(first, min(count, first + step))]
        given = list(_acts(rows, first, template))

        def work(tx: ManagedTransaction, rows: Any = rows, given: Any = given, first: int = first) -> None:
            tx.run(_SCOPE).consume()
            tx.run(_NODES, rows=rows).consume()
            tx.run(_EDGES, rows=[[row["urn"], _upstream(first + at), _EDGE] for at, row in enumerate(rows)]).consume()
            size, frontier = tx.run(TAKE_HEAD).single(strict=True)
            appended = append_acts(read_frontier(size, frontier), given, _TIME)
            tx.run(STORE_ENTRIES, stored(appended, given, _TIME)).consume()

        database.write(work)


def _acts(rows: list[dict[str, Any]], first: int, template: Act) -> Iterator[Act]:
    for at, row in enumerate(rows):
        edges = [GraphEdge("CAUSED_BY", _upstream(first + at), _EDGE)]
        digests = entity_digests(row, edges, row["salt"])
        yield Act(
            template.actor, template.action, row["urn"], template.decision, event="benchmark",
            changes=(Change(row["urn"], None, digests),),
        )  # fmt: skip


def _upstream(number: int) -> str:
    return f"urn:lineage:Run:benchmark:run-{number // 2:08d}"


def measure(count: int, step: int, settings: Settings) -> dict[str, Any]:
    """What filling, publishing and verifying took: seconds by the clock, and of processor time."""
    with tempfile.TemporaryDirectory() as folder, Database.from_settings(settings) as database:
        migrate(database)
        if database.read_text("MATCH (n:Entity) RETURN count(n)")[0][0]:
            raise SystemExit("The database is not empty; nothing was changed.")
        publication = Publication(database, settings.model_copy(update={"ledger_dir": Path(folder)}))
        publication.begin()
        seconds = {"fill": _timed(lambda: fill(database, count, step)), "publish": _timed(publication.publish)}
        found: list[Found] = []
        reports: list[Verification] = []

        def look(*, graph: bool) -> None:
            reports.append(verify(publication, found.append, lambda *_: None, graph=graph))

        seconds["verify the log alone"] = _timed(lambda: look(graph=False))
        seconds["verify the log and the graph"] = _timed(lambda: look(graph=True))
        if found or reports[-1].entities != count:
            raise SystemExit(f"An untouched graph does not hold: {found[:3]}")
        victim = f"urn:lineage:Run:benchmark:run-{count // 3:08d}"
        database.write(lambda tx: tx.run("MATCH (n:Entity {urn: $urn}) SET n.producer = 'x'", urn=victim).consume())
        look(graph=True)
        if [item.target for item in found] != [victim]:
            raise SystemExit(f"An edited entity was not named: {found[:3]}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"entries": count, "seconds": seconds, "peak MiB": round(peak)}


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time in this process (Neo4j's own is not among them)."""
    began, computed = time.perf_counter(), time.process_time()
    work()
    return round(time.perf_counter() - began, 1), round(time.process_time() - computed, 1)


def main() -> None:
    """Run it and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--step", type=int, default=2_000)
    options = parser.parse_args()
    print(json.dumps(measure(options.entries, options.step, load_settings()), indent=2))


if __name__ == "__main__":
    main()
