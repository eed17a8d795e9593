"""Entries of the ledger, and what verifying found, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.parts import Json, plain_table
from registry.cli.terminal import literal

_CHANGES_SHOWN = 3


def draw_entries(answer: Json) -> RenderableType:
    """A row for each entry."""
    entries = answer["entries"]
    if not entries:
        return Text("No entry fits.", style="dim")
    table = plain_table("Entry", "Time", "Who", "Did", "To", "Decision")
    for item in entries:
        many = item.get("occurrences")
        table.add_row(
            literal(item["sequence"], "cyan"),
            literal(item["time"][:19]),
            literal(item["actor"]["subject"]),
            literal(item["action"] + (f" ({many['count']:,} times)" if many else "")),
            literal(item["target"] + _changes(item)),
            _decision(item),
        )
    rest = "" if answer["next"] is None else f" Older ones: --before {answer['next']}"
    return Group(table, Text(f"\n{answer['size']:,} entries in the ledger, {len(entries):,} shown.{rest}", style="dim"))


def draw_entry(entry: Mapping[str, Any], indent: str = "") -> RenderableType:
    """Everything that an entry says, a line each."""
    parts: list[RenderableType] = []
    for name, value in entry.items():
        if isinstance(value, Mapping):
            parts += [literal(f"{indent}{name}", "bold"), draw_entry(value, indent + "  ")]
        elif isinstance(value, list):
            parts.append(literal(f"{indent}{name}", "bold"))
            parts += [draw_entry(item, indent + "  ") for item in value]
        else:
            parts.append(literal(f"{indent}{name:<12}", "bold").append_text(literal(f" {value}")))
    return Group(*parts)


def draw_found(item: Mapping[str, Any]) -> RenderableType:
    """One thing that does not hold."""
    place = f" (entry {item['sequence']})" if "sequence" in item else ""
    return literal(f"{item['problem']}{place}: ", "bold red").append_text(literal(item["message"], "default"))


def draw_report(report: Mapping[str, Any]) -> RenderableType:
    """What was verified, in a few lines."""
    good = report["verified"]
    lines: list[RenderableType] = [
        literal("VERIFIED" if good else "NOT VERIFIED", "bold green" if good else "bold red").append_text(
            literal(f"  {report['origin']}")
        ),
        literal(f"  entries     {report['entries']:,}, {report['signed']:,} of them signed; root {report['root']}"),
    ]
    if report["entities"] is not None:
        lines.append(literal(f"  graph       {report['entities']:,} entities compared with the log"))
    lines += [literal(f"  key         from {item['from_size']:,} entries on: {item['key']}") for item in report["keys"]]
    if report.get("anchors", {}).get("kept"):
        lines.append(_anchors(report["anchors"]))
    if report["explained_by_incidents"]:
        lines.append(literal(f"  incidents   account for {report['explained_by_incidents']:,} differences"))
    lines += [literal(f"  {count:>10,}  {name}", "red") for name, count in report["problems"].items()]
    lines.append(literal("  What this shows, and what not: docs/explanation/ledger.md", "dim"))
    return Group(*lines)


def _anchors(found: Mapping[str, Any]) -> RenderableType:
    if "unchecked" in found:
        return literal(f"  anchors     {found['kept']:,} kept, not checked: {found['unchecked']}", "yellow")
    if not found["verified"]:
        return literal(f"  anchors     none of {found['kept']:,} holds", "red")
    last = f"the last is of {found['entries']:,} entries, {found['log']} {found['index']:,}"
    time = f", stamped {found['time'][:19]}" if "time" in found else ""
    return literal(f"  anchors     {found['verified']:,} of {found['kept']:,} hold; {last}{time}")


def _changes(item: Mapping[str, Any]) -> str:
    others = [change["target"] for change in item.get("changes", ()) if change["target"] != item["target"]]
    if not others:
        return ""
    more = f" and {len(others) - _CHANGES_SHOWN} more" if len(others) > _CHANGES_SHOWN else ""
    return f"; {', '.join(others[:_CHANGES_SHOWN])}{more}"


def _decision(item: Mapping[str, Any]) -> Text:
    effect = item["decision"]["effect"]
    return literal(f"{effect} by {item['decision']['rule']}", "red" if effect == "deny" else "")
