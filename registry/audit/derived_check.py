"""Compares what follows from an entity's state, and is in no digest: its labels, and the words that it is found by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from graph_schema.catalogue import KINDS
from graph_schema.search_text import search_text
from registry.audit.digests import target_of
from registry.audit.finding import Found, Problem
from registry.graph.database import Database

_PAGE: Final = """
MATCH (n:Entity) WHERE n.urn > $after
WITH n ORDER BY n.urn LIMIT $count
RETURN collect([
  labels(n), n {.urn, .kind, .name, .title, .description, .tags, .search_text}
])
"""
_COUNT: Final = 2_000


def wrongly_derived(database: Database) -> Iterator[Found]:
    """Every entity with other labels, or other words to find it by, than its state gives; in the order of URNs."""
    after = ""
    while True:
        ((rows,),) = database.read_text(_PAGE, {"after": after, "count": _COUNT}, from_leader=True)
        for labels, properties in rows:
            yield from _judge(labels, properties)
        if len(rows) < _COUNT:
            return
        after = rows[-1][1]["urn"]


def _judge(labels: Sequence[str], properties: Mapping[str, Any]) -> Iterator[Found]:
    kind = properties["kind"]
    urn = target_of(properties["urn"], kind, properties.get("salt") or b"")
    if set(labels) != {"Entity", kind}:
        message = f"{urn} has the labels {', '.join(sorted(labels))}, where its kind is {kind}."
        yield Found(Problem.LABELS_WRONG, message, urn)
    if kind in KINDS and properties["search_text"] != _words(properties):
        yield Found(Problem.SEARCH_TEXT_WRONG, f"{urn} is found by other words than those that it has.", urn)


def _words(properties: Mapping[str, Any]) -> str | None:
    if not KINDS[properties["kind"]].searchable:
        return None
    try:
        return search_text(*(properties[name] for name in ("name", "title", "description", "tags")))
    except (AttributeError, TypeError):  # something that the registry never writes, and that its digest tells of
        return properties["search_text"]  # type: ignore[no-any-return]
