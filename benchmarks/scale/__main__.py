"""Generate a graph, load it everywhere, ask the same questions everywhere, check every answer, print medians.

Exits with 1 where any answer differs from the truth or could not be had.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import orjson

from benchmarks.breadth_first import Downstream
from benchmarks.bulk_load import bulk_load
from benchmarks.lineage_graph import SHAPES, LineageGraph, generate
from benchmarks.scale.bare_cypher import bare_ways
from benchmarks.scale.cases import SMALL, WIDEST, cases
from benchmarks.scale.clients import measure_clients
from benchmarks.scale.measuring import Case, measure
from benchmarks.scale.ml_metadata import ml_metadata_ways
from benchmarks.scale.postgres import postgres_ways
from benchmarks.scale.product import product_ways
from benchmarks.scale.questions import Truth, UnavailableError, Way, limit_way
from benchmarks.scale.report import Report, print_cases, print_end, print_handovers, print_loads, print_sizes
from benchmarks.scale.sqlite import sqlite_ways
from benchmarks.scale.streaming import measure_handover
from benchmarks.server import MeasuredServer, measured_server
from registry.settings import Settings

Ways = AbstractContextManager[list[Way]]
_OTHERS = ("sqlite", "postgres", "ml-metadata")
_MEMORY = {"1m": ("4g", "4g")}
_CLIENTS = (8, 32)
_SETTINGS = {
    "LINEAGE_MAX_NODES": "2000000",
    "LINEAGE_MAX_STREAMED_NODES": "2000000",
    "LINEAGE_QUERY_TIMEOUT_SECONDS": "120",
}
"""Bounds that protect a server would cut the widest answers short, on a busy machine at least."""


def main() -> None:
    """Measure each size that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--size", nargs="+", choices=SHAPES, default=["100k"], help="graphs to measure, in this order")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without", nargs="+", choices=_OTHERS, default=[], help="what not to compare with")
    parser.add_argument("--cases", nargs="+", default=[], help="only the cases whose name begins with one of these")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each way may ask in each case")
    parser.add_argument("--json", type=Path, help="a file for everything that was measured")
    options = parser.parse_args()
    reports = [_measure_size(size, options) for size in options.size]
    if len(reports) > 1:
        print_sizes(reports)
    if options.json:
        options.json.write_bytes(orjson.dumps([report.as_json() for report in reports], option=orjson.OPT_INDENT_2))
    sys.exit(0 if all(report.right for report in reports) else 1)


def _measure_size(size: str, options: argparse.Namespace) -> Report:
    told = _Progress()
    graph = generate(SHAPES[size], options.seed)
    truth = Truth(Downstream(graph))
    report = Report(size, len(graph), len(graph.downstream))
    told(f"{size}: {report.nodes:,} nodes, {report.edges:,} edges, {len(graph.sources)} projects, seed {options.seed}")
    heap, page_cache = _MEMORY.get(size, ("2g", "1g"))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lineage-bench-")))
        server = stack.enter_context(
            measured_server(heap, page_cache, prepare=lambda settings: _load(graph, settings, told), **_SETTINGS)
        )
        told("serving")
        ways = {way.name: way for way in _ways(stack, server, graph, truth, folder, options.without, report, told)}
        gc.collect()
        gc.freeze()  # what lives as long as the process would be looked through again and again while measuring
        made = [case for case in cases(truth) if case.name.startswith(tuple(options.cases or [""]))]
        for case in made:
            _measure_case(case, ways, truth, report, options.seconds)
        _measure_server(server, made, truth, report, options.seconds)
    print_end(report)
    return report


def _load(graph: LineageGraph, settings: Settings, told: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="lineage-import-") as files:
        bulk_load(graph, settings, Path(files), told)


def _ways(
    stack: ExitStack,
    server: MeasuredServer,
    graph: LineageGraph,
    truth: Truth,
    folder: Path,
    without: list[str],
    report: Report,
    told: Callable[[str], None],
) -> list[Way]:
    """Every way that there is on this machine."""

    def place(name: str) -> Path:
        (folder / name).mkdir()
        return folder / name

    makers: dict[str, Callable[[], Ways]] = {
        "bare Cypher": lambda: bare_ways(stack.enter_context(server.driver())),
        "the product": lambda: product_ways(server.url, len(graph)),
        "memory": lambda: limit_way(truth),
        "sqlite": lambda: sqlite_ways(graph, place("sqlite") / "graph.db"),
        "postgres": lambda: postgres_ways(graph, place("postgres")),
        "ml-metadata": lambda: ml_metadata_ways(graph, place("ml-metadata")),
    }
    ways: list[Way] = []
    for name, make in makers.items():
        if name in without:
            report.absent.append(f"{name}: left out")
            continue
        try:
            ways += stack.enter_context(make())
        except UnavailableError as error:
            report.absent.append(f"{name}: {error}")
        else:
            told(f"{name} is ready")
    return ways


def _measure_case(case: Case, ways: dict[str, Way], truth: Truth, report: Report, seconds: float) -> None:
    limited = Case(case.name, case.questions, case.ways, case.rounds, seconds, case.checked_too)
    measured = measure(limited, ways, truth)
    report.measured += measured
    print(f"{case.name}: {measured[0].results:,} results, {len(case.questions)} questions taking turns")
    print_cases(measured)


def _measure_server(server: MeasuredServer, made: list[Case], truth: Truth, report: Report, seconds: float) -> None:
    """What one question at a time does not show: many clients, and the server's memory."""
    asked = {case.name: case.questions for case in made}
    if SMALL not in asked or WIDEST not in asked:
        return
    wide, limit = asked[WIDEST][0], report.nodes
    print(f"handing over {truth.results(wide):,} results:")
    report.handovers, failed = measure_handover(server.url, server.process, wide, limit)
    report.failed += failed
    print_handovers(report.handovers)
    print("clients at once, small answers:")
    for clients in _CLIENTS:
        try:
            loads = measure_clients(server.url, asked[SMALL], wide, limit, clients, min(10.0, seconds))
        except Exception as error:  # noqa: BLE001 - whatever it is, the run goes on, and fails in the end
            report.failed.append(f"{clients} clients: {error}"[:300])
            continue
        report.loads += loads
        print_loads(loads)


class _Progress:
    """Says what is done, with the seconds since the beginning."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"[{time.monotonic() - self._started:5.0f} s] {text}", flush=True)


if __name__ == "__main__":
    main()
