"""Anchors of the ledger, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.parts import plain_table
from registry.cli.terminal import literal


def draw_anchors(rows: Sequence[dict[str, Any]], kept: int) -> RenderableType:
    """A row for each anchor: of how many entries, since when it is kept, where in which log."""
    if not rows:
        return Text("No anchor is kept here.", style="dim")
    table = plain_table("Entries", "Kept", "Log", "At", "Stamped", "Holds")
    for item in rows:
        table.add_row(
            literal(f"{item['entries']:,}", "cyan"),
            literal(item["kept_at"][:19]),
            literal(item.get("log", "")),
            literal(f"{item['index']:,}" if "index" in item else ""),
            literal((item.get("time") or "")[:19]),
            literal("yes") if item["holds"] else literal(item["why"], "yellow" if item["holds"] is None else "red"),
        )
    return Group(table, Text(f"\n{kept:,} anchors are kept, {len(rows):,} shown.", style="dim"))
