"""The small pieces that every drawing is made of: nodes, edges, times, tables without ornament."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from graph_schema.urn import UrnError, label, parse_urn
from registry.cli.terminal import literal

Json = Mapping[str, Any]


def plain_table(*headings: str, title: Text | None = None) -> Table:
    """A table without lines but one under its headings; long cells are folded, never cut."""
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def facts_table() -> Table:
    """Names on the left, values on the right."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def node_text(node: Json) -> Text:
    """``wine v3  DatasetVersion`` and what a reader must know about it: possible, placeholder, ended."""
    text = literal(_label(node), "bold").append("  ").append(literal(node["kind"], "cyan"))
    for note, style in _notes(node):
        text.append("  ").append(literal(note, style))
    return text


def urn_text(urn: str) -> Text:
    """A node of which only the URN is known, in the same form."""
    try:
        name = parse_urn(urn)
    except UrnError:
        return literal(urn)
    node = {"kind": name.kind, "name": name.name, "version": name.version, "versionUnknown": name.version_unknown}
    return node_text(node)


def short_name(urn: str) -> Text:
    """What to type for it: the URN without the part that all have in common, on one line where there is room."""
    return literal(urn.removeprefix("urn:lineage:"), "dim")


def edge_text(edge: Json) -> Text:
    """The relation, with its role where it has one: ``USED (train)``."""
    role = edge.get("role")
    return literal(f"{edge['relation']} ({role})" if role else edge["relation"], "magenta")


def evidence_text(edge: Json) -> Text:
    """Why the edge is believed: observed or declared, how surely, by whom, from which event."""
    parts = [str(edge.get("evidence") or "evidence not stated")]
    if edge.get("confidence") is not None:
        parts.append(f"confidence {edge['confidence']:g}")
    if edge.get("versionIs") not in (None, "exact"):
        parts.append(f"version {edge['versionIs']}")
    for word, key in (("by", "producer"), ("event", "eventId")):
        if edge.get(key):
            parts.append(f"{word} {edge[key]}")
    return literal(", ".join(parts), "dim")


def owners_text(owners: list[Json]) -> Text:
    """The names of owners, ``nobody`` where there are none."""
    return literal(", ".join(str(owner["name"]) for owner in owners)) if owners else literal("nobody", "yellow")


def time_text(value: str | None) -> Text:
    """A time to the second, ``–`` where there is none."""
    return literal(value[:19].replace("T", " ") + " UTC") if value else literal("–", "dim")


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """``1 model``, ``2 models``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _label(node: Json) -> str:
    if node.get("label"):
        return str(node["label"])
    return label(str(node["name"]), node.get("version"), version_unknown=bool(node.get("versionUnknown")))


def _notes(node: Json) -> list[tuple[str, str]]:
    notes = []
    if str(node.get("certainty", "")).upper() == "POSSIBLE":
        notes.append(("possible", "yellow"))
    if node.get("placeholder"):
        notes.append(("named, not described yet", "dim"))
    if node.get("trueTo") and _is_past(str(node["trueTo"])):
        notes.append((f"ended {str(node['trueTo'])[:10]}", "red"))
    return notes


def _is_past(time: str) -> bool:
    try:
        return datetime.fromisoformat(time) <= datetime.now(UTC)
    except (ValueError, TypeError):
        return False
