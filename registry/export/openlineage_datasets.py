"""Data sets as OpenLineage has them, with their columns and where these came from."""

from __future__ import annotations

from typing import Any

from registry.export.openlineage_facets import Facet, edge_facet, ended, entity_facet, facet, is_facet, kept, made_of
from registry.export.openlineage_runs import run_id
from registry.export.subgraph import ExportedEdge, ExportedEntity, Subgraph

DATA = frozenset(
    {
        "DatasetVersion", "DataSlice", "ModelVersion", "ModelArtifact", "FeatureVersion", "FeatureMaterialization",
        "TelemetryBatch", "TelemetrySchema", "InferenceBatch", "Profile", "Document", "LibraryVersion",
    }
)  # fmt: skip
"""Kinds that runs read and write."""
_SYMLINK = "openlineage:symlink"
_MEASURED = frozenset({"inputStatistics", "outputStatistics", "dataQualityMetrics", "dataQualityAssertions"})
_OUTPUT_ONLY = frozenset({"outputStatistics"})
_INPUT_ONLY = frozenset({"inputStatistics", "dataQualityAssertions", "subset"})


class Datasets:
    """The data sets of one subgraph."""

    def __init__(self, graph: Subgraph) -> None:
        self._graph = graph

    def name(self, entity: ExportedEntity) -> dict[str, str]:
        """Namespace and name. A data set keeps its own; other kinds are named behind their kind, to be no data sets."""
        state = entity.state
        name = state.name if entity.kind == "DatasetVersion" else f"{entity.kind}:{state.name}"
        return {"namespace": state.namespace, "name": name}

    def described(self, entity: ExportedEntity) -> dict[str, Any]:
        """The data set with the facets that say what it is."""
        beside = _OUTPUT_ONLY | _INPUT_ONLY
        about = [*self._graph.upstream(entity.urn, "VERSION_OF"), entity]
        came = {name: value for one in about for name, value in kept(one).items() if name not in beside}
        return self.name(entity) | {"facets": self._made(entity) | came}

    def as_input(self, entity: ExportedEntity, edge: ExportedEdge) -> dict[str, Any]:
        """The data set as a run read it."""
        came = {name: value for name, value in kept(entity).items() if name in _INPUT_ONLY}
        came |= self._measured(entity, edge, "input")
        return self.described(entity) | {"inputFacets": {"lineageRegistry_edge": edge_facet(edge)} | came}

    def as_output(self, entity: ExportedEntity, edge: ExportedEdge) -> dict[str, Any]:
        """The data set as a run made it."""
        counted = {"rowCount": entity.attributes.get("rows"), "size": entity.attributes.get("size_bytes")}
        said = {name: value for name, value in counted.items() if value is not None}
        made = {"outputStatistics": facet("outputStatistics", **said)} if said else {}
        came = {name: value for name, value in kept(entity).items() if name in _OUTPUT_ONLY}
        came |= self._measured(entity, edge, "output")
        described = self.described(entity)
        if entity.state.version == run_id(self._graph.by_urn[edge.upstream]):
            # It is called by the run that made it because nobody named it; nor does this, where the run keeps its name.
            del described["facets"]["version"]
        return described | {"outputFacets": {"lineageRegistry_edge": edge_facet(edge)} | made | came}

    def _measured(self, entity: ExportedEntity, edge: ExportedEdge, role: str) -> dict[str, Facet]:
        """The statistics that a run told of it, as they came."""
        run = edge.upstream if role == "output" else edge.downstream
        of_run = f"/{self._graph.by_urn[run].state.name}/{role}"
        told = [one for one in self._graph.downstream(entity.urn, "PROFILE_OF") if one.state.name.endswith(of_run)]
        facets = {name: value for one in told for name, value in (one.attributes.get("statistics") or {}).items()}
        return {name: value for name, value in facets.items() if name in _MEASURED and is_facet(value)}

    def _made(self, entity: ExportedEntity) -> dict[str, Facet]:
        graph, state = self._graph, entity.state
        made: dict[str, Facet] = {"lineageRegistry_entity": entity_facet(entity)}
        if state.version is not None:
            made["version"] = facet("version", datasetVersion=state.version)
        if entity.kind != "DatasetVersion":
            made["datasetType"] = facet("datasetType", datasetType=entity.kind)
        columns = self._columns(entity)
        if columns:
            made["schema"] = facet("schema", fields=[self._column(one) for one in columns])
        derived = {one.state.name: found for one in columns if (found := self._sources(one))}
        if derived:
            fields = {
                self._field(graph.by_urn[one.urn]): derived[one.state.name]
                for one in columns
                if one.state.name in derived
            }
            made["columnLineage"] = facet("columnLineage", fields={n: {"inputFields": v} for n, v in fields.items()})
        others = self._other_names(entity)
        if others:
            made["symlinks"] = facet("symlinks", identifiers=others)
        return made | made_of(graph, entity, graph.upstream(entity.urn, "VERSION_OF")) | ended(entity)

    def _other_names(self, entity: ExportedEntity) -> list[dict[str, str]]:
        """Names that symlinks told of; of which sort each was is not kept."""
        edges = (edge for edge in self._graph.upstream_of.get(entity.urn, ()) if edge.relation == "SAME_AS")
        told = [edge.upstream for edge in edges if edge.attributes.get("rule") == _SYMLINK]
        return [self.name(self._graph.by_urn[urn]) | {"type": "symlink"} for urn in sorted(told)]

    def _columns(self, entity: ExportedEntity) -> list[ExportedEntity]:
        schemas = self._graph.upstream(entity.urn, "HAS_SCHEMA")
        found = {one.urn: one for schema in schemas for one in self._graph.downstream(schema.urn, "FIELD_OF")}
        return sorted(found.values(), key=lambda one: (one.attributes.get("position", 1 << 30), one.urn))

    def _column(self, column: ExportedEntity) -> dict[str, Any]:
        said = {"type": column.attributes.get("data_type"), "description": column.attributes.get("description")}
        return {"name": self._field(column)} | {name: value for name, value in said.items() if value is not None}

    def _sources(self, column: ExportedEntity) -> list[dict[str, Any]]:
        """The columns that a column was made from, in every data set of the subgraph that has them."""
        graph, found = self._graph, list[dict[str, Any]]()
        for source in graph.upstream(column.urn, "DERIVED_FROM"):
            having = [
                self.name(data) | {"field": self._field(source)}
                for schema in graph.upstream(source.urn, "FIELD_OF")
                for data in graph.downstream(schema.urn, "HAS_SCHEMA")
                if data.kind in DATA
            ]
            found += having or self._named(source)
        return found

    def _named(self, column: ExportedEntity) -> list[dict[str, Any]]:
        """A column whose data set is not in the subgraph, by its own name, in which that data set's is."""
        title, name = self._field(column), column.state.name
        if not name.endswith(f".{title}") or name == f".{title}":
            return []
        return [{"namespace": column.state.namespace, "name": name[: -len(title) - 1], "field": title}]

    def _field(self, column: ExportedEntity) -> str:
        """How its data set calls a column: its title where it has one, else its own name."""
        title: str | None = column.attributes.get("title")
        return title or column.state.name
