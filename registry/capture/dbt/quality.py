"""dbt tests: what is asked of each table, and how it came out, as a quality profile of the version tested."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from registry.capture.dbt.artifacts import Artifacts, Invocation
from registry.capture.dbt.tables import Tables
from registry.capture.documents import mapping
from registry.capture.events import asset, edge, entity
from registry.capture.source import RecordDocument

_REFERENCE = re.compile(r"(?:ref|source)\(([^)]*)\)")
_PASSED = frozenset({"pass", "success", "warn"})


def tests_by_table(artifacts: Artifacts) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """The tests of each table, in order."""
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    for unique_id, node in sorted(artifacts.nodes.items()):
        if isinstance(node, dict) and node.get("resource_type") == "test":
            for table in _tested(node):
                found[table].append((unique_id, node))
    return dict(found)


def _tested(node: Mapping[str, Any]) -> list[str]:
    """The table that a test is about; a test of one's own SQL is about all that it reads."""
    attached = node.get("attached_node")
    if isinstance(attached, str):
        return [attached]
    named = mapping(node.get("depends_on")).get("nodes")
    parents = [item for item in named if isinstance(item, str)] if isinstance(named, list) else []
    model = mapping(mapping(node.get("test_metadata")).get("kwargs")).get("model")
    reference = _REFERENCE.search(model) if isinstance(model, str) else None
    if reference is not None:
        last = reference[1].split(",")[-1].strip(" '\"")
        about = [item for item in parents if item.rsplit(".", 1)[-1] == last]
        return about or parents
    return parents


def definition(unique_id: str, node: Mapping[str, Any]) -> dict[str, Any]:
    """What a test asks, for the table's facets."""
    metadata = mapping(node.get("test_metadata"))
    said = {
        "unique_id": unique_id,
        "test": metadata.get("name") or node.get("name"),
        "column": node.get("column_name"),
        "arguments": {k: v for k, v in mapping(metadata.get("kwargs")).items() if k not in ("model", "column_name")},
        "severity": mapping(node.get("config")).get("severity"),
    }
    return {name: value for name, value in said.items() if value}


def profile(
    table: str, tests: list[tuple[str, Mapping[str, Any]]], invocation: Invocation, tables: Tables
) -> Iterator[RecordDocument]:
    """How the table's tests came out in an invocation; nothing where none ran."""
    results = [(definition(name, node), invocation.results[name]) for name, node in tests if name in invocation.results]
    if not results:
        return
    outcomes = [
        said | {"status": result.get("status"), "failures": result.get("failures"), "message": result.get("message")}
        for said, result in results
    ]
    namespace, name = tables.name(table)
    subject = asset("Profile", namespace, f"{name}@{invocation.id}")
    yield entity(
        subject,
        {
            "title": f"dbt tests of {name}",
            "passed": all(str(result.get("status")) in _PASSED for _, result in results),
            "statistics": {"tests": outcomes},
            "created_at": invocation.generated_at,
        },
    )
    yield edge("PROFILE_OF", subject, tables.version(table), evidence="observed")
