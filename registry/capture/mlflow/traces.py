"""Traces become batches: what a model answered on a day. Single answers are not nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from graph_schema.urn import Urn
from registry.capture.events import asset, edge, entity
from registry.capture.mlflow.models import Models
from registry.capture.mlflow.part import DAY
from registry.capture.mlflow.store import Trace
from registry.capture.mlflow.times import rfc3339
from registry.capture.source import Captured


class Key(NamedTuple):
    """What a batch is of: an experiment, a day counted since 1970, a model or nothing, a run or nothing."""

    experiment: str
    day: int
    model: str
    run: str


@dataclass(slots=True)
class Batch:
    """How many traces there were, and how many of them failed."""

    count: int = 0
    failed: int = 0


class Batches:
    """The batches of some experiments."""

    def __init__(self, namespace: str, models: Models) -> None:
        self._namespace, self._models = namespace, models
        self._batches: dict[Key, Batch] = {}

    def add(self, trace: Trace) -> None:
        """Count a trace in."""
        key = Key(trace.experiment_id, trace.time // DAY, trace.model_id or "", trace.run_id or "")
        batch = self._batches.setdefault(key, Batch())
        batch.count += 1
        batch.failed += not trace.ok

    def __iter__(self) -> Iterator[Key]:
        """Each batch, in order."""
        yield from sorted(self._batches)

    def counted(self, key: Key) -> Batch:
        """What was counted of one."""
        return self._batches[key]

    def documents(self, chosen: Callable[[Key], bool]) -> Iterator[Captured]:
        """The documents about each batch that is chosen. Raises UrnError."""
        for key in self:
            if chosen(key):
                yield from self._document(key, self._batches[key])

    def _document(self, key: Key, batch: Batch) -> Iterator[Captured]:
        experiment, day, model_id, run_id = key
        start, end = rfc3339(day * DAY), rfc3339((day + 1) * DAY)
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
