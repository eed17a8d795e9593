"""Runs and jobs as OpenLineage has them."""

from __future__ import annotations

import re
import uuid
from typing import Any

from registry.export.openlineage_facets import LONG_AGO, Facet, edge_facet, entity_facet, facet, kept, made_of
from registry.export.subgraph import ExportedEntity, Subgraph, time_text

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_VARIABLES = "variables/"
"""How the names of environments begin that events told of."""
_LAST = {"completed": "COMPLETE", "failed": "FAIL", "aborted": "ABORT", "running": "RUNNING", "scheduled": "OTHER"}


def run_id(run: ExportedEntity) -> str:
    """The run's own name where it is a UUID, else one that follows from its URN and never changes."""
    if _UUID.fullmatch(run.state.name):
        return run.state.name
    return str(uuid.uuid5(uuid.NAMESPACE_URL, run.urn))


def run_states(run: ExportedEntity) -> list[tuple[str, str]]:
    """The states that a run is known to have been in, with their times; the last one may be OTHER."""
    attributes, state = run.attributes, run.state
    started: str | None = attributes.get("started_at")
    last = _LAST.get(attributes.get("state", ""), "OTHER")
    told = next((time for time in (state.event_time, state.true_from) if time is not None), state.recorded_from)
    when = attributes.get("ended_at") or (started if last == "RUNNING" else None) or time_text(told) or LONG_AGO
    return [*([("START", started)] if started else []), (last, when)]


def run_of(graph: Subgraph, run: ExportedEntity) -> dict[str, Any]:
    """The run with its facets."""
    facets = {"lineageRegistry_entity": entity_facet(run)}
    facets |= {name: value for name, value in made_of(graph, run, [], "_run").items() if name == "tags"}
    parents = [one for one in graph.upstream(run.urn, "PART_OF") if one.kind == "Run"]
    if parents:
        parent = parents[0]
        job = _job(graph, parent)
        facets["parent"] = facet(
            "parent", run={"runId": run_id(parent)}, job={"namespace": job.state.namespace, "name": job.state.name}
        )
    return {"runId": run_id(run), "facets": facets | _parameters(run) | _variables(graph, run) | kept(run)}


def _parameters(run: ExportedEntity) -> dict[str, Facet]:
    """Parameters, where the standard can say them all: its values are texts."""
    given = run.attributes.get("parameters")
    if not isinstance(given, dict) or not given or not all(isinstance(value, str) for value in given.values()):
        return {}
    listed = [{"key": name, "name": name, "value": value} for name, value in given.items()]
    return {"executionParameters": facet("executionParameters", parameters=listed)}


def _variables(graph: Subgraph, run: ExportedEntity) -> dict[str, Facet]:
    """Environment variables that came in an event."""
    for environment in graph.upstream(run.urn, "EXECUTED_IN"):
        given = environment.attributes.get("configuration")
        if environment.state.name.startswith(_VARIABLES) and isinstance(given, dict):
            listed = [{"name": name, "value": value} for name, value in given.items() if isinstance(value, str)]
            return {"environmentVariables": facet("environmentVariables", environmentVariables=listed)}
    return {}


def job_of(graph: Subgraph, run: ExportedEntity) -> dict[str, Any]:
    """The job that a run is of, with its facets; named like the run where no job is recorded."""
    job = _job(graph, run)
    facets = {}
    if job is not run:
        facets = {"lineageRegistry_entity": entity_facet(job)} | made_of(graph, job, [], "_job") | kept(job)
        edge = next(edge for edge in graph.upstream_of[run.urn] if edge.upstream == job.urn)
        facets["lineageRegistry_edge"] = edge_facet(edge)
    return {"namespace": job.state.namespace, "name": job.state.name, "facets": facets}


def _job(graph: Subgraph, run: ExportedEntity) -> ExportedEntity:
    jobs = graph.upstream(run.urn, "INSTANCE_OF")
    return jobs[0] if jobs else run
