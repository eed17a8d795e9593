"""Relationships of an SPDX document: what each relation becomes there, and what models were trained and tested on."""

from __future__ import annotations

from typing import Any

from registry.export.json_text import compact
from registry.export.spdx_elements import CREATION, ELEMENT_TYPES, identity
from registry.export.subgraph import ExportedEdge, Subgraph

_DEPENDS = frozenset({"DEPENDS_ON", "DEPLOYS", "SERVED_BY", "ANSWERED_BY", "RELIES_ON", "EXECUTED_IN", "USES_FEATURE"})
_MADE = frozenset({"DERIVED_FROM", "COMPUTED_FROM"})
_CONTAINED = frozenset({"SLICE_OF", "PART_OF"})
_ON = {"train": "trainedOn", "test": "testedOn", "validate": "testedOn"}

Json = dict[str, Any]


def relationships(graph: Subgraph, placed: set[str]) -> list[Json]:
    """The edges between elements of the document, in order, then what models were trained and tested on."""
    made = [
        _relationship(*_meaning(graph, edge), edge)
        for edge in graph.edges
        if edge.upstream in placed and edge.downstream in placed and edge.relation != "OWNED_BY"
    ]
    return made + _training(graph, placed)


def _meaning(graph: Subgraph, edge: ExportedEdge) -> tuple[str, str, str]:
    """From where, of which type, to where."""
    below, above, relation = edge.downstream, edge.upstream, edge.relation
    if relation == "USED":
        return below, "hasInput", above
    if relation == "GENERATED_BY":
        return above, "hasOutput", below
    if relation in _CONTAINED:
        return above, "contains", below
    if relation in _DEPENDS:
        return below, "dependsOn", above
    if relation in _MADE:
        return _derived(graph, edge)
    return below, "other", above


def _derived(graph: Subgraph, edge: ExportedEdge) -> tuple[str, str, str]:
    below, above = graph.by_urn[edge.downstream].kind, graph.by_urn[edge.upstream].kind
    if below == "ModelVersion" and above == "ModelVersion":
        return edge.downstream, "descendantOf", edge.upstream
    if below == "ModelVersion" and ELEMENT_TYPES.get(above) == "dataset_DatasetPackage":
        return edge.downstream, "trainedOn", edge.upstream
    return edge.upstream, "generates", edge.downstream


def _relationship(from_: str, sort: str, to: str, edge: ExportedEdge) -> Json:
    said = edge.facts() | {"attributes": dict(edge.attributes)}
    return _joined(from_, sort, to, identity("edge", *edge.order)) | {"comment": compact(said)}


def _joined(from_: str, sort: str, to: str, name: str) -> Json:
    return {
        "type": "Relationship", "spdxId": name, "creationInfo": CREATION, "from": from_, "to": [to],
        "relationshipType": sort,
    }  # fmt: skip


def _training(graph: Subgraph, placed: set[str]) -> list[Json]:
    found = set[tuple[str, str, str]]()
    for model in graph.of_kinds("ModelVersion"):
        for run in graph.upstream(model.urn, "GENERATED_BY"):
            used = [edge for edge in graph.upstream_of.get(run.urn, ()) if edge.relation == "USED"]
            found.update((model.urn, _ON[edge.role], edge.upstream) for edge in used if edge.role in _ON)
        for result in graph.downstream(model.urn, "EVALUATES"):
            found.update((model.urn, "testedOn", data.urn) for data in graph.upstream(result.urn, "EVALUATED_ON"))
    return [
        _joined(model, sort, data, identity("training", model, sort, data))
        for model, sort, data in sorted(found)
        if data in placed
    ]
