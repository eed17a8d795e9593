"""What Marquez lists, as the OpenLineage events that would have said it.

Marquez keeps jobs, data sets and runs longer than events, and takes them by its own routes too. Put as events, they get
the names, versions and evidence that the same facts have when they come as events.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid3

from registry.capture.documents import mapping, objects

Json = dict[str, Any]

PRODUCER = "marquez"
_ENDS = {"COMPLETED": "COMPLETE", "FAILED": "FAIL", "ABORTED": "ABORT"}
_BEGUN = ("RUNNING", *_ENDS)


def run_events(run: Json, job: Json) -> Iterator[Json]:
    """A run of a job: that it began, and how it ended, each where Marquez says when."""
    state = str(run.get("state") or "")
    began, ended = run.get("startedAt"), run.get("endedAt")
    said = {
        "run": {"runId": run.get("id"), "facets": _run_facets(run)},
        "job": {"namespace": job.get("namespace"), "name": job.get("name"), "facets": job_facets(job)},
        "inputs": _versions(run, "inputDatasetVersions", "inputVersions"),
        "outputs": _versions(run, "outputDatasetVersions", "outputVersions"),
        "producer": PRODUCER,
    }
    if state in _BEGUN and began:
        yield said | {"eventType": "START", "eventTime": began}
    if state in _ENDS:
        yield said | {"eventType": _ENDS[state], "eventTime": ended or run.get("updatedAt")}
    elif not (state in _BEGUN and began):
        yield said | {"eventType": "OTHER", "eventTime": run.get("updatedAt") or run.get("createdAt")}


def job_event(job: Json) -> Json:
    """A job that nothing is known to have run: what it is made to read and write."""
    return {
        "eventTime": job.get("updatedAt") or job.get("createdAt"),
        "producer": PRODUCER,
        "job": {"namespace": job.get("namespace"), "name": job.get("name"), "facets": job_facets(job)},
        "inputs": [_named(item) for item in objects(job.get("inputs"))],
        "outputs": [_named(item) for item in objects(job.get("outputs"))],
    }


def dataset_event(dataset: Json, version: Json | None = None) -> Json:
    """A data set, or a version of it that no run made: Marquez's own id names it then."""
    told = version or dataset
    facets = dataset_facets(told)
    if version is not None and version.get("version"):
        facets = {"version": {"datasetVersion": str(version["version"])}} | facets
    return {
        "eventTime": told.get("updatedAt") or told.get("createdAt"),
        "producer": PRODUCER,
        "dataset": _named(dataset) | {"facets": facets},
    }


def is_name_alone(dataset: Json) -> bool:
    """Whether nobody said anything of a data set: a registry that answers as a Marquez lists such ones as of 1970."""
    told = any(dataset.get(name) for name in ("fields", "tags", "description", "facets", "currentVersion"))
    return not told and str(dataset.get("createdAt")).startswith("1970-01-01T00:00:00")


def job_facets(job: Json) -> Json:
    """The facets of a job; what Marquez says beside them counts where there is none of that name."""
    location = job.get("location")
    return _described(job) | _facets(
        {"sourceCodeLocation": {"type": "url", "url": location}} if isinstance(location, str) else {}, job
    )


def dataset_facets(dataset: Json) -> Json:
    """The facets of a data set or version; likewise."""
    found = _described(dataset)
    fields = [
        {"name": item["name"], "type": item.get("type"), "description": item.get("description")}
        for item in objects(dataset.get("fields"))
        if item.get("name")
    ]
    if fields:
        found["schema"] = {"fields": fields}
    columns = {
        item["name"]: {
            "inputFields": [
                {"namespace": source.get("namespace"), "name": source.get("dataset"), "field": source.get("field")}
                for source in objects(item.get("inputFields"))
            ],
            "transformationDescription": item.get("transformationDescription"),
        }
        for item in objects(dataset.get("columnLineage"))
        if item.get("name")
    }
    if columns:
        found["columnLineage"] = {"fields": columns}
    return _facets(found, dataset)


