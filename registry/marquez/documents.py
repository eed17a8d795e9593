"""Rows of the graph as the JSON that Marquez answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from graph_schema.times import OPEN, format_time, now_micros

Json = dict[str, Any]
Properties = Mapping[str, Any]

_STATES = {"running": "RUNNING", "completed": "COMPLETED", "failed": "FAILED", "aborted": "ABORTED"}


def namespace(name: str, since: int, changed: int) -> Json:
    """A namespace; owners are not kept by namespace."""
    return {
        "name": name, "createdAt": format_time(since), "updatedAt": format_time(changed),
        "ownerName": "anonymous", "description": None, "isHidden": False,
    }  # fmt: skip


def dataset(properties: Properties, columns: Sequence[Sequence[Any]], current: str | None) -> Json:
    """A data set with the columns of its latest schema."""
    source = facets(properties).get("dataSource") or {}
    return _named(properties) | {
        "type": "DB_TABLE",
        "physicalName": properties["name"],
        "sourceName": source.get("name") or "default",
        "fields": [
            {"name": name, "type": kind, "tags": list(labels or ()), "description": words}
            for name, kind, labels, words in columns
        ],
        "tags": list(properties.get("tags") or ()),
        "lastModifiedAt": format_time(properties.get("event_time") or properties["true_from"]),
        "currentVersion": current,
        "description": properties.get("description"),
        "facets": facets(properties),
        "deleted": OPEN > properties["true_to"] <= now_micros(),
    }


def version(properties: Properties, run: str | None) -> Json:
    """A version of a data set."""
    return _named(properties) | {
        "type": "DB_TABLE",
        "physicalName": properties["name"],
        "version": properties["version"],
        "createdByRun": None if run is None else {"id": run},
        "tags": list(properties.get("tags") or ()),
        "facets": facets(properties),
    }


def job(properties: Properties, inputs: Sequence[Sequence[str]], outputs: Sequence[Sequence[str]], latest: Any) -> Json:
    """A job with what its runs read and made, and its latest run."""
    sort = (properties.get("job_type") or "batch").upper()
    return _named(properties) | {
        "type": sort if sort in ("BATCH", "STREAM", "SERVICE") else "BATCH",
        "simpleName": properties["name"],
        "parentJobName": None,
        "inputs": [{"namespace": space, "name": name} for space, name in inputs],
        "outputs": [{"namespace": space, "name": name} for space, name in outputs],
        "location": properties.get("external_url") or properties.get("repository"),
        "description": properties.get("description"),
        "tags": list(properties.get("tags") or ()),
        "latestRun": run(latest, properties["namespace"], properties["name"]) if latest else None,
        "facets": facets(properties),
    }


def run(properties: Properties, job_namespace: str, job_name: str) -> Json:
    """A run."""
    started, ended = properties.get("started_at"), properties.get("ended_at")
    found = facets(properties)
    nominal = found.get("nominalTime") or {}
    return {
        "id": properties["name"],
        "createdAt": format_time(properties["true_from"]),
        "updatedAt": format_time(properties.get("event_time") or properties["true_from"]),
        "nominalStartTime": nominal.get("nominalStartTime"),
        "nominalEndTime": nominal.get("nominalEndTime"),
        "state": _STATES.get(properties.get("state") or "", "NEW"),
        "startedAt": None if started is None else format_time(started),
        "endedAt": None if ended is None else format_time(ended),
        "durationMs": None if started is None or ended is None else (ended - started) // 1000,
        "args": parsed(properties.get("parameters")),
        "jobVersion": {"namespace": job_namespace, "name": job_name},
        "facets": found,
    }


def run_behind(
    properties: Properties, job_namespace: str, job_name: str, inputs: Sequence[Sequence[str | None]]
) -> Json:
    """A run with what it read, and which runs made that."""
    told = run(properties, job_namespace, job_name)
    return {
        "job": {"namespace": job_namespace, "name": job_name, "version": None},
        "run": {"id": told["id"], "start": told["startedAt"], "end": told["endedAt"], "status": told["state"]},
        "inputs": [
            {"namespace": space, "name": name, "version": which, "producedByRunId": made}
            for space, name, which, made in inputs
        ],
    }


def facets(properties: Properties) -> Json:
    """The kept facets of an entity."""
    return parsed(properties.get("facets"))


def parsed(text: str | None) -> Json:
    """A JSON object that the graph keeps as text."""
    found = orjson.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _named(properties: Properties) -> Json:
    place = {"namespace": properties["namespace"], "name": properties["name"]}
    return {
        "id": place,
        **place,
        "createdAt": format_time(properties["true_from"]),
        "updatedAt": format_time(properties.get("event_time") or properties["true_from"]),
    }
