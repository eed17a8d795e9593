"""CycloneDX 1.7: a bill of materials of models, data and software, with model cards and how things were made.

Model versions are machine-learning models with a model card, data are data components, libraries and containers what
they are, deployments and endpoints services, runs workflows of the formulation. ``dependencies`` joins them, through
runs. Each document is checked by the standard's own schema before it is handed out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from registry.errors import InvalidExportError
from registry.export import cyclonedx_components as parts
from registry.export.cyclonedx_kept import references, with_kept, with_kept_beside
from registry.export.cyclonedx_models import model_card, pedigree
from registry.export.cyclonedx_schema import check
from registry.export.json_text import compact, document
from registry.export.subgraph import SAY, ExportedEdge, ExportedEntity, Subgraph

_MADE = ("data", "serving", "software", "part")
"""Families that make one thing depend on another; what is only possible does not."""
_FOLDED = frozenset(
    {
        "Dataset",
        "Model",
        "Feature",
        "Library",
        "TelemetrySource",
        "Job",
        "Run",
        "Evaluation",
        "Person",
        "Team",
        "Service",
    }
)
"""Kinds that are said inside of what they belong to."""
KINDS = frozenset(parts.COMPONENTS) | parts.SERVICES | _FOLDED
"""What a bill of materials has a place for."""


def write(graph: Subgraph) -> bytes:
    """The subgraph as one CycloneDX document in JSON. Raises InvalidExportError where the schema refuses it."""
    try:
        return _written(graph, as_it_came=True)
    except InvalidExportError:
        # A part that came from elsewhere, perhaps in an older version of the standard, does not fit any more.
        return _written(graph, as_it_came=False)


def _written(graph: Subgraph, *, as_it_came: bool) -> bytes:
    listed = [entity for entity in graph.entities if entity.kind in parts.COMPONENTS]
    services = [entity for entity in graph.entities if entity.kind in parts.SERVICES]
    refs = {entity.urn for entity in (*listed, *services)}
    renamed = references(graph)

    def finished(made: dict[str, Any], entity: ExportedEntity) -> dict[str, Any]:
        return with_kept(made, entity, renamed, refs) if as_it_came else with_kept_beside(made, entity)

    bom: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "version": 1,
        "metadata": _metadata(graph),
        "components": [finished(_component(graph, entity, refs), entity) for entity in listed],
        "services": [finished(parts.service(graph, entity), entity) for entity in services],
        "dependencies": [_dependency(graph, urn, refs) for urn in sorted(refs)],
        "compositions": [
            {"aggregate": "complete" if graph.extent.complete else "incomplete", "dependencies": sorted(refs)}
        ],
        "formulation": _formulation(graph, refs),
    }
    bom = {name: value for name, value in bom.items() if value}
    # The same content has the same serial number, whoever asks for it and whenever.
    serial = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, compact(bom))}"
    bom = {"$schema": bom.pop("$schema"), "serialNumber": serial} | bom
    check(bom)
    return document(bom)


def _metadata(graph: Subgraph) -> dict[str, Any]:
    facts = graph.extent.facts()
    said: dict[str, Any] = {"timestamp": facts["known_at"]} if "known_at" in facts else {}
    said["tools"] = {"components": [{"type": "application", "name": "lineage-registry"}]}
    facts["left_out"] = graph.left_out(KINDS)
    said["properties"] = parts.properties({f"{SAY}{name}": value for name, value in facts.items()})
    return said


def _component(graph: Subgraph, entity: ExportedEntity, refs: set[str]) -> dict[str, Any]:
    made = parts.component(graph, entity)
    if entity.kind == "ModelVersion":
        made |= {"modelCard": model_card(graph, entity, refs)} | pedigree(graph, entity)
    return made


def _dependency(graph: Subgraph, urn: str, refs: set[str]) -> dict[str, Any]:
    """What a component was made from or needs: the next components or services upstream, through anything else."""
    found, waiting, seen = set[str](), [urn], {urn}
    while waiting:
        for edge in graph.upstream_of.get(waiting.pop(), ()):
            if edge.family not in _MADE or edge.upstream in seen:
                continue
            seen.add(edge.upstream)
            if edge.upstream in refs:
                found.add(edge.upstream)
            else:
                waiting.append(edge.upstream)
    return {"ref": urn, "dependsOn": sorted(found)} if found else {"ref": urn}


def _formulation(graph: Subgraph, refs: set[str]) -> list[dict[str, Any]]:
    workflows = [_workflow(graph, run, refs) for run in graph.of_kinds("Run")]
    return [{"workflows": workflows}] if workflows else []


def _workflow(graph: Subgraph, run: ExportedEntity, refs: set[str]) -> dict[str, Any]:
    attributes = run.attributes
    used = [edge for edge in graph.upstream_of.get(run.urn, ()) if edge.relation == "USED" and edge.upstream in refs]
    inputs = [{"resource": {"ref": edge.upstream}, "properties": _edge(edge)} for edge in used]
    parameters = attributes.get("parameters") or {}
    if parameters:
        inputs.append(
            {"parameters": [{"name": name, "value": parts.text(value)} for name, value in parameters.items()]}
        )
    outputs = [
        {"type": "artifact", "resource": {"ref": made.urn}}
        for made in graph.downstream(run.urn, "GENERATED_BY")
        if made.urn in refs
    ]
    jobs = graph.upstream(run.urn, "INSTANCE_OF")
    workflow: dict[str, Any] = {
        "bom-ref": run.urn,
        "uid": run.state.name,
        "name": jobs[0].label if jobs else run.label,
        "taskTypes": [_TASKS.get(attributes.get("activity", ""), "other")],
        "inputs": _once(inputs),
        "outputs": outputs,
        "timeStart": attributes.get("started_at"),
        "timeEnd": attributes.get("ended_at"),
        "properties": parts.facts(graph, run),
    }
    return {name: value for name, value in workflow.items() if value}


def _edge(edge: ExportedEdge) -> list[dict[str, str]]:
    return parts.properties(edge.facts() | {f"attribute.{name}": value for name, value in edge.attributes.items()}, SAY)


_TASKS = {"training": "build", "evaluation": "test", "transformation": "build", "materialization": "build"}


def _once(values: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({compact(value): value for value in values}.values())
