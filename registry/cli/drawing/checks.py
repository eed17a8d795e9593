"""The doctor's report."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.checks import Check, Outcome
from registry.cli.drawing.parts import counted, facts_table
from registry.cli.terminal import literal

_MARKS = {Outcome.OK: ("ok", "green"), Outcome.WARN: ("warn", "yellow"), Outcome.FAIL: ("FAIL", "bold red")}


def draw_checks(checks: Sequence[Check]) -> RenderableType:
    """A line for each check, what to do below those that need it, and the sum."""
    table = facts_table()
    table.add_column(overflow="fold")
    for check in checks:
        mark, style = _MARKS[check.outcome]
        found = literal(check.found)
        if check.remedy:
            found.append("\n→ ", style="bold").append(literal(check.remedy, "bold"))
        table.add_row(literal(mark, style), literal(check.name), found)
    return Group(table, _sum(checks))


def _sum(checks: Sequence[Check]) -> Text:
    failed = sum(check.outcome is Outcome.FAIL for check in checks)
    warned = sum(check.outcome is Outcome.WARN for check in checks)
    if failed:
        return Text(f"{counted(failed, 'check')} failed.", style="bold red")
    return Text(f"Nothing failed ({counted(warned, 'warning')}).", style="green")
