"""Results that a model card reports (``model-index``): evaluations on a data set, its configuration and split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.urn import Urn
from registry.capture.documents import mapping, objects
from registry.capture.events import asset, edge, entity, text_or_none
from registry.capture.huggingface.cards import pinned
from registry.capture.huggingface.names import of_repository
from registry.capture.source import RecordDocument


def evaluations(said: Any, model: Urn) -> Iterator[RecordDocument]:
    """Every metric of every result."""
    seen: Counter[str] = Counter()
    for part in objects(said):
        for result in objects(part.get("results")):
            data = mapping(result.get("dataset"))
            yield from _data(data)
            for metric in objects(result.get("metrics")):
                yield from _metric(metric, result, data, model, seen)


def _metric(
    metric: Mapping[str, Any], result: Mapping[str, Any], data: Mapping[str, Any], model: Urn, seen: Counter[str]
) -> Iterator[RecordDocument]:
    task = mapping(result.get("task")).get("type")
    named = (task, data.get("type") or data.get("name"), data.get("config"), data.get("split"), metric.get("type"))
    key = "/".join(" ".join(str(part).split()) for part in named if part)
    seen[key] += 1
    nth = f"#{seen[key]}" if seen[key] > 1 else ""
    found = asset("Evaluation", model.namespace, f"{model.name}@{model.version or '*'}/{key}{nth}")
    value = metric.get("value")
    yield entity(
        found,
        {
            "title": text_or_none(metric.get("name")),
            "metric": text_or_none(metric.get("type")),
            "value": float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None,
            "facets": {"huggingface": {**result, "metrics": [dict(metric)]}},
        },
    )
    yield edge("EVALUATES", found, model)
    subject = measured_on(data)
    if subject is not None:
        exact = subject.kind == "DataSlice" or not subject.version_unknown
        yield edge("EVALUATED_ON", found, subject, version_is="exact" if exact else "floating")


def measured_on(data: Mapping[str, Any]) -> Urn | None:
    """The data that a result is of: a slice where a configuration or split is named."""
    whole = _whole(data)
    parts = [" ".join(str(data[name]).split()) for name in ("config", "split") if data.get(name)]
    if whole is None or not parts:
        return whole
    return asset("DataSlice", whole.namespace, f"{whole.name}@{whole.version or '*'}/{'/'.join(parts)}")


def _data(data: Mapping[str, Any]) -> Iterator[RecordDocument]:
    whole, subject = _whole(data), measured_on(data)
    if whole is None or subject is None:
        return
    if whole.logical is not None:
        yield entity(whole.logical, {"title": text_or_none(data.get("name"))})
    if subject.kind == "DataSlice":
        yield entity(subject, {"split": text_or_none(data.get("split")), "facets": {"huggingface": dict(data)}})
        yield edge("SLICE_OF", subject, whole, version_is="floating" if whole.version_unknown else "exact")


def _whole(data: Mapping[str, Any]) -> Urn | None:
    name = data.get("type") or data.get("name")
    revision = data.get("revision")
    if not isinstance(name, str) or not name.strip():
        return None
    return of_repository("DatasetVersion", name.strip(), pinned(revision if isinstance(revision, str) else None))
