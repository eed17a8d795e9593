"""Whether an answer is all there is: said in every answer, loudly where it is not."""

from __future__ import annotations

from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text

from registry.cli.drawing.parts import Json, counted
from registry.cli.terminal import visible

_REASONS = {
    "DEPTH": "it stops at the depth that was asked for. Ask for more with --depth, or leave that out.",
    "SIZE": "there is more than the limit. Ask for more with --limit.",
    "TIME": "it ran out of time. Ask for less: fewer kinds, a smaller depth, or a later start.",
    "PERMISSION": "part of it may not be shown to you.",
}


def completeness_text(completeness: Json) -> RenderableType:
    """One quiet line for a complete answer, a framed warning with the reasons for an incomplete one."""
    size = f"{counted(completeness['nodes'], 'node')}, {counted(completeness['edges'], 'edge')}, depth {completeness['depth']}"
    if completeness["complete"]:
        return Text(f"Complete: {size}.", style="green")
    reasons = [str(reason).upper() for reason in completeness["reasons"]]
    lines = "\n".join(f"• {_REASONS.get(reason, visible(reason))}" for reason in reasons)
    return Panel(
        Text(f"This is not everything ({size} so far):\n{lines}"),
        title=Text("Incomplete answer", style="bold"),
        title_align="left",
        border_style="yellow",
        expand=False,
    )
