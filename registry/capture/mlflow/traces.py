"""Traces become batches: what a model answered on a day. Single answers are not nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graph_schema.urn import Urn
from registry.capture.events import asset, edge, entity
from registry.capture.mlflow.models import Models
from registry.capture.mlflow.store import Trace
from registry.capture.mlflow.times import rfc3339
from registry.capture.source import Captured

_DAY = 86_400_000
Key = tuple[str, int, str, str]
"""Experiment, day since 1970, model or nothing, run or nothing."""


@dataclass(slots=True)
class _Batch:
    count: int = 0
    failed: int = 0


class Batches:
    """The batches of some experiments."""

    def __init__(self, namespace: str, models: Models) -> None:
        self._namespace, self._models = namespace, models
        self._batches: dict[Key, _Batch] = {}

    def add(self, trace: Trace) -> None:
        """Count a trace in."""
        key = (trace.experiment_id, trace.time // _DAY, trace.model_id or "", trace.run_id or "")
        batch = self._batches.setdefault(key, _Batch())
        batch.count += 1
        batch.failed += not trace.ok

    def documents(self) -> Iterator[Captured]:
        """A batch for each experiment, day, model and run. Raises UrnError."""
        for key in sorted(self._batches):
            yield from self._document(key, self._batches[key])

    def _document(self, key: Key, batch: _Batch) -> Iterator[Captured]:
        experiment, day, model_id, run_id = key
        start, end = rfc3339(day * _DAY), rfc3339((day + 1) * _DAY)
        if start is None or end is None:
            return
        parts = (experiment, model_id or "no-model", *((run_id,) if run_id else ()), start[:10])
        urn: Urn = asset("InferenceBatch", self._namespace, "/".join(parts))
        attributes = {
            "window_start": start, "window_end": end, "predictions": batch.count,
            "facets": {"mlflow": {"experiment_id": experiment, "failed": batch.failed}},
        }  # fmt: skip
        yield entity(urn, attributes, event_time=start)
        if model_id:
            for model in (self._models.artifact(model_id), *self._models.versions_of(model_id)):
                yield edge("DERIVED_FROM", urn, model, evidence="observed", event_time=start)
        if run_id:
            run = asset("Run", self._namespace, run_id)
            yield edge("GENERATED_BY", urn, run, evidence="observed", event_time=start)
