"""One entity: what is known of it, its versions, its neighbours, its findings, its history."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.parts import (
    Json,
    edge_text,
    evidence_text,
    facts_table,
    node_text,
    owners_text,
    plain_table,
    time_text,
)
from registry.cli.terminal import literal

_SHOWN_APART = frozenset({"title", "description", "tags", "lifecycle", "criticality"})
_NO_USE = frozenset({"structure", "responsibility", "identity"})
"""Families that say how things belong together, not what was made from what."""
_LINES_OF_THEIR_OWN = frozenset({"VERSION_OF", "OWNED_BY"})


def draw_entity(entity: Json) -> RenderableType:
    """Everything, most asked for first."""
    return Group(
        node_text(entity),
        literal(entity["urn"], "dim"),
        _facts(entity),
        *_versions(entity),
        *_neighbours(entity),
        *_findings(entity),
        *_history(entity),
    )


def _facts(entity: Json) -> RenderableType:
    table = facts_table()
    for name in ("title", "description", "lifecycle", "criticality"):
        if entity[name]:
            table.add_row(name, literal(entity[name]))
    if entity["tags"]:
        table.add_row("tags", literal(", ".join(entity["tags"])))
    table.add_row("owners", owners_text(entity["owners"]))
    for name, value in sorted((entity["attributes"] or {}).items()):
        if name not in _SHOWN_APART and value is not None:
            table.add_row(literal(name), literal(_as_text(value)))
    table.add_row("true from", time_text(entity["trueFrom"]))
    if entity["trueTo"]:
        table.add_row("true to", time_text(entity["trueTo"]))
    table.add_row("recorded", time_text(entity["recordedFrom"]))
    table.add_row("source", literal(_source(entity)))
    return table


def _versions(entity: Json) -> Iterator[RenderableType]:
    versions = entity["versions"]
    if not versions["edges"]:
        return
    names = [edge["node"]["version"] or "unknown" for edge in versions["edges"]]
    more = f" … {versions['totalCount']:,} in all" if versions["pageInfo"]["hasNextPage"] else ""
    yield Text("\nVersions ", style="bold").append(literal(", ".join(names), "not bold")).append(more, style="yellow")


def _neighbours(entity: Json) -> Iterator[RenderableType]:
    """What it was made from and what uses it; then what else is said of it, but for versions and owners."""
    both = [*entity["upstream"], *entity["downstream"]]
    related = [
        item for item in both if item["edge"]["family"] in _NO_USE and item["relation"] not in _LINES_OF_THEIR_OWN
    ]
    for title, neighbours in (
        ("Made from, or depends on (upstream)", _uses(entity["upstream"])),
        ("Used by (downstream)", _uses(entity["downstream"])),
        ("Related", related),
    ):
        if neighbours:
            yield Text(f"\n{title}", style="bold")
        for item in neighbours:
            line = Text("  ").append(edge_text(item["edge"])).append(" ").append(node_text(item["node"]))
            yield line.append("  ").append(evidence_text(item["edge"]))


def _uses(neighbours: list[Json]) -> list[Json]:
    return [item for item in neighbours if item["edge"]["family"] not in _NO_USE]


def _findings(entity: Json) -> Iterator[RenderableType]:
    if not entity["findings"]:
        return
    yield Text("\nFindings", style="bold")
    table = plain_table("Severity", "Rule", "What is wrong")
    for finding in entity["findings"]:
        table.add_row(literal(finding["severity"], "yellow"), literal(finding["rule"]), literal(finding["message"]))
    yield table


def _history(entity: Json) -> Iterator[RenderableType]:
    if not entity.get("history"):
        return
    yield Text("\nHistory", style="bold")
    table = plain_table("Recorded", "Until", "True from", "True to", "Source", "Attributes")
    for state in entity["history"]:
        table.add_row(
            time_text(state["recordedFrom"]),
            time_text(state["recordedTo"]),
            time_text(state["trueFrom"]),
            time_text(state["trueTo"]),
            literal(_source(state)),
            literal(_as_text(state["attributes"])),
        )
    yield table


def _source(state: Json) -> str:
    event = f"event {state['eventId']}" if state["eventId"] else "no event"
    return f"{event} by {state['producer']}" if state["producer"] else event


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
