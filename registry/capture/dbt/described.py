"""What the manifest and the catalog say that there is: tables with their columns, the code that makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.urn import Urn
from registry.capture.columns import field_urn, schema_urn
from registry.capture.dbt.artifacts import Artifacts
from registry.capture.dbt.tables import Tables, materialized
from registry.capture.documents import mapping
from registry.capture.events import asset, edge, entity, tags_of, text_or_none
from registry.capture.source import RecordDocument

_OF_TABLE = ("unique_id", "resource_type", "package_name", "access", "contract", "constraints", "meta", "loader",
             "source_name", "freshness", "external", "version", "latest_version", "deprecation_date")  # fmt: skip


class Described:
    """Builds the statements about one node."""

    def __init__(self, artifacts: Artifacts, tables: Tables) -> None:
        self._artifacts = artifacts
        self._tables = tables

    def table(self, unique_id: str, node: Mapping[str, Any], tests: list[dict[str, Any]]) -> Iterator[RecordDocument]:
        """The data set, its owner, its columns; and what it is made from where no run says it better."""
        said = {name: node[name] for name in _OF_TABLE if node.get(name)}
        if tests:
            said["tests"] = tests
        owners = list(self._owners(node))
        yield from owners
        yield entity(
            self._tables.dataset(unique_id),
            {
                "title": text_or_none(node.get("name")),
                "description": text_or_none(node.get("description")),
                "tags": tags_of(node.get("tags")),
                "external_id": unique_id,
                "facets": {"dbt": said | {"materialized": materialized(node)}},
            },
            owners=[owner["urn"] for owner in owners],
        )
        yield from self._columns(unique_id, node)
        if node.get("resource_type") != "source":
            yield self._job(unique_id, node)
            yield from self._declared(unique_id)

    def _owners(self, node: Mapping[str, Any]) -> Iterator[RecordDocument]:
        group = node.get("group") or mapping(node.get("config")).get("group")
        if not isinstance(group, str):
            return
        known = (mapping(item) for item in mapping(self._artifacts.manifest.get("groups")).values())
        owner = next((mapping(item.get("owner")) for item in known if item.get("name") == group), {})
        contact = text_or_none(owner.get("email"))
        yield entity(
            asset("Team", self._tables.jobs, group), {"title": text_or_none(owner.get("name")), "contact": contact}
        )

    def _job(self, unique_id: str, node: Mapping[str, Any]) -> RecordDocument:
        return entity(
            self._tables.job(unique_id),
            {
                "title": text_or_none(node.get("name")),
                "description": text_or_none(node.get("description")),
                "entry_point": text_or_none(node.get("original_file_path")),
                "job_type": f"dbt {node.get('resource_type')}",
                "facets": {"dbt": dict(node)},
            },
        )

    def _declared(self, unique_id: str) -> Iterator[RecordDocument]:
        """Code that did not run in the invocation still says what a table is made from."""
        invocation = self._artifacts.invocation
        if invocation is not None and unique_id in invocation.results:
            return
        own = self._tables.some_version(unique_id)
        for parent in self._tables.upstream(unique_id):
            yield edge(
                "DERIVED_FROM", own, self._tables.some_version(parent), {"relation": "transform"}, version_is="unknown"
            )

    # -- columns

    def _columns(self, unique_id: str, node: Mapping[str, Any]) -> Iterator[RecordDocument]:
        """As the catalog found them in the database; where there is no catalog, as far as they are documented."""
        found = mapping(mapping(self._artifacts.catalog.get(unique_id)).get("columns"))
        documented = {str(key).lower(): mapping(item) for key, item in mapping(node.get("columns")).items()}
        columns = [_column(key, mapping(item), documented) for key, item in (found or documented).items()]
        columns.sort(key=lambda column: (column["position"] is None, column["position"] or 0, column["name"]))
        if not columns:
            return
        namespace, name = self._tables.name(unique_id)
        schema, digest = schema_urn(namespace, name, ((column["name"], column["type"] or None) for column in columns))
        evidence = "observed" if found else "declared"
        yield entity(schema, {"title": f"columns of {name}", "digest": digest})
        yield edge("HAS_SCHEMA", self._seen_version(unique_id), schema, evidence=evidence)
        for place, column in enumerate(columns):
            yield from self._field(field_urn(namespace, name, column["name"]), schema, place, column, evidence)

    def _field(
        self, field: Urn, schema: Urn, place: int, column: Mapping[str, Any], evidence: str
    ) -> Iterator[RecordDocument]:
        facets = {"dbt": column["said"]} if column["said"] else None
        yield entity(
            field,
            {
                "title": column["name"],
                "description": text_or_none(column["description"]),
                "data_type": text_or_none(column["type"]),
                "position": place,
                "tags": tags_of(column["said"].get("tags")),
                "facets": facets,
            },
        )
        yield edge("FIELD_OF", field, schema, evidence=evidence)

    def _seen_version(self, unique_id: str) -> Urn:
        """The version that the catalog saw: the invocation's, if nothing was looked at before it ended."""
        invocation, artifacts = self._artifacts.invocation, self._artifacts
        if invocation is None or not artifacts.catalog:
            return self._tables.version(unique_id)
        same = artifacts.catalog_invocation == invocation.id
        later = (artifacts.catalog_time or "") >= (invocation.generated_at or "~")
        return self._tables.version(unique_id) if same or later else self._tables.some_version(unique_id)


def _column(key: str, found: Mapping[str, Any], documented: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    name = str(found.get("name") or key)
    said = documented.get(name.lower(), {})
    index = found.get("index")
    return {
        "name": name,
        "type": found.get("type") or said.get("data_type") or "",
        "position": index if isinstance(index, int) else None,
        "description": said.get("description") or found.get("comment"),
        "said": {part: said[part] for part in ("meta", "tags", "constraints") if said.get(part)},
    }
