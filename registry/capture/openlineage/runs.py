"""Runs and jobs: what one event says of them, but for what adds up over the events of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson

from graph_schema.urn import Urn
from registry.capture.documents import mapping, objects
from registry.capture.events import asset, edge, entity, version
from registry.capture.openlineage.agents import description, label, owner_records, tags, taken_away, text
from registry.capture.openlineage.lineage_facets import Facets, alive
from registry.capture.source import RecordDocument

_ENGINES = "generic"
_DIGITS = 16


def job_urn(job: tuple[str, str]) -> Urn:
    """The job. Raises UrnError."""
    return asset("Job", *job)


def run_urn(namespace: str, run_id: str) -> Urn:
    """The run, in the namespace of its job. Raises UrnError."""
    return asset("Run", namespace, run_id)


def job_records(job: tuple[str, str], facets: Facets) -> Iterator[RecordDocument]:
    """The job with its owners."""
    urn, source, sort = job_urn(job), alive(facets, "sourceCodeLocation"), alive(facets, "jobType")
    attributes = {
        "description": description(facets),
        "tags": tags(facets),
        "repository": text(source.get("repoUrl")) or text(source.get("url")),
        "entry_point": text(source.get("path")),
        "external_url": text(source.get("url")),
        "job_type": (label(sort.get("processingType")) or label(sort.get("jobType")) or "").lower(),
    }
    yield entity(urn, attributes)
    yield from owner_records(urn, facets)
    yield from taken_away(urn, facets)


def run_records(run: Urn, job: tuple[str, str], facets: Facets) -> Iterator[RecordDocument]:
    """The run with its job, its parents, the software that it ran on and its environment."""
    yield entity(run)
    yield edge("INSTANCE_OF", run, job_urn(job), evidence="observed")
    yield from _parents(run, job, alive(facets, "parent"))
    yield from _engine(run, alive(facets, "processing_engine"))
    yield from _environment(run, alive(facets, "environmentVariables"), alive(facets, "processing_engine"))


def job_lineage_records(facets: Facets) -> Iterator[RecordDocument]:
    """What the job's lineage facet says of runs and of data sets that no run of the event has to do with."""
    for entry in objects(alive(facets, "lineage").get("entries")):
        for source in objects(entry.get("inputs")):
            yield from _explicit(entry, source)


def _explicit(entry: dict[str, Any], source: dict[str, Any]) -> Iterator[RecordDocument]:
    for end in (entry, source):
        if end.get("type") == "JOB" and end.get("name"):
            yield entity(job_urn((end["namespace"], end["name"])))
            if end.get("runId"):
                run = run_urn(end["namespace"], str(end["runId"]))
                yield entity(run)
                yield edge("INSTANCE_OF", run, job_urn((end["namespace"], end["name"])))
    made, read = _run_of(source), _run_of(entry)
    if made is not None and entry.get("type") == "DATASET":
        which = version("DatasetVersion", entry["namespace"], entry["name"], made.name)
        yield entity(which)
        yield edge("GENERATED_BY", which, made)
    if read is not None and source.get("type") == "DATASET":
        which = version("DatasetVersion", source["namespace"], source["name"], None)
        yield edge("USED", read, which, {"role": "input"})


def _run_of(end: dict[str, Any]) -> Urn | None:
    named = end.get("type") == "JOB" and end.get("runId") and end.get("namespace")
    return run_urn(end["namespace"], str(end["runId"])) if named else None


def _parents(run: Urn, job: tuple[str, str], facet: dict[str, Any]) -> Iterator[RecordDocument]:
    for holder in (facet, mapping(facet.get("root"))):
        if not holder.get("run"):
            continue
        above = (holder["job"]["namespace"], holder["job"]["name"])
        parent = run_urn(above[0], holder["run"]["runId"])
        yield entity(parent)
        yield entity(job_urn(above))
        yield edge("INSTANCE_OF", parent, job_urn(above), evidence="observed")
        if parent != run:
            yield edge("PART_OF", run, parent, evidence="observed")
        if holder is facet and above != job:
            yield edge("PART_OF", job_urn(job), job_urn(above))


def _engine(run: Urn, facet: dict[str, Any]) -> Iterator[RecordDocument]:
    name, which = label(facet.get("name")), label(facet.get("version"))
    if name is None:
        return
    library = version("LibraryVersion", _ENGINES, name.lower(), which)
    purl = f"pkg:{_ENGINES}/{quote(name.lower(), safe='')}"
    yield entity(library, {"purl": f"{purl}@{quote(which, safe='')}" if which else purl})
    yield edge("DEPENDS_ON", run, library, {"scope": "run"}, evidence="observed")


def _environment(run: Urn, facet: dict[str, Any], engine: dict[str, Any]) -> Iterator[RecordDocument]:
    listed = objects(facet.get("environmentVariables"))
    variables = {str(item["name"]): item.get("value") for item in listed if item.get("name")}
    if not variables:
        return
    runtime = " ".join(filter(None, (label(engine.get("name")), label(engine.get("version"))))) or None
    digest = hashlib.sha256(orjson.dumps([runtime, variables], option=orjson.OPT_SORT_KEYS)).hexdigest()
    environment = asset("Environment", run.namespace, f"variables/{digest[:_DIGITS]}")
    yield entity(environment, {"configuration": variables, "runtime": runtime})
    yield edge("EXECUTED_IN", run, environment, evidence="observed")
