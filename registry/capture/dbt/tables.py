"""How the tables of a dbt project are called, and which of them a node reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.urn import Urn
from registry.capture.dbt.artifacts import Artifacts
from registry.capture.documents import mapping
from registry.capture.events import asset, version
from registry.capture.naming import table_name

TABLES = frozenset({"model", "seed", "snapshot", "source"})
"""Sorts of nodes that are a table or view, unless ephemeral; lineage leads through all others."""


class Tables:
    """Names by unique id. ``namespace`` is the server, as OpenLineage names it; ``jobs`` the namespace of jobs."""

    def __init__(self, artifacts: Artifacts, options: Mapping[str, str]) -> None:
        self._artifacts = artifacts
        adapter = artifacts.metadata.get("adapter_type")
        server = options.get("namespace") or ("bigquery" if adapter == "bigquery" else "")
        self.named_server = bool(server)
        self.namespace = server or f"dbt:{artifacts.project}"
        self.jobs = options.get("job_namespace") or "dbt"

    def name(self, unique_id: str) -> tuple[str, str]:
        """Namespace and name of a node's table; of what the manifest does not describe, its unique id."""
        node = self._artifacts.nodes.get(unique_id)
        if not isinstance(node, dict):
            return f"dbt:{self._artifacts.project}", unique_id
        table = node.get("identifier") or node.get("alias") or node.get("name") or unique_id
        parts = (str(part) for part in (node.get("database"), node.get("schema"), table) if part)
        return table_name(self.namespace, *parts)

    def dataset(self, unique_id: str) -> Urn:
        """The table. Raises UrnError."""
        return asset("Dataset", *self.name(unique_id))

    def version(self, unique_id: str) -> Urn:
        """The version that the invocation made; where it made none, some version, not known which."""
        invocation = self._artifacts.invocation
        made = invocation is not None and invocation.made(unique_id)
        return version("DatasetVersion", *self.name(unique_id), invocation.id if invocation and made else None)

    def some_version(self, unique_id: str) -> Urn:
        """Some version, not known which."""
        return version("DatasetVersion", *self.name(unique_id), None)

    def job(self, unique_id: str) -> Urn:
        """The node as work: its code."""
        return asset("Job", self.jobs, unique_id)

    def run(self, unique_id: str | None) -> Urn:
        """The node's execution, or the whole invocation's. Only where there is an invocation."""
        invocation = self._artifacts.invocation
        if invocation is None:
            raise ValueError("nothing was executed")
        return asset("Run", self.jobs, f"{invocation.id}/{unique_id}" if unique_id else invocation.id)

    def upstream(self, unique_id: str) -> list[str]:
        """The tables that a node reads, through whatever lies between (ephemeral models, metrics), sorted."""
        seen, found = {unique_id}, set()
        waiting = list(self._parents(unique_id))
        while waiting:
            parent = waiting.pop()
            if parent in seen:
                continue
            seen.add(parent)
            if is_table(parent, self._artifacts.nodes.get(parent)):
                found.add(parent)
            else:
                waiting += self._parents(parent)
        return sorted(found)

    def _parents(self, unique_id: str) -> Iterator[str]:
        node = mapping(self._artifacts.nodes.get(unique_id)) or mapping(self._artifacts.exposures.get(unique_id))
        named = mapping(node.get("depends_on")).get("nodes")
        return (parent for parent in named if isinstance(parent, str)) if isinstance(named, list) else iter(())


def is_table(unique_id: str, node: Any) -> bool:
    """Whether a node is a table or view of its own. What the manifest does not describe is taken at its name."""
    if not isinstance(node, dict):
        return unique_id.split(".", 1)[0] in TABLES
    return str(node.get("resource_type")) in TABLES and materialized(node) != "ephemeral"


def materialized(node: Mapping[str, Any]) -> str | None:
    """How a node becomes a table: ``table``, ``view``, ``incremental`` or ``ephemeral``."""
    said = mapping(node.get("config")).get("materialized")
    return said if isinstance(said, str) else None
