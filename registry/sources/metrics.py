"""What is measured of scheduled sources. Every server tells the same, also of runs of the others."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from prometheus_client import Counter, Gauge

from graph_schema.times import parse_time
from registry.sources.outcome import State

LAST_SUCCESS = Gauge(
    "lineage_source_last_success_timestamp_seconds",
    "When a source was last read to its end, in seconds since 1970; 0 for never.",
    ["source"],
)
LAST_STATE = Gauge(
    "lineage_source_last_state", "1 for the state in which the last run of a source ended.", ["source", "state"]
)
FAILURES = Gauge("lineage_source_failures", "Runs of a source in a row that could not be done.", ["source"])
DIFFERENCES = Gauge(
    "lineage_source_differences", "Differences that the last comparison with a source found.", ["source"]
)
RUNS = Counter("lineage_source_runs_total", "Runs that this server did, by how they ended.", ["source", "state"])

_ENDS = tuple(state for state in State if state not in (State.WAITING, State.RUNNING))


def show(sources: Iterable[dict[str, Any]]) -> None:
    """Have the gauges say what is stored of these sources; nothing of those that are on no server's list any more."""
    for source in sources:
        if not source["active"]:
            _hide(source["name"])
            continue
        name, last = source["name"], source["last"] or {}
        since = source["last_success_at"]
        LAST_SUCCESS.labels(name).set(0 if since is None else parse_time(since) / 1_000_000)
        FAILURES.labels(name).set(source["failures"])
        for state in _ENDS:
            LAST_STATE.labels(name, state.value).set(int(last.get("state") == state.value))
        if "differences" in last.get("found", {}):
            DIFFERENCES.labels(name).set(last["found"]["differences"])


def _hide(name: str) -> None:
    for gauge in (LAST_SUCCESS, FAILURES, DIFFERENCES):
        with suppress(KeyError):
            gauge.remove(name)
    for state in _ENDS:
        with suppress(KeyError):
            LAST_STATE.remove(name, state.value)
