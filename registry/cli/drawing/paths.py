"""The ways between two entities: each in words and step by step with its evidence, and whether these are all."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text
from rich.tree import Tree

from registry.cli.drawing.parts import Json, counted, edge_text, evidence_text, node_text, urn_text
from registry.cli.terminal import literal, visible

_REASONS = {
    "DEPTH": "there are, or may be, longer paths than --max-length lets through.",
    "SIZE": "there are more than were asked for, or too much lies between to walk all of it. Ask for more with --most.",
    "TIME": "there was too much to try. Ask for less with --max-length.",
}


def draw_paths(answer: Json, from_urn: str, to_urn: str) -> RenderableType:
    """The whole answer, the shortest path first."""
    parts: list[RenderableType] = [_heading(answer, from_urn, to_urn)]
    for number, path in enumerate(answer["paths"], start=1):
        parts += _path(number, path)
    return Group(*parts, *_cut(answer))


def _heading(answer: Json, from_urn: str, to_urn: str) -> Text:
    one, other = urn_text(from_urn), urn_text(to_urn)
    if not answer["paths"]:
        known = "No path is recorded" if answer["complete"] else "No path was found"
        return Text(f"{known} between ", style="yellow").append(one).append(" and ").append(other).append(".")
    number = counted(answer["count"], "path")
    shown = len(answer["paths"])
    text = Text(number if answer["countIsExact"] else f"at least {number}", style="bold")
    text.append(" from ", style="default").append(one).append(" to ").append(other)
    text.append(": each is upstream of the other" if answer["both"] else f", {str(answer['direction']).lower()}")
    if shown < answer["count"]:
        text.append(f"; the shortest {shown:,}:" if not answer["both"] else f"; {shown:,} of them:")
        return text
    return text.append(":")


def _path(number: int, path: Json) -> Iterator[RenderableType]:
    possible = str(path["certainty"]).upper() == "POSSIBLE"
    heading = Text(f"\n{number}. ", style="bold").append(counted(path["length"], "step"), style="bold")
    heading.append(f", {str(path['direction']).lower()}", style="dim")
    if possible:
        heading.append(", only possible", style="yellow")
    yield heading
    yield Padding(literal(path["summary"]), (0, 0, 0, 3))
    tree = Tree(node_text(_plain(path["start"])), guide_style="dim")
    for step in path["steps"]:
        line = edge_text(step["edge"]).append(" ").append(node_text(_plain(step["node"])))
        tree.add(line.append("  ").append(evidence_text(step["edge"])))
    yield Padding(tree, (0, 0, 0, 3))


def _plain(node: Json) -> dict[str, object]:
    """A node without its certainty, which the heading tells for the whole path."""
    return {**node, "certainty": ""}


def _cut(answer: Json) -> Iterator[RenderableType]:
    if answer["complete"]:
        yield Text(
            "\nComplete: there are no others." if answer["paths"] else "Complete: everything was walked.", "green"
        )
        return
    reasons = [str(reason).upper() for reason in answer["reasons"]]
    lines = "\n".join(f"• {_REASONS.get(reason, visible(reason))}" for reason in reasons)
    yield Panel(
        Text(f"These are not all paths:\n{lines}" if answer["paths"] else f"There may be paths all the same:\n{lines}"),
        title=Text("Incomplete answer", style="bold"),
        title_align="left",
        border_style="yellow",
        expand=False,
    )
