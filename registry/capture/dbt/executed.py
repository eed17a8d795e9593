"""What an invocation of dbt did: runs, the versions that they made, and from which versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registry.capture.dbt.artifacts import Artifacts, Invocation, time_or_none
from registry.capture.dbt.tables import Tables, materialized
from registry.capture.documents import mapping, objects
from registry.capture.events import asset, edge, entity, text_or_none
from registry.capture.source import RecordDocument

_STATES = {
    "success": "completed",
    "partial success": "completed",
    "no-op": "completed",
    "error": "failed",
    "fail": "failed",
    "runtime error": "failed",
    "skipped": "aborted",
}
_ROWS = ("num_rows", "row_count")
_BYTES = ("num_bytes", "bytes", "size")


class Executed:
    """Builds the statements about what ran."""

    def __init__(self, artifacts: Artifacts, invocation: Invocation, tables: Tables) -> None:
        self._artifacts = artifacts
        self._invocation = invocation
        self._tables = tables

    def whole(self) -> Iterator[RecordDocument]:
        """The invocation itself, a run of the project."""
        invocation, tables = self._invocation, self._tables
        states = {_STATES.get(str(item.get("status")), "completed") for item in invocation.results.values()}
        project = asset("Job", tables.jobs, self._artifacts.project)
        yield entity(
            tables.run(None),
            {
                "title": f"dbt {invocation.command}".strip(),
                "activity": "transformation",
                "state": "failed" if "failed" in states else "completed",
                "started_at": invocation.started_at,
                "ended_at": invocation.generated_at,
                "parameters": dict(invocation.arguments),
            },
        )
        yield edge("INSTANCE_OF", tables.run(None), project, evidence="observed")

    def node(self, unique_id: str, node: Mapping[str, Any]) -> Iterator[RecordDocument]:
        """One node's run, what it read and what it made; nothing where the node did not come to its turn."""
        result = self._invocation.results.get(unique_id)
        if result is None:
            return
        tables, run = self._tables, self._tables.run(unique_id)
        started, ended = _times(result)
        yield entity(
            run,
            {
                "title": text_or_none(node.get("name")),
                "activity": "transformation",
                "state": _STATES.get(str(result.get("status")), "unknown"),
                "started_at": started,
                "ended_at": ended,
                "facets": {"dbt": dict(result)},
            },
        )
        yield edge("INSTANCE_OF", run, tables.job(unique_id), evidence="observed")
        yield edge("PART_OF", run, tables.run(None), evidence="observed")
        for parent in tables.upstream(unique_id):
            yield edge("USED", run, tables.version(parent), {"role": "input"}, evidence="observed")
        if self._invocation.made(unique_id):
            yield from self._made(unique_id, node, ended)

    def _made(self, unique_id: str, node: Mapping[str, Any], ended: str | None) -> Iterator[RecordDocument]:
        made = self._tables.version(unique_id)
        stats = mapping(mapping(self._artifacts.catalog.get(unique_id)).get("stats"))
        of_this = self._artifacts.catalog_invocation == self._invocation.id
        digest, coverage = _digest(node)
        yield entity(
            made,
            {
                "rows": _count(stats, _ROWS) if of_this else None,
                "size_bytes": _count(stats, _BYTES) if of_this else None,
                "format": materialized(node),
                "digest": digest,
                "digest_coverage": coverage,
                "created_at": ended or self._invocation.generated_at,
            },
        )
        yield edge("GENERATED_BY", made, self._tables.run(unique_id), evidence="observed")

    def ended(self, unique_id: str) -> str | None:
        """When the node's run ended; else when the results were written."""
        return _times(mapping(self._invocation.results.get(unique_id)))[1] or self._invocation.generated_at


def _times(result: Mapping[str, Any]) -> tuple[str | None, str | None]:
    timing = objects(result.get("timing"))
    started = [time for item in timing if (time := time_or_none(item.get("started_at")))]
    ended = [time for item in timing if (time := time_or_none(item.get("completed_at")))]
    return min(started, default=None), max(ended, default=None)


def _digest(node: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """A seed's content is its file, whose digest dbt takes; that of a model is of its code."""
    checksum = mapping(node.get("checksum"))
    if node.get("resource_type") != "seed" or checksum.get("name") != "sha256":
        return None, None
    value = checksum.get("checksum")
    return (f"sha256:{value}", "full") if isinstance(value, str) and value else (None, None)


def _count(stats: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        value = mapping(stats.get(name)).get("value")
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return int(value)
    return None
