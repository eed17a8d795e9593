"""What a capture made of its source, and which captures there are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.importing import draw_findings
from registry.cli.drawing.parts import Json, counted, plain_table
from registry.cli.terminal import literal

_ROWS = 20


def draw_capture(answer: Json) -> RenderableType:
    """The result in a sentence, then what was left out and what has no place of its own."""
    parts: list[RenderableType] = [_result(answer)]
    if answer["dry_run"] or not answer["sent"]:
        parts.append(_kinds(answer["read_by_kind"]))
    if answer["findings"]:
        parts += [Text(f"\n{counted(len(answer['findings']), 'finding')}", style="bold yellow")]
        parts += [draw_findings(answer["findings"])]
    if answer["rejected"]:
        parts += [
            Text(f"\n{counted(answer['rejected'], 'part')} of the source rejected", style="bold red"),
            _rejections(answer["rejections"], answer["rejected"]),
        ]
    if answer.get("quarantined"):
        kept = counted(answer["quarantined"], "part")
        parts += [
            Text(f"{kept} kept in the quarantine: `lineage quarantine list --source {answer['source']}`", style="dim")
        ]
    if answer["unmapped"]:
        parts += [Text("\nWithout a place of its own", style="bold"), _unmapped(answer["unmapped"])]
    return Group(*parts)


def draw_captures(captures: Sequence[Json]) -> RenderableType:
    """A row a capture: its name, what it reads, how much of it, and whose it is."""
    table = plain_table("Source", "Reads", "Maps", "Leaves out", "Package")
    for capture in captures:
        if "broken" in capture:
            table.add_row(literal(capture["name"], "bold"), literal(capture["broken"], "red"), "–", "–")
            continue
        table.add_row(
            literal(capture["name"], "bold"),
            literal(capture["summary"]),
            literal(", ".join(capture["maps"])),
            literal(", ".join(capture["does_not_map"]) or "–", "dim"),
            literal(capture["package"], "dim"),
        )
    return table if captures else Text("No capture is installed.")


def _result(answer: Json) -> Text:
    read = f"{counted(answer['read'], 'record')} of {answer['where']}"
    if answer["dry_run"]:
        return literal(f"{read} would be sent. Nothing was sent.", "yellow")
    if answer["rejected"] and not answer["sent"]:
        return literal(f"Nothing was sent. {read} could be: --mode per-item keeps what is good.", "red")
    if not answer["sent"] and answer["incremental"]:
        return literal(f"{answer['where']} has nothing new since the last import. --full reads all of it.", "green")
    if not answer["sent"]:
        return literal(f"{answer['where']} holds nothing to record.", "yellow")
    names = ("created", "changed", "unchanged", "placeholders")
    counts = [f"{answer[name]:,} {name}" for name in names if answer[name]]
    nothing_new = "" if answer["created"] or answer["changed"] else " Nothing is new."
    text = literal(f"{read} recorded: {', '.join(counts) or 'nothing new'}.{nothing_new}", "green")
    return text.append(literal(f" (event {answer['event_id']})", "dim"))


def _kinds(counts: Json) -> RenderableType:
    table = plain_table("Kind or relation", "Records")
    for kind, count in counts.items():
        table.add_row(literal(kind), f"{count:,}")
    return table


def _rejections(items: Sequence[Json], total: int) -> RenderableType:
    table = plain_table("Where", "Reason", "What is wrong")
    for item in items[:_ROWS]:
        table.add_row(literal(item["where"], "cyan"), literal(item["reason"]), literal(item["message"]))
    return _cut(table, total)


def _unmapped(items: Sequence[Json]) -> RenderableType:
    table = plain_table("What", "Times", "For example")
    for item in items[:_ROWS]:
        table.add_row(literal(item["what"]), f"{item['count']:,}", literal(item["example"], "dim"))
    return _cut(table, len(items))


def _cut(table: RenderableType, total: int) -> RenderableType:
    if total <= _ROWS:
        return table
    return Group(table, Text(f"… and {total - _ROWS:,} more: --json lists them.", style="dim"))
