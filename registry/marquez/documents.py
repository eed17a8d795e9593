"""Rows of the graph as the JSON that Marquez answers with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from graph_schema.times import OPEN, format_time, now_micros
from queries.marquez.rows import BehindRow, DatasetRow, NamespaceRow, RunRow, VersionRow

Json = dict[str, Any]
Properties = Mapping[str, Any]

_STATES = {"running": "RUNNING", "completed": "COMPLETED", "failed": "FAILED", "aborted": "ABORTED"}


def namespace(row: NamespaceRow) -> Json:
    """A namespace; owners are not kept by namespace."""
    return {
        "name": row.name, "createdAt": format_time(row.since), "updatedAt": format_time(row.changed),
        "ownerName": "anonymous", "description": None, "isHidden": False,
    }  # fmt: skip


def source(name: str, address: str, since: int, changed: int) -> Json:
    """A place where data sets lie; its type is the scheme of its address."""
    scheme = address.partition("://")[0] if "://" in address else address.partition(":")[0] if ":" in address else ""
    return {
        "type": scheme.upper() or "DEFAULT", "name": name, "createdAt": format_time(since),
        "updatedAt": format_time(changed), "connectionUrl": address, "description": None,
    }  # fmt: skip


def dataset(row: DatasetRow) -> Json:
    """A data set with the columns of its latest schema."""
    properties = row.properties
    return _described(properties, row.columns, properties) | {
        "lastModifiedAt": format_time(properties.get("event_time") or properties["true_from"]),
        "lastLifecycleState": _lifecycle(properties),
        "currentVersion": row.current,
        "deleted": OPEN > properties["true_to"] <= now_micros(),
    }


def version(row: VersionRow) -> Json:
    """A version of a data set, with its own columns and the run that made it."""
    found = _described(row.properties, row.columns, row.dataset)
    made = None if row.run is None else run(row.run, row.job_namespace or "", row.job_name or "")
    return found | {
        "id": found["id"] | {"version": row.properties["version"]},
        "version": row.properties["version"],
        "lifecycleState": _lifecycle(row.dataset),
        "createdByRun": made,
    }


def job(
    properties: Properties, inputs: Sequence[Sequence[str]], outputs: Sequence[Sequence[str]], latest: Properties | None
) -> Json:
    """A job with what its runs read and made, and its latest run."""
    sort = (properties.get("job_type") or "batch").upper()
    told = _named(properties) | {
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
    return told | {"currentVersion": _version_of(told)}


def job_version(told: Json) -> Json:
    """The present version of a job: what it reads and makes, and where its code is."""
    kept = ("name", "namespace", "createdAt", "type", "inputs", "outputs", "location", "latestRun", "facets")
    which = told["currentVersion"]
    return {"id": told["id"] | {"version": which}, "version": which} | {name: told[name] for name in kept}


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


def whole_run(row: RunRow) -> Json:
    """A run with the exact versions that it read and made."""
    return run(row.properties, row.job_namespace, row.job_name) | {
        "inputVersions": _versions(row.inputs),
        "outputVersions": _versions(row.outputs),
    }


def run_behind(row: BehindRow) -> Json:
    """A run with what it read, and which runs made that."""
    told = run(row.properties, row.job_namespace, row.job_name)
    return {
        "job": {"namespace": row.job_namespace, "name": row.job_name, "version": None},
        "run": {"id": told["id"], "start": told["startedAt"], "end": told["endedAt"], "status": told["state"]},
        "inputs": [
            {"namespace": space, "name": name, "version": which, "producedByRunId": made}
            for space, name, which, made, _ in row.inputs
        ],
    }


def facets(properties: Properties) -> Json:
    """The kept facets of an entity."""
    return parsed(properties.get("facets"))


def parsed(text: str | None) -> Json:
    """A JSON object that the graph keeps as text."""
    found = orjson.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _described(properties: Properties, columns: Sequence[Sequence[Any]], asset: Properties) -> Json:
    """What a data set and a version of it have both; ``asset`` is the data set."""
    told = facets(asset).get("dataSource")
    name = told.get("name") if isinstance(told, dict) else None
    return _named(properties) | {
        "type": "DB_TABLE",
        "physicalName": properties["name"],
        "sourceName": name if isinstance(name, str) and name else properties["namespace"],
        "fields": [
            {"name": name, "type": kind, "tags": list(labels or ()), "description": words}
            for name, kind, labels, words in columns
        ],
        "tags": list(properties.get("tags") or ()),
        "description": properties.get("description") or asset.get("description"),
        "facets": facets(properties),
    }


def _lifecycle(properties: Properties) -> str | None:
    told = facets(properties).get("lifecycleStateChange")
    found = told.get("lifecycleStateChange") if isinstance(told, dict) else None
    return found if isinstance(found, str) else None


def _versions(rows: Sequence[Sequence[str]]) -> list[Json]:
    return [{"namespace": space, "name": name, "version": which} for space, name, which in rows]


def _version_of(told: Json) -> str:
    """An id that changes with what a job reads and makes and where its code is, as Marquez's does."""
    content = orjson.dumps([told["id"], told["inputs"], told["outputs"], told["location"]], option=orjson.OPT_SORT_KEYS)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, content.decode()))


def _named(properties: Properties) -> Json:
    place = {"namespace": properties["namespace"], "name": properties["name"]}
    return {
        "id": place,
        **place,
        "createdAt": format_time(properties["true_from"]),
        "updatedAt": format_time(properties.get("event_time") or properties["true_from"]),
    }
