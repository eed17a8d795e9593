"""A run of MLflow's as records: what it is, who ran what, and what it read and saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from lineage_client.capture.records import Record, edge, entity, rfc3339
from lineage_client.mlflow.datasets import dataset_record, dataset_urn, role_of
from lineage_client.mlflow.sound import sound_records
from lineage_client.mlflow.telling import Told
from lineage_client.names import urn

_STATES = {
    "RUNNING": "running", "FINISHED": "completed", "FAILED": "failed", "KILLED": "aborted", "SCHEDULED": "scheduled",
}  # fmt: skip
_CONTEXT, _PARENT, _SOURCE = "mlflow.data.context", "mlflow.parentRunId", "mlflow.source.name"
_USER, _COMMIT = "mlflow.user", "mlflow.source.git.commit"


Measured = frozenset[tuple[str, str]]
"""Data sets, by name and digest, on which a run measured a model."""


def whole(run: Any, namespace: str, measured: Measured | None) -> Told:
    """All of a run, as MLflow tells it; ``measured`` once it has ended."""
    name = urn("Run", namespace, run.info.run_id)
    records = [
        entity(name, _attributes(run)),
        edge("PART_OF", name, urn("Experiment", namespace, run.info.experiment_id)),
    ]
    records += _around(run, name, namespace)
    records += _inputs(run, name, namespace, measured)
    for made in getattr(run.outputs, "model_outputs", None) or ():
        records.append(edge("GENERATED_BY", urn("ModelArtifact", namespace, made.model_id), name))
    return time_of(run.info.end_time or run.info.start_time), sound_records(records)


def inputs(run: Any, namespace: str) -> Told:
    """What a run that is under way read so far."""
    name = urn("Run", namespace, run.info.run_id)
    return time_of(run.info.start_time), sound_records(list(_inputs(run, name, namespace, None)))


def measured_on(run: Any, get_model: Callable[[str], Any] | None) -> Measured:
    """The data sets on which a run measured the models that it read or saved. Only asked where it makes a difference."""
    listed = getattr(run.inputs, "dataset_inputs", None) or ()
    if get_model is None or all(_context(item) is not None for item in listed):
        return frozenset()
    named = [*(getattr(run.inputs, "model_inputs", None) or ()), *(getattr(run.outputs, "model_outputs", None) or ())]
    told = (one for item in named for one in get_model(item.model_id).metrics or ())
    return frozenset((one.dataset_name, one.dataset_digest) for one in told if one.run_id == run.info.run_id)


def time_of(milliseconds: Any) -> str | None:
    """A time of MLflow's; None where there is none, or it is no time."""
    if not isinstance(milliseconds, int) or not 0 <= milliseconds < 253_402_300_799_000:
        return None
    return rfc3339(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _attributes(run: Any) -> dict[str, Any]:
    started = time_of(run.info.start_time)
    return {
        "title": run.info.run_name or None, "external_id": run.info.run_id, "created_at": started,
        "started_at": started, "ended_at": time_of(run.info.end_time),
        "activity": "training" if getattr(run.outputs, "model_outputs", None) else None,
        "state": _STATES.get(str(run.info.status), "unknown"),
        "code_commit": run.data.tags.get(_COMMIT) or None,
        "parameters": dict(run.data.params) or None,
        "lifecycle": "archived" if run.info.lifecycle_stage == "deleted" else "active",
    }  # fmt: skip


def _around(run: Any, name: str, namespace: str) -> Iterator[Record]:
    tags = run.data.tags
    if tags.get(_PARENT):
        yield edge("PART_OF", name, urn("Run", namespace, tags[_PARENT]))
    source = (tags.get(_SOURCE) or "").strip()
    if source and "://" not in source:  # an address may hold what must not be told; an import knows how
        job = urn("Job", namespace, source)
        yield entity(job, {"entry_point": source})
        yield edge("INSTANCE_OF", name, job)
    user = (tags.get(_USER) or run.info.user_id or "").strip()
    if user and user != "unknown":
        yield entity(urn("Person", namespace, user))
        yield edge("ACTED_FOR", name, urn("Person", namespace, user))


def _inputs(run: Any, name: str, namespace: str, measured: Measured | None) -> Iterator[Record]:
    for item in getattr(run.inputs, "dataset_inputs", None) or ():
        told = item.dataset
        version, uri = dataset_urn(
            told.name, told.digest, told.source_type, told.source, namespace, run.info.experiment_id
        )
        yield dataset_record(told, version, uri)
        context = _context(item)
        if context is not None:
            yield edge("USED", name, version, {"role": role_of(context)})
        elif measured is not None:  # before the end it may still turn out that a metric alone brought the data in
            role = "test" if (told.name, told.digest) in measured else "unknown"
            yield edge("USED", name, version, {"role": role})
    for read in getattr(run.inputs, "model_inputs", None) or ():
        yield edge("USED", name, urn("ModelArtifact", namespace, read.model_id), {"role": "input"})


def _context(item: Any) -> str | None:
    """What an input was read for; an empty text says nothing."""
    return next((tag.value for tag in item.tags or () if tag.key == _CONTEXT), None) or None