def stand_ins(event: Json) -> set[str]:
    """The ids under which Marquez lists the run of an event, and its parent, where theirs are no UUIDs as Marquez writes them."""
    run = mapping(event.get("run"))
    found = {_own_uuid(str(run["runId"]))} if run.get("runId") else set()
    for name in ("parent", "parentRun"):
        parent = mapping(mapping(run.get("facets")).get(name))
        job, run_id = mapping(parent.get("job")), mapping(parent.get("run")).get("runId")
        if run_id and job.get("namespace") and job.get("name"):
            dag = str(job["name"]).rpartition(".")[0] or str(job["name"])
            found.add(str(uuid3(NAMESPACE_URL, f"{job['namespace']}.{dag}.{run_id}")))
    return found


def _own_uuid(run_id: str) -> str:
    """A UUID in small letters, else as Java's UUID.nameUUIDFromBytes makes one."""
    try:
        return str(UUID(run_id))
    except ValueError:
        return str(UUID(bytes=hashlib.md5(run_id.encode(), usedforsecurity=False).digest(), version=3))


def name_of(job: Json) -> list[str]:
    """The names that a listed job may have had in its events: Marquez puts the parent's name before that of a child."""
    names = [job.get("name"), job.get("simpleName") if job.get("parentJobName") else None]
    return [str(name) for name in names if name]


def version_event(dataset: Json, version: Json, run: tuple[str, str, str]) -> Json:
    """That a run (its job's namespace and name, its id) made a version: older ones do not list it with the run."""
    namespace, job, run_id = run
    return {
        "eventType": "OTHER",
        "eventTime": version.get("createdAt"),
        "producer": PRODUCER,
        "run": {"runId": run_id},
        "job": {"namespace": namespace, "name": job},
        "outputs": [_named(dataset) | {"facets": dataset_facets(version)}],
    }


def made_by(version: Json) -> tuple[str | None, str | None, str] | None:
    """Which run made a version: namespace and name of its job, where Marquez says them, and its id; None for none."""
    run = mapping(version.get("createdByRun"))
    job = mapping(run.get("jobVersion"))
    return (job.get("namespace"), job.get("name"), str(run["id"])) if run.get("id") else None


def _described(item: Json) -> Json:
    """Description and tags, which people set in Marquez itself."""
    found: Json = {}
    if isinstance(item.get("description"), str) and item["description"]:
        found["documentation"] = {"description": item["description"]}
    listed: list[Json] = [{"key": tag} for tag in item.get("tags") or () if isinstance(tag, str)]
    for column in objects(item.get("fields")):
        listed += [
            {"key": tag, "field": column.get("name")} for tag in column.get("tags") or () if isinstance(tag, str)
        ]
    if listed:
        found["tags"] = {"tags": listed}
    return found


def _facets(found: Json, item: Json) -> Json:
    return found | {name: facet for name, facet in mapping(item.get("facets")).items() if isinstance(facet, dict)}


def _run_facets(run: Json) -> Json:
    found: Json = {}
    arguments = mapping(run.get("args"))
    if arguments:
        listed = [{"key": str(key), "value": value} for key, value in sorted(arguments.items())]
        found["executionParameters"] = {"parameters": listed}
    if run.get("nominalStartTime"):
        found["nominalTime"] = {name: run.get(name) for name in ("nominalStartTime", "nominalEndTime")}
    return _facets(found, run)


def _versions(run: Json, *names: str) -> list[Json]:
    """Data sets of a run. Which version Marquez took an input for is its guess: the latest it knew."""
    listed = next((objects(run[name]) for name in names if run.get(name)), [])
    found = []
    for item in listed:
        place = mapping(item.get("datasetVersionId")) or mapping(item.get("datasetVersion")) or item
        found.append(_named(place) | {"facets": _facets({}, item)})
    return found


def _named(item: Json) -> Json:
    return {"namespace": item.get("namespace"), "name": item.get("name")}
