"""What became of an import: counts, findings, and the records that are wrong."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from registry.cli.drawing.parts import Json, counted, plain_table
from registry.cli.terminal import literal

_ROWS = 20


def draw_import(answer: Json, title: str) -> RenderableType:
    """The result in a sentence, then what deserves a look."""
    parts: list[RenderableType] = [_result(answer, title)]
    findings = answer.get("findings") or []
    if findings:
        parts += [
            Text(f"\n{counted(len(findings), 'finding')} (recorded all the same)", style="bold yellow"),
            draw_findings(findings),
        ]
    if answer.get("failed"):
        parts += [
            Text(f"\n{counted(answer['failed'], 'record')} left out", style="bold red"),
            draw_errors(answer["errors"]),
            Text(
                f"{counted(answer.get('quarantined', 0), 'record')} kept in the quarantine: `lineage quarantine list`",
                style="dim",
            ),
        ]
    return Group(*parts)


def draw_errors(errors: Sequence[Json]) -> RenderableType:
    """Line, field, rule and message of each wrong record; the first twenty."""
    table = plain_table("Line", "Field", "Rule", "What is wrong")
    for error in errors[:_ROWS]:
        table.add_row(
            str(error.get("line", "–")),
            literal(error.get("field") or "–", "cyan"),
            literal(error.get("rule") or "–"),
            literal(error.get("message") or ""),
        )
    return _cut(table, len(errors))


def _result(answer: Json, title: str) -> Text:
    event = literal(f" (event {answer['event_id']})", "dim")
    if answer.get("replayed"):
        return literal(f"{title} was imported before: nothing changed.", "green").append(event)
    names = ("created", "changed", "unchanged", "placeholders")
    counts = [f"{answer[name]:,} {name}" for name in names if answer.get(name)]
    text = literal(f"{counted(answer['records'], 'record')} of {title} recorded", "green")
    return text.append(f": {', '.join(counts) or 'nothing new'}.").append(event)


def draw_findings(findings: Sequence[Json]) -> RenderableType:
    """Severity, rule, entity and message of each finding; the first twenty."""
    table = plain_table("Severity", "Rule", "Entity", "What is wrong")
    for finding in findings[:_ROWS]:
        table.add_row(
            literal(finding["severity"], "yellow"),
            literal(finding["rule"]),
            literal(finding["urn"] or "–", "dim"),
            literal(finding["message"]),
        )
    return _cut(table, len(findings))


def _cut(table: Table, total: int) -> RenderableType:
    if total <= _ROWS:
        return table
    return Group(table, Text(f"… and {total - _ROWS:,} more: --json lists all of them.", style="dim"))
