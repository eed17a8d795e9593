"""Walks of a reader who may not see everything, against the same Cypher with the same restriction, and without one.

Every fourth namespace is hidden. The ways take turns, each answer is checked against a search in memory over what is
left, and the medians of the rounds are compared. Then each statement is profiled: how often it touches the store does
not depend on what else the machine does. Run: ``python -m benchmarks.restricted [--size 100k] [--rounds 15]``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, cast

import neo4j

from benchmarks.bulk_load import bulk_load
from benchmarks.lineage_graph import SHAPES, LineageGraph, generate
from benchmarks.lineage_names import Names
from benchmarks.scale.bare_cypher import REACH, parameters
from benchmarks.scale.questions import Question
from graph_schema.times import OPEN
from graph_schema.walks import families_for, relations_in
from queries.walk import Detail, WalkShape, Way, walk_query
from queries.walk.rows import NodesWalk
from registry.graph import local
from registry.graph.database import Database
from registry.graph.migrate import migrate
from registry.lineage.answer import Direction, WalkRequest
from registry.lineage.columns import lineage_columns
from registry.permission.view import View
from registry.settings import Settings

_HIDDEN = 4
"""One namespace of so many is hidden, but for those of the questions."""
_SET_SCOPES = (
    "MATCH (n:Entity) WHERE n.scope IS NULL CALL (n) { SET n.scope = n.namespace } IN TRANSACTIONS OF 20000 ROWS"
)
_RELATIONS = "|".join(relation.name for relation in relations_in(families_for(["DatasetVersion"])))
_WINDOW = (
    "r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at"
    " AND r.family IN $families"
)
RESTRICTED = f"""
MATCH (start:Entity {{urn: $urn}})
MATCH p = (start)<-[:{_RELATIONS}*1..1000000]-(n)
WHERE all(r IN relationships(p) WHERE {_WINDOW} AND startNode(r).scope IN $seen)
WITH start, n, min(length(p)) AS depth
WITH start, collect(n) AS reached, collect(depth) AS depth
RETURN [n IN reached | n.urn] AS urn, [n IN reached | n.kind] AS kind, depth"""
TELLING = f"""{RESTRICTED}, any(n IN [start] + reached WHERE EXISTS {{
  MATCH (n)<-[r:{_RELATIONS}]-(m:Entity)
  WHERE {_WINDOW} AND NOT m.scope IN $seen AND NOT m.scope STARTS WITH 'sandbox:'
}}) AS hidden
"""
"""The same, with the word whether anything hidden was met."""


class Visible:
    """The truth: what lies downstream of a node, ending where a namespace is hidden."""

    def __init__(self, graph: LineageGraph, names: Names, seen: frozenset[str]) -> None:
        self._names, self._seen = names, seen
        self._down: dict[int, list[int]] = {}
        for below, above in graph.edges():
            self._down.setdefault(above, []).append(below)

    def reached(self, start: int, *, everything: bool = False) -> set[str]:
        """The URNs."""
        found, waiting = {start}, deque([start])
        while waiting:
            for node in self._down.get(waiting.popleft(), ()):
                if node not in found and (everything or self._names.namespace(node) in self._seen):
                    found.add(node)
                    waiting.append(node)
        return {self._names.urn(node) for node in found - {start}}


def measure(database: Database, driver: neo4j.Driver, graph: LineageGraph, rounds: int) -> None:
    """Print a line for each question."""
    names = Names(graph)
    spaces = sorted({names.namespace(node) for node in range(len(graph))})
    own = {names.namespace(node) for node in (graph.hub, *graph.sources[:3])}
    others = [space for space in spaces if space not in own]
    seen = sorted(own | {space for place, space in enumerate(others) if place % _HIDDEN})
    truth, reader = Visible(graph, names, frozenset(seen)), database.seen_by(View(tuple(seen)))
    print(f"{len(graph)} nodes, {len(seen)} of {len(spaces)} namespaces may be seen\n")
    print(
        "| question | results, of all | everybody: product, bare | restricted: product, bare, bare that tells | product against bare, bare that tells | restricted against everybody |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    chosen = {"the hub": graph.hub} | {f"source {place}": node for place, node in enumerate(graph.sources[:3])}
    for name, start in chosen.items():
        _measure_one(database, reader, driver, (name, names.urn(start)), (truth, start), seen, rounds)
    print("\n| database hits of | everybody: product, bare | restricted: product, bare, bare that tells |")
    print("| --- | --- | --- |")
    for name, start in chosen.items():
        print(_profiled(driver, name, Question(start, names.urn(start)), seen), flush=True)


def _measure_one(
    database: Database,
    reader: Database,
    driver: neo4j.Driver,
    asked: tuple[str, str],
    truth: tuple[Visible, int],
    seen: list[str],
    rounds: int,
) -> None:
    name, urn = asked
    question = Question(truth[1], urn)
    left, whole = truth[0].reached(truth[1]), truth[0].reached(truth[1], everything=True)
    request = WalkRequest(urn, Direction.DOWNSTREAM, limit=1_000_000, max_walked=1_000_000)
    ways: dict[str, tuple[Callable[[], list[str]], set[str]]] = {
        "everybody": (lambda: _product(database, request), whole),
        "bare": (lambda: _bare(driver, REACH, question, seen), whole),
        "restricted": (lambda: _product(reader, request), left),
        "bare restricted": (lambda: _bare(driver, RESTRICTED, question, seen), left),
        "bare that tells": (lambda: _bare(driver, TELLING, question, seen), left),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds + 3):
        for way, (ask, right) in ways.items():
            began = time.perf_counter()
            found = ask()
            took = time.perf_counter() - began
            if number == 0 and set(found) - {urn} != right:
                raise AssertionError(f"{way}: {len(found)} found, but there are {len(right)}")
            if number >= 3:
                seconds[way].append(took)
    ms = {way: 1000 * median(times) for way, times in seconds.items()}
    print(
        f"| {name} | {len(left)} of {len(whole)} | {ms['everybody']:.1f}, {ms['bare']:.1f} "
        f"| {ms['restricted']:.1f}, {ms['bare restricted']:.1f}, {ms['bare that tells']:.1f} "
        f"| {ms['restricted'] / ms['bare restricted']:.2f} ×, {ms['restricted'] / ms['bare that tells']:.2f} × "
        f"| {ms['restricted'] / ms['everybody']:.2f} × |",
        flush=True,
    )


def _profiled(driver: neo4j.Driver, name: str, question: Question, seen: list[str]) -> str:
    """How often each way touches the store, as a line."""
    bare = parameters(question)
    walk = walk_query(WalkShape(Way.DOWNSTREAM, False, None, Detail.NAMES, now=True, alone=True))
    asked = vars(
        NodesWalk(
            urns=[question.urn], families=bare["families"], limit=1_000_001, start_limit=10_001, true_by=bare["true_by"],
            true_after=bare["true_after"], known_by=OPEN - 1, settled=OPEN, in_flight=0, present=True, anywhere=False,
            versions=True, telling=True,
        )
    )  # fmt: skip
    ways = ((walk.text, asked), (REACH, bare), (str(walk.restricted), asked), (RESTRICTED, bare), (TELLING, bare))
    hits = [f"{_hits(driver, text, given | {'seen': seen}):,}" for text, given in ways]
    return f"| {name} | {'; '.join(hits[:2])} | {'; '.join(hits[2:])} |"


def _hits(driver: neo4j.Driver, text: str, given: dict[str, Any]) -> int:
    def total(plan: dict[str, Any]) -> int:
        return int(plan["args"].get("DbHits", 0)) + sum(map(total, plan.get("children", ())))

    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        plan = session.run(cast("Any", f"PROFILE {text}"), given).consume().profile
    assert plan is not None
    return total(plan)


def _product(database: Database, request: WalkRequest) -> list[str]:
    return lineage_columns(database, request, detail=Detail.NAMES).urn


def _bare(driver: neo4j.Driver, text: str, question: Question, seen: list[str]) -> list[str]:
    given: dict[str, Any] = parameters(question) | {"seen": seen}
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return list(session.run(text, given).single(strict=True)["urn"])


def main() -> None:
    """Load, hide, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SHAPES, default="100k")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    graph = generate(SHAPES[options.size])
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        facts = {"data_dir": f"{folder}/data", "log_dir": f"{folder}/logs", "heap": "2g", "page_cache": "1g"}
        settings = Settings.model_validate(facts)
        files = Path(folder) / "files"
        files.mkdir()
        bulk_load(graph, settings, files, lambda text: print(text, file=sys.stderr))
        server = local.start(settings, owner="benchmark")
        try:
            with Database(server.uri, server.username, server.password, query_timeout=300) as database:
                migrate(database)
                database.execute_schema(_SET_SCOPES)
                auth = (server.username, server.password or "")
                with neo4j.GraphDatabase.driver(server.uri, auth=auth, notifications_min_severity="OFF") as driver:
                    measure(database, driver, graph, options.rounds)
        finally:
            local.stop(settings)


if __name__ == "__main__":
    main()
