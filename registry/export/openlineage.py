"""OpenLineage 2.0.2: a JSON array of events, as ``/api/v1/lineage/batch`` takes them.

A run becomes its events (START where it is known when, then its last state) with inputs and outputs; what was derived
without a known run becomes a dataset event with the ``lineage`` facet; other data become dataset events. Facets that
came from OpenLineage leave as they came. What OpenLineage has no words for is in facets of ours:
``lineageRegistry_entity``, ``lineageRegistry_edge`` and, in every event, ``lineageRegistry_export``, which says how
complete all of it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph_schema.times import parse_time
from registry.export import openlineage_facets as facets
from registry.export.json_text import document
from registry.export.openlineage_datasets import DATA, Datasets
from registry.export.openlineage_facets import facet
from registry.export.openlineage_runs import job_of, run_id, run_of, run_states
from registry.export.subgraph import PRODUCER, ExportedEdge, ExportedEntity, Subgraph, time_text

_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
_FOLDED = frozenset(
    {"Dataset", "Model", "Feature", "TelemetrySource", "Run", "Job", "DataSchema", "Field", "Person", "Team", "Service"}
)
KINDS = DATA | _FOLDED
"""What events have a place for."""
_MOST_STARTS = 10
_DERIVED = ("DERIVED_FROM", "COMPUTED_FROM", "USES_FEATURE")

Event = dict[str, Any]


def write(graph: Subgraph) -> bytes:
    """The subgraph as a JSON array of events, in the order of their times."""
    extent = facet("lineageRegistry_export", **_extent(graph))
    events = [*_run_events(graph, extent), *_dataset_events(graph, extent)]
    return document(sorted(events, key=lambda event: parse_time(event["eventTime"])))


def _extent(graph: Subgraph) -> dict[str, Any]:
    """What every event says of the whole; a walk from very many starts names only the first of them."""
    facts = graph.extent.facts() | {"left_out": graph.left_out(KINDS)}
    starts = facts["starts"]
    return facts | ({"starts": starts[:_MOST_STARTS], "start_count": len(starts)} if len(starts) > _MOST_STARTS else {})


def _run_events(graph: Subgraph, extent: dict[str, Any]) -> Iterator[Event]:
    datasets = Datasets(graph)
    for run in graph.of_kinds("Run"):
        job = job_of(graph, run)
        who = run_of(graph, run)
        who["facets"]["lineageRegistry_export"] = extent
        inputs = [
            datasets.as_input(graph.by_urn[edge.upstream], edge)
            for edge in graph.upstream_of.get(run.urn, ())
            if edge.relation == "USED" and graph.by_urn[edge.upstream].kind in DATA
        ]
        outputs = [
            datasets.as_output(graph.by_urn[edge.downstream], edge)
            for edge in graph.downstream_of.get(run.urn, ())
            if edge.relation == "GENERATED_BY" and graph.by_urn[edge.downstream].kind in DATA
        ]
        states = run_states(run)
        for state, when in states[:-1]:
            bare = {"runId": run_id(run), "facets": {"lineageRegistry_export": extent}}
            yield _event("RunEvent", when, eventType=state, run=bare, job=job)
        state, when = states[-1]
        yield _event("RunEvent", when, eventType=state, run=who, job=job, inputs=inputs, outputs=outputs)


def _dataset_events(graph: Subgraph, extent: dict[str, Any]) -> Iterator[Event]:
    """One for each data set that no run of this names, or that was derived without one."""
    datasets = Datasets(graph)
    for entity in graph.entities:
        if entity.kind not in DATA:
            continue
        derived = [edge for edge in graph.upstream_of.get(entity.urn, ()) if _is_derived(graph, edge)]
        if not derived and (graph.upstream(entity.urn, "GENERATED_BY") or graph.downstream(entity.urn, "USED")):
            continue
        described = datasets.described(entity)
        described["facets"]["lineageRegistry_export"] = extent
        if derived:
            described["facets"].setdefault("lineage", _lineage(graph, datasets, derived))
        yield _event("DatasetEvent", _told_at(entity), dataset=described)


def _is_derived(graph: Subgraph, edge: ExportedEdge) -> bool:
    return edge.relation in _DERIVED and graph.by_urn[edge.upstream].kind in DATA


def _lineage(graph: Subgraph, datasets: Datasets, derived: list[ExportedEdge]) -> dict[str, Any]:
    inputs = [
        datasets.name(graph.by_urn[edge.upstream])
        | {"type": "DATASET", "lineageRegistry_edge": facets.edge_facts(edge)}
        for edge in derived
    ]
    return facet("lineage", inputs=inputs)


def _told_at(entity: ExportedEntity) -> str:
    state = entity.state
    created: str | None = entity.attributes.get("created_at")
    known = next((time for time in (state.event_time, state.true_from) if time is not None), state.recorded_from)
    return created or time_text(known) or facets.LONG_AGO


def _event(sort: str, when: str, **said: Any) -> Event:
    return {"eventTime": when, "producer": PRODUCER, "schemaURL": f"{_SCHEMA}{sort}", **said}
