"""Facets: those that came are kept as they came, others are made from what is recorded."""

from __future__ import annotations

from typing import Any

from graph_schema.urn import parse_urn
from registry.export.subgraph import PRODUCER, ExportedEdge, ExportedEntity, Subgraph, time_text

OURS = "lineageRegistry_"
"""Begins the names of our own facets."""
LONG_AGO = "1970-01-01T00:00:00Z"
_OURS = "urn:lineage:registry:openlineage-facet:1"
_SPEC = "https://openlineage.io/spec/facets/"
_SCHEMAS = {
    "version": "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
    "schema": "1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet",
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet",
    "lineage": "1-0-0/LineageFacet.json#/$defs/LineageDatasetFacet",
    "symlinks": "1-0-1/SymlinksDatasetFacet.json#/$defs/SymlinksDatasetFacet",
    "dataSource": "1-0-1/DatasourceDatasetFacet.json#/$defs/DatasourceDatasetFacet",
    "documentation": "1-1-0/DocumentationDatasetFacet.json#/$defs/DocumentationDatasetFacet",
    "documentation_job": "1-1-0/DocumentationJobFacet.json#/$defs/DocumentationJobFacet",
    "ownership": "1-0-1/OwnershipDatasetFacet.json#/$defs/OwnershipDatasetFacet",
    "ownership_job": "1-0-1/OwnershipJobFacet.json#/$defs/OwnershipJobFacet",
    "tags": "1-0-0/TagsDatasetFacet.json#/$defs/TagsDatasetFacet",
    "tags_job": "1-0-0/TagsJobFacet.json#/$defs/TagsJobFacet",
    "tags_run": "1-0-0/TagsRunFacet.json#/$defs/TagsRunFacet",
    "datasetType": "1-0-1/DatasetTypeDatasetFacet.json#/$defs/DatasetTypeDatasetFacet",
    "lifecycleStateChange": "1-0-1/LifecycleStateChangeDatasetFacet.json#/$defs/LifecycleStateChangeDatasetFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet",
    "inputStatistics": "1-0-0/InputStatisticsInputDatasetFacet.json#/$defs/InputStatisticsInputDatasetFacet",
    "executionParameters": "1-0-0/ExecutionParametersRunFacet.json#/$defs/ExecutionParametersRunFacet",
    "environmentVariables": "1-0-0/EnvironmentVariablesRunFacet.json#/$defs/EnvironmentVariablesRunFacet",
    "parent": "1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet",
}

_OWNERS, _SORTS = "openlineage", {"Team": "team", "Person": "user", "Service": "service"}
"""Owners that came in events have this namespace, and their sort before their name."""

Facet = dict[str, Any]


def facet(name: str, /, **said: Any) -> Facet:
    """A facet with its producer and schema; ``name`` is a key of the standard, or begins with our prefix."""
    schema = _SCHEMAS.get(name)
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPEC}{schema}" if schema else _OURS} | said


def kept(entity: ExportedEntity) -> dict[str, Facet]:
    """The facets that came from OpenLineage, unchanged."""
    given = entity.attributes.get("facets")
    return {name: value for name, value in (given or {}).items() if is_facet(value) and not name.startswith(OURS)}


def is_facet(value: Any) -> bool:
    """Whether a value is a facet of OpenLineage: what it calls its producer and its schema are texts."""
    return (
        isinstance(value, dict) and isinstance(value.get("_producer"), str) and isinstance(value.get("_schemaURL"), str)
    )


def entity_facet(entity: ExportedEntity) -> Facet:
    """Everything that is recorded of an entity, but for the facets that leave beside it."""
    there = kept(entity)
    attributes = dict(entity.attributes)
    # Ours that came back from elsewhere would grow with every turn.
    given = (attributes.pop("facets", None) or {}).items()
    rest = {name: value for name, value in given if name not in there and not name.startswith(OURS)}
    if rest:
        attributes["facets"] = rest
    return facet("lineageRegistry_entity", **entity.facts(), attributes=attributes)


def edge_facts(edge: ExportedEdge) -> dict[str, Any]:
    """What is recorded of an edge."""
    return edge.facts() | {"attributes": dict(edge.attributes)}


def edge_facet(edge: ExportedEdge) -> Facet:
    """The same as a facet."""
    return facet("lineageRegistry_edge", **edge_facts(edge))


def made_of(graph: Subgraph, entity: ExportedEntity, assets: list[ExportedEntity], sort: str = "") -> dict[str, Facet]:
    """Documentation, ownership and tags, of an entity or of what it is a version of."""
    found: dict[str, Facet] = {}
    about = [entity, *assets]
    description = next((one.attributes["description"] for one in about if "description" in one.attributes), None)
    if description:
        found["documentation"] = facet(f"documentation{sort}", description=description)
    owners = {
        edge.upstream: {"name": _owner(edge.upstream)}
        | ({"type": kind} if (kind := edge.attributes.get("ownership")) else {})
        for one in about
        for edge in graph.upstream_of.get(one.urn, ())
        if edge.relation == "OWNED_BY"
    }
    if owners:
        found["ownership"] = facet(f"ownership{sort}", owners=[owners[urn] for urn in sorted(owners)])
    tags = list(dict.fromkeys(tag for one in about for tag in one.attributes.get("tags", ())))
    if tags:
        found["tags"] = facet(f"tags{sort}", tags=[_tag(tag) for tag in tags])
    return found


def _owner(urn: str) -> str:
    """Who it is in the words that came in an event; anybody else by URN."""
    name = parse_urn(urn)
    return f"{_SORTS[name.kind]}:{name.name}" if name.namespace == _OWNERS and name.kind in _SORTS else urn


def _tag(label: str) -> dict[str, str]:
    key, separator, value = label.partition("=")
    return {"key": key, "value": value} if key and separator else {"key": label, "value": "true"}


def ended(entity: ExportedEntity) -> dict[str, Facet]:
    """That something was dropped."""
    if time_text(entity.state.true_to) is None:
        return {}
    return {"lifecycleStateChange": facet("lifecycleStateChange", lifecycleStateChange="DROP")}
