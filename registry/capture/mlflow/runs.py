"""Experiments and runs, what runs read, made and measured, as record documents."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.urn import Urn
from registry.capture.events import asset, edge, entity
from registry.capture.mlflow.datasets import Datasets, FirstLike, identify
from registry.capture.mlflow.models import Models
from registry.capture.mlflow.store import DatasetInput, Experiment, Measured, Run
from registry.capture.mlflow.tags import REPOSITORY, kept_tags
from registry.capture.mlflow.times import rfc3339
from registry.capture.naming import without_credentials, without_secrets
from registry.capture.source import Captured, Unmapped

CONTEXT = "mlflow.data.context"
_STATES = {
    "RUNNING": "running", "FINISHED": "completed", "FAILED": "failed", "KILLED": "aborted", "SCHEDULED": "scheduled",
}  # fmt: skip
_ROLES = {
    "train": "train", "training": "train", "fit": "train",
    "validate": "validate", "validation": "validate", "valid": "validate", "val": "validate", "dev": "validate",
    "test": "test", "testing": "test", "eval": "test", "evaluate": "test", "evaluation": "test", "holdout": "test",
    "input": "input", "inference": "input", "prediction": "input",
    "context": "context", "reference": "context",
}  # fmt: skip
_PARENT, _SOURCE, _SOURCE_TYPE = "mlflow.parentRunId", "mlflow.source.name", "mlflow.source.type"
_COMMIT, _USER = "mlflow.source.git.commit", "mlflow.user"
_TOO_LONG = ("mlflow.log-model.history",)
_MOST_TAG = 50_000


class Runs:
    """The runs of one reading; jobs, persons and data sets that several share are described once."""

    def __init__(self, namespace: str, models: Models, first_like: FirstLike | None = None) -> None:
        self._namespace, self._models = namespace, models
        self._datasets = Datasets(namespace, first_like)
        self._described: set[Urn] = set()

    def experiment(self, item: Experiment) -> Iterator[Captured]:
        """An experiment. Raises UrnError."""
        time = rfc3339(item.created)
        attributes = {
            "title": item.name, "created_at": time, "external_id": item.id,
            "description": item.tags.get("mlflow.note.content"),
            "lifecycle": "archived" if item.deleted else "active",
            "facets": {"mlflow": {"tags": kept_tags(item.tags)}} if item.tags else None,
        }  # fmt: skip
        yield entity(asset("Experiment", self._namespace, item.id), attributes, event_time=time)

    def run(self, item: Run) -> Iterator[Captured]:
        """A run and everything that hangs on it. Raises UrnError."""
        time = rfc3339(item.started)
        urn = asset("Run", self._namespace, item.id)
        yield entity(urn, self._attributes(item, time), event_time=time)
        yield edge("PART_OF", urn, asset("Experiment", self._namespace, item.experiment_id), event_time=time)
        if item.tags.get(_PARENT):
            yield edge("PART_OF", urn, asset("Run", self._namespace, item.tags[_PARENT]), event_time=time)
        yield from self._job(item, urn, time)
        yield from self._person(item, urn, time)
        for dataset in sorted(item.inputs, key=lambda one: (one.name, one.digest)):
            yield from self._input(item, dataset, urn, time)
        yield from self._models_of(item, urn, time)
        yield from self._features(item, urn, time)
        yield from self._evaluations(item, urn)
        for name in _long_tags(item.tags):
            yield Unmapped(f"run {item.id}", f"tag {name}, too long to be kept")

    def _attributes(self, item: Run, time: str | None) -> dict[str, Any]:
        ended = rfc3339(item.ended)
        dropped = set(_long_tags(item.tags)) | {_PARENT}
        facet = {
            "tags": {name: value for name, value in kept_tags(item.tags).items() if name not in dropped},
            "metrics": {name: _json_number(value) for name, value in item.metrics.items()},
            "artifact_uri": without_secrets(item.artifact_uri or ""),
        }
        return {
            "title": item.name, "external_id": item.id, "created_at": time, "started_at": time, "ended_at": ended,
            "activity": "training" if item.model_outputs else None,
            "state": _STATES.get(item.status, "unknown"),
            "code_commit": item.tags.get(_COMMIT),
            "parameters": dict(item.params),
            "description": item.tags.get("mlflow.note.content"),
            "lifecycle": "archived" if item.deleted else "active",
            "facets": {"mlflow": {name: value for name, value in facet.items() if value}},
        }  # fmt: skip

    def _job(self, item: Run, urn: Urn, time: str | None) -> Iterator[Captured]:
        source = without_secrets(item.tags.get(_SOURCE) or "").strip()
        if not source:
            return
        job = asset("Job", self._namespace, source)
        if job not in self._described:
            self._described.add(job)
            repository = without_credentials(item.tags.get(REPOSITORY, "")) or None
            attributes = {"entry_point": source, "repository": repository}
            yield entity(job, attributes, event_time=time)
        yield edge("INSTANCE_OF", urn, job, evidence="observed", event_time=time)

    def _person(self, item: Run, urn: Urn, time: str | None) -> Iterator[Captured]:
        user = (item.tags.get(_USER) or item.user or "").strip()
        if not user or user == "unknown":
            return
        person = asset("Person", self._namespace, user)
        if person not in self._described:
            self._described.add(person)
            yield entity(person, event_time=time)
        yield edge("ACTED_FOR", urn, person, evidence="observed", event_time=time)

    def _input(self, item: Run, dataset: DatasetInput, urn: Urn, time: str | None) -> Iterator[Captured]:
        yield from self._datasets.describe(dataset, item.experiment_id, time)
        version = identify(dataset, self._namespace, item.experiment_id).urn
        context = dataset.tags.get(CONTEXT)
        role = _role(context, dataset, item.measured)
        yield edge("USED", urn, version, {"role": role}, evidence="observed", event_time=time)
        if context and context.lower() not in _ROLES:
            yield Unmapped(f"run {item.id}, data set {dataset.name}", f"context {context[:80]}")
        for name in sorted(set(dataset.tags) - {CONTEXT}):
            yield Unmapped(f"run {item.id}, data set {dataset.name}", f"tag {name[:80]} of an input")

    def _models_of(self, item: Run, urn: Urn, time: str | None) -> Iterator[Captured]:
        for model_id in sorted(set(item.model_inputs)):
            for used in (self._models.artifact(model_id), *self._models.versions_of(model_id)):
                yield edge("USED", urn, used, {"role": "input"}, evidence="observed", event_time=time)
        for model_id in sorted(set(item.model_outputs)):
            made = self._models.artifact(model_id)
            yield edge("GENERATED_BY", made, urn, evidence="observed", event_time=time)

    def _features(self, item: Run, urn: Urn, time: str | None) -> Iterator[Captured]:
        """What Feast's integration notes in tags; which version of a feature it was is not noted."""
        project = item.tags.get("feast.project") or "feast"
        for reference in sorted(set(_split(item.tags.get("feast.feature_refs")))):
            view, _, feature = reference.partition(":")
            if not feature:
                yield Unmapped(f"run {item.id}", "feature reference without a view")
                continue
            version = Urn.of("FeatureVersion", project, f"{view}:{feature}", version_unknown=True)
            yield edge("USED", urn, version, {"role": "input"}, evidence="observed", event_time=time)

    def _evaluations(self, item: Run, urn: Urn) -> Iterator[Captured]:
        inputs = {(one.name, one.digest): one for one in item.inputs}
        for result in sorted(_latest(item.measured), key=lambda one: (one.model_id, one.metric, one.dataset_name)):
            time = rfc3339(result.time)
            where = f"run {item.id}, metric {result.metric}"
            dataset = inputs.get((result.dataset_name, result.dataset_digest))
            if dataset is None:
                yield Unmapped(where, "metric on a data set that the run does not list")
                continue
            parts = (item.id, result.model_id, result.metric, result.dataset_name, result.dataset_digest)
            name = asset("Evaluation", self._namespace, "/".join(parts))
            finite = math.isfinite(result.value)
            attributes = {
                "title": result.metric, "metric": result.metric, "created_at": time,
                "value": result.value if finite else None,
                "facets": {"mlflow": {"model_id": result.model_id, "value": _json_number(result.value)}},
            }  # fmt: skip
            yield entity(name, attributes, event_time=time)
            on = identify(dataset, self._namespace, item.experiment_id).urn
            yield edge("EVALUATED_ON", name, on, evidence="observed", event_time=time)
            yield edge("GENERATED_BY", name, urn, evidence="observed", event_time=time)
            for model in self._models.versions_of(result.model_id):
                yield edge("EVALUATES", name, model, evidence="observed", event_time=time)


def _role(context: str | None, dataset: DatasetInput, measured: tuple[Measured, ...]) -> str:
    """What an input was read for. Without a context that is not known, unless a metric alone brought it in."""
    if context:
        return _ROLES.get(context.strip().lower(), "unknown")
    key = (dataset.name, dataset.digest)
    return "test" if any((one.dataset_name, one.dataset_digest) == key for one in measured) else "unknown"


def _latest(measured: tuple[Measured, ...]) -> list[Measured]:
    """The last value of each metric on each data set."""
    found: dict[tuple[str, str, str, str], Measured] = {}
    for one in sorted(measured, key=lambda item: (item.step, item.time, item.value)):
        found[one.model_id, one.metric, one.dataset_name, one.dataset_digest] = one
    return list(found.values())


def _long_tags(tags: Mapping[str, str]) -> list[str]:
    return sorted(name for name, value in tags.items() if name in _TOO_LONG or len(value) > _MOST_TAG)


def _json_number(value: float) -> float | str:
    """JSON has no NaN and no infinity."""
    return value if math.isfinite(value) else str(value)


def _split(text: str | None) -> list[str]:
    return [part.strip().strip("\"'") for part in (text or "").strip("[]").split(",") if part.strip()]
