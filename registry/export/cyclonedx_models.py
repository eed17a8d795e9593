"""Model cards and pedigrees of a CycloneDX document."""

from __future__ import annotations

from typing import Any

from registry.export.cyclonedx_components import hashes, purl, text
from registry.export.cyclonedx_kept import kept
from registry.export.subgraph import ExportedEntity, Subgraph


def model_card(graph: Subgraph, model: ExportedEntity, refs: set[str]) -> dict[str, Any]:
    """What a model is for, what it learned from and how well it does."""
    assets = graph.upstream(model.urn, "VERSION_OF")
    about = (assets[0].attributes if assets else {}) | model.attributes
    signature = model.attributes.get("model_signature") or {}
    parameters: dict[str, Any] = {
        "task": about.get("task"),
        "modelArchitecture": model.attributes.get("algorithm"),
        "datasets": [
            {"ref": urn} for urn in _learned_from(graph, model) if urn in refs and not _came_inline(graph, urn)
        ],
        "inputs": _ports(signature.get("inputs")),
        "outputs": _ports(signature.get("outputs")),
    }
    measured = [_metric(graph, found) for found in graph.downstream(model.urn, "EVALUATES")]
    card: dict[str, Any] = {
        "modelParameters": {name: value for name, value in parameters.items() if value},
        "quantitativeAnalysis": {"performanceMetrics": measured} if measured else None,
    }
    return {name: value for name, value in card.items() if value}


def pedigree(graph: Subgraph, model: ExportedEntity) -> dict[str, Any]:
    """The models that a model was made from."""
    ancestors = [
        one for one in graph.upstream(model.urn, "DERIVED_FROM") if one.kind in ("ModelVersion", "ModelArtifact")
    ]
    return {"pedigree": {"ancestors": [_named(graph, one) for one in ancestors]}} if ancestors else {}


def _learned_from(graph: Subgraph, model: ExportedEntity) -> list[str]:
    runs = graph.upstream(model.urn, "GENERATED_BY")
    used = {one.urn for run in runs for one in graph.upstream(run.urn, "USED")}
    used |= {one.urn for one in graph.upstream(model.urn, "DERIVED_FROM", "USES_FEATURE") if one.kind != "ModelVersion"}
    return sorted(used)


def _came_inline(graph: Subgraph, urn: str) -> bool:
    """Whether a data set was described inside of a model card, which is kept and says so itself."""
    return any(kept(asset).get("type") == "dataset" for asset in graph.upstream(urn, "VERSION_OF"))


def _metric(graph: Subgraph, found: ExportedEntity) -> dict[str, Any]:
    if kept(found):
        return kept(found)
    attributes = found.attributes
    ends = {"lowerBound": attributes.get("interval_low"), "upperBound": attributes.get("interval_high")}
    interval = {name: text(value) for name, value in ends.items() if value is not None}
    data = ", ".join(one.label for one in graph.upstream(found.urn, "EVALUATED_ON"))
    metric: dict[str, Any] = {
        "type": attributes.get("metric") or found.label,
        "value": text(attributes["value"]) if "value" in attributes else None,
        "slice": data or None,
        "confidenceInterval": interval or None,
    }
    return {name: value for name, value in metric.items() if value is not None}


def _ports(described: Any) -> list[dict[str, str]]:
    """Inputs or outputs of a signature, one for each member of a list, as it is described there."""
    if isinstance(described, list):
        return [{"format": text(one)} for one in described]
    return [{"format": text(described)}] if described else []


def _named(graph: Subgraph, model: ExportedEntity) -> dict[str, Any]:
    state = model.state
    kind = "machine-learning-model" if model.kind == "ModelVersion" else "file"
    made: dict[str, Any] = {
        "type": kind,
        "group": state.namespace,
        "name": state.name,
        "version": state.version,
        "hashes": hashes(model.attributes.get("digest")),
        "purl": purl(model, graph.upstream(model.urn, "VERSION_OF")),
    }
    return {name: value for name, value in made.items() if value}
