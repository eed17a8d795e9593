"""What could not come in, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.parts import Json, counted, plain_table
from registry.cli.terminal import literal

_ID_DIGITS = 12
_IDS_SHOWN = 3
_CONTENT_SHOWN = 2_000


def draw_entries(answer: Json) -> RenderableType:
    """A row for each entry."""
    entries = answer["entries"]
    if not entries:
        return Text("The quarantine is empty.", style="green")
    table = plain_table("Id", "Came", "Times", "From", "What is wrong")
    for item in entries:
        table.add_row(
            literal(item["id"][:_ID_DIGITS], "cyan"),
            literal(item["received_at"][:19]),
            str(item["times"]),
            literal(item["source"]),
            literal(f"{item['where']}: {item['message']}" if item["where"] else item["message"]),
        )
    total = counted(answer["total"], "entry", "entries")
    shown = "" if answer["complete"] else f", {len(entries)} shown"
    return Group(table, Text(f"\n{total}{shown}.", style="dim"))


def draw_failures(failed: Sequence[Json]) -> RenderableType:
    """What still cannot be taken, and what to do, once for all that it holds for."""
    parts: list[RenderableType] = []
    alike: dict[tuple[str, str], list[str]] = {}
    for item in failed:
        alike.setdefault((item["message"], item["hint"]), []).append(item["id"][:_ID_DIGITS])
    for (message, hint), ids in alike.items():
        more = f" and {len(ids) - _IDS_SHOWN:,} more" if len(ids) > _IDS_SHOWN else ""
        parts.append(literal(f"{', '.join(ids[:_IDS_SHOWN])}{more}: {message}", "red"))
        parts.append(literal(f"  {hint}", "dim"))
    return Group(*parts)


def draw_entry(entry: Json) -> RenderableType:
    """Why it could not be taken, and the beginning of what came."""
    content = entry.get("content") or ""
    rest = len(content) - _CONTENT_SHOWN
    parts: list[RenderableType] = [
        literal(entry["message"], "bold red"),
        literal(
            f"{entry['source']}, {entry['reason']}, came {entry['times']} times, last {entry['last_received_at']}",
            "dim",
        ),
    ]
    if entry["origin"] or entry["where"]:
        parts.append(literal(f"from {entry['origin'] or entry['source']}, {entry['where'] or 'the whole'}"))
    if entry["again"]:
        parts.append(literal(f"Once it is mended: {entry['again']}", "green"))
    parts += [literal(f"{item.get('field') or 'the whole'}: {item['message']}") for item in entry.get("errors", ())]
    parts += [Text(), literal(content[:_CONTENT_SHOWN])]
    if entry.get("cut"):
        parts.append(
            Text(f"Of {entry['bytes']:,} bytes only the first {entry['kept_bytes']:,} are kept.", style="yellow")
        )
    if rest > 0:
        parts.append(Text(f"… and {rest:,} characters more; --content prints all of it.", style="dim"))
    return Group(*parts)
