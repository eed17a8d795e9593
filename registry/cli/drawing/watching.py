"""One event of a watched impact set."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.parts import Json, node_text, short_name, time_text

_SIGNS = (("added", "+", "green"), ("removed", "-", "red"), ("changed", "~", "yellow"))


def draw_event(event: Json) -> RenderableType:
    """A line with the time and the numbers; below it, for a change, a line for each entity."""
    head = Text.assemble(time_text(event["known_at"]), "  ", _numbers(event))
    if event["event"] != "change":
        return head
    return Group(head, *(line for part in _SIGNS for line in _items(event, *part)))


def _numbers(event: Json) -> Text:
    text = Text(f"{event['count']:,} affected", style="bold")
    if event["possible"]:
        text.append(f", {event['possible']:,} of them only possibly", style="yellow")
    if not event["complete"]:
        text.append(f", and more (cut by {', '.join(event['reasons'])})", style="yellow")
    return text


def _items(event: Json, name: str, sign: str, style: str) -> list[Text]:
    lines = []
    for item in event[name]:
        line = Text.assemble((f"  {sign} ", style), node_text(item), "  ", short_name(item["urn"]))
        if name == "changed" and item["certainty"] == "certain":
            line.append("  now certain", style)
        lines.append(line)
    left = event[f"{name}_count"] - len(lines)
    if left:
        lines.append(Text(f"  {sign} {left:,} more", style=style))
    return lines
