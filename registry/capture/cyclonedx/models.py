"""Model cards: what a model learned from, how well it does, and from which models it was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.urn import Urn
from registry.capture.cyclonedx.components import SENSITIVITIES, governance, named_by_url, urn_of
from registry.capture.documents import mapping, objects
from registry.capture.events import asset, edge, entity, text_or_none, version
from registry.capture.source import RecordDocument


def learned_from(
    component: Mapping[str, Any], model: Urn, named: Mapping[str, Urn], namespace: str
) -> Iterator[RecordDocument]:
    """The data sets of a model card: references to components, or described in place."""
    parameters = mapping(mapping(component.get("modelCard")).get("modelParameters"))
    for place, said in enumerate(objects(parameters.get("datasets"))):
        reference = said.get("ref")
        if reference is not None:
            if reference in named and named[reference].kind in ("DatasetVersion", "DataSlice"):
                yield edge("DERIVED_FROM", model, named[reference])
            continue
        url = mapping(said.get("contents")).get("url")
        name = text_or_none(said.get("name")) or f"{model.name} data {place + 1}"
        data = version("DatasetVersion", *(named_by_url(url) or (namespace, name.strip())), None)
        described = {
            "title": name,
            "description": text_or_none(said.get("description")),
            "uri": text_or_none(url),
            "sensitivity": said.get("classification") if said.get("classification") in SENSITIVITIES else None,
            "facets": {"cyclonedx": said},
        }
        if data.logical is not None:
            yield entity(data.logical, described)
            yield from governance(said, data.logical)
        yield edge("DERIVED_FROM", model, data, version_is="unknown")


def measured(component: Mapping[str, Any], model: Urn) -> Iterator[RecordDocument]:
    """The performance metrics of a model card."""
    analysis = mapping(mapping(component.get("modelCard")).get("quantitativeAnalysis"))
    seen: Counter[str] = Counter()
    for said in objects(analysis.get("performanceMetrics")):
        metric, part = said.get("type") or "metric", said.get("slice")
        key = f"{metric}/{part}" if part else str(metric)
        seen[key] += 1
        nth = f"#{seen[key]}" if seen[key] > 1 else ""
        interval = mapping(said.get("confidenceInterval"))
        name = " ".join(f"{model.name}@{model.version or '*'}/{key}{nth}".split())
        found = asset("Evaluation", model.namespace, name)
        yield entity(
            found,
            {
                "metric": text_or_none(said.get("type")),
                "value": number(said.get("value")),
                "interval_low": number(interval.get("lowerBound")),
                "interval_high": number(interval.get("upperBound")),
                "facets": {"cyclonedx": said},
            },
        )
        yield edge("EVALUATES", found, model)


def ancestry(
    component: Mapping[str, Any], subject: Urn, namespace: str, *, own: bool = False
) -> Iterator[RecordDocument]:
    """Pedigree: what a model or data set was made from, and what was made from it; ``own`` as in urn_of."""
    pedigree = mapping(component.get("pedigree"))
    for part, is_ancestor in (("ancestors", True), ("descendants", False)):
        for other in objects(pedigree.get(part)):
            urn = urn_of(other, namespace, own=own)
            if urn.kind in _DERIVING and subject.kind in _DERIVING and urn != subject:
                ends = (subject, urn) if is_ancestor else (urn, subject)
                yield edge("DERIVED_FROM", *ends)


_DERIVING = frozenset({"ModelVersion", "ModelArtifact", "DatasetVersion", "DataSlice", "Document"})


def number(said: Any) -> float | None:
    """A number that may be written as text; None for anything else, and for what is not finite."""
    try:
        found = float(said)
    except (TypeError, ValueError):
        return None
    return found if abs(found) < float("inf") else None
