"""What changed: the two sides, a sentence for each difference, how both were made, and whether that is all."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from registry.cli.drawing.parts import Json, counted, time_text, urn_text
from registry.cli.terminal import literal, visible

_MARKS = {
    "ADDED": ("+", "green"), "REMOVED": ("-", "red"), "CHANGED": ("~", "yellow"), "REPLACED": ("»", "cyan"),
}  # fmt: skip
_REASONS = {
    "DEPTH": "it stops at the depth that was asked for. Ask for more with --depth, or leave that out.",
    "SIZE": "there is more than the limit. Ask for more with --limit.",
    "TIME": "it ran out of time. Ask for less: fewer kinds or a smaller depth.",
}


def draw_diff(answer: Json) -> RenderableType:
    """The whole answer."""
    return Group(
        *_heading(answer),
        *_part("What went in" if answer["direction"] == "UPSTREAM" else "What came of it", answer["nodes"]),
        *_part("How it hangs together", answer["edges"]),
        *_runs(answer),
        *_end(answer),
    )


def _heading(answer: Json) -> Iterator[Text]:
    before, after = answer["before"], answer["after"]
    yield Text("from  ", style="dim").append(_side(before))
    yield Text("to    ", style="dim").append(_side(after))


def _side(side: Json) -> Text:
    text = Text().append(urn_text(side["urn"]))
    if side["asOf"]:
        text.append("  as of ", style="dim").append(time_text(side["asOf"]))
    text.append("  as recorded by ", style="dim").append(time_text(side["knownAt"]))
    return text if side["there"] else text.append("  not there yet", style="yellow")


def _part(title: str, differences: list[Json]) -> Iterator[RenderableType]:
    if not differences:
        return
    yield Text(f"\n{title}", style="bold")
    for item in differences:
        mark, style = _MARKS[str(item["change"])]
        yield Text(f"  {mark} ", style=style).append(literal(item["sentence"], "default"))


def _runs(answer: Json) -> Iterator[RenderableType]:
    if not answer["runs"]:
        return
    yield Text("\nHow both were made", style="bold")
    for run in answer["runs"]:
        yield Text("  ").append(literal(run["sentence"]))
        for item in run["attributes"]:
            mark, style = _MARKS[str(item["change"])]
            values = f"{item['name']}: {_value(item['before'])} → {_value(item['after'])}"
            yield Text(f"    {mark} ", style=style).append(literal(values, "default"))


def _end(answer: Json) -> Iterator[RenderableType]:
    same = counted(answer["nodeCounts"]["unchanged"], "node")
    said = f"{visible(answer['summary'])} {same} the same."
    if answer["complete"]:
        yield Text(f"\n{said}", style="green")
        return
    lines = "\n".join(f"• {_REASONS.get(str(reason), visible(reason))}" for reason in answer["reasons"])
    yield Panel(
        Text(f"{said}\n{lines}\nWhat is missing on the side that is cut may be there all the same."),
        title=Text("Incomplete answer", style="bold"),
        title_align="left",
        border_style="yellow",
        expand=False,
    )


def _value(value: object) -> str:
    return "–" if value is None else str(value)
