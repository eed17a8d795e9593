"""What differs between the registry and a source, for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.parts import Json, counted, plain_table
from registry.cli.terminal import literal

_ROWS = 20
_WIDE = 120
_HEADINGS = (
    ("missing_here", "Missing here"),
    ("missing_there", "No longer there"),
    ("orphaned", "No longer named there; others may know it, so it is left as it is"),
)


def draw_reconciliation(answer: Json) -> RenderableType:
    """A sentence, then each sort of difference with its first twenty."""
    parts: list[RenderableType] = [_result(answer)]
    if answer["gone_not_sought"]:
        parts.append(literal(f"What is no longer there was not looked for: {answer['gone_not_sought']}."))
    for key, heading in _HEADINGS:
        parts += _section(heading, [(item,) for item in answer[key]], ("What",))
    changed = [
        (item["urn"], item["field"], _short(item["here"]), _short(item["there"])) for item in answer["differing"]
    ]
    parts += _section("Differing", changed, ("Entity", "Field", "Here", "There"))
    edges = [(item["relation"], item["from"], item["to"]) for item in answer["edges_missing_there"]]
    parts += _section("Edges no longer there", edges, ("Relation", "From", "To"))
    renamed = [(item["from"], item["to"]) for item in answer["renamed"]]
    parts += _section("Renamed", renamed, ("Here", "There"))
    rejected = [(item["where"], item["reason"], item["message"]) for item in answer["rejected"]]
    parts += _section("Rejected", rejected, ("Where", "Reason", "What is wrong"))
    return Group(*parts)


def _result(answer: Json) -> Text:
    compared = f"{counted(answer['compared'], 'thing')} of {answer['where']} compared"
    if not answer["differences"]:
        return literal(f"{compared}: the registry says the same.", "green")
    text = f"{compared}: {counted(answer['differences'], 'difference')}."
    if answer["repaired"]:
        left = (
            f" {answer['left']:,} left as they are: orphaned, or edges that cannot be told apart."
            if answer["left"]
            else ""
        )
        return literal(f"{text} Repaired (event {answer['event_id']}).{left}", "green")
    return literal(f"{text} --repair makes the registry say what the source says.", "yellow")


def _section(heading: str, rows: Sequence[tuple[str, ...]], columns: tuple[str, ...]) -> list[RenderableType]:
    if not rows:
        return []
    table = plain_table(*columns)
    for row in rows[:_ROWS]:
        table.add_row(*(literal(cell.replace("urn:lineage:", "")) for cell in row))
    parts: list[RenderableType] = [Text(f"\n{heading} ({len(rows):,})", style="bold"), table]
    return [*parts, Text(f"… and {len(rows) - _ROWS:,} more: --json lists all.")] if len(rows) > _ROWS else parts


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _WIDE else text[: _WIDE - 1] + "…"
