"""An impact answer: what is affected, how surely, who owns it, why; evaluations apart; whether that is all."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from registry.cli.drawing.completeness import completeness_text
from registry.cli.drawing.parts import (
    Json,
    counted,
    edge_text,
    evidence_text,
    node_text,
    owners_text,
    plain_table,
    urn_text,
)
from registry.cli.terminal import literal

_CERTAINTIES = (
    ("CERTAIN", "Certainly affected", "bold"),
    ("POSSIBLE", "Possibly affected (a version on the way is not known)", "bold yellow"),
)


def draw_impact(answer: Json, *, why: bool) -> RenderableType:
    """The whole answer, most certain first."""
    parts: list[RenderableType] = [_heading(answer)]
    for certainty, title, style in _CERTAINTIES:
        items = [item for item in answer["items"] if str(item["certainty"]).upper() == certainty]
        if items:
            parts += [Text(f"\n{title}", style=style), _items(items)]
    if why:
        parts += _paths(answer)
    parts += [
        *_environments(answer),
        *_owners(answer),
        *_evaluations(answer),
        completeness_text(answer["completeness"]),
    ]
    return Group(*parts)


def _heading(answer: Json) -> Text:
    starts = answer["start"]
    text = node_text(starts[0]) if starts else Text("?")
    if len(starts) > 1:
        text.append(f" (and {counted(len(starts) - 1, 'version')})", style="dim")
    if not answer["items"]:
        return text.append(": nothing affected is recorded.", style="default")
    kinds = ", ".join(f"{group['count']} {group['kind']}" for group in answer["byKind"])
    return text.append(f": {counted(answer['total'], 'item')} affected").append(literal(f" ({kinds})", "dim"))


def _items(items: list[Json]) -> Table:
    table = plain_table("Kind", "Item", "Depth", "Owner", "Why")
    table.columns[1].min_width = 12
    last = None
    for item in items:
        kind = item["node"]["kind"]
        shown = literal(kind, "cyan") if kind != last else Text()
        last = kind
        name = node_text(item["node"] | {"kind": "", "certainty": ""})
        name.rstrip()
        table.add_row(shown, name, str(item["depth"]), owners_text(item["owners"]), literal(item["summary"]))
    return table


def _paths(answer: Json) -> Iterator[RenderableType]:
    yield Text("\nPaths", style="bold")
    for item in answer["items"]:
        tree = Tree(node_text(item["node"]), guide_style="dim")
        branch = tree
        # From the item back to where the question began: the way a reader asks "why this one?".
        steps = list(item["path"])
        before = [step["node"] for step in steps[:-1]]
        for step, node in zip(reversed(steps), [*reversed(before), None], strict=True):
            target = node_text(node) if node else urn_text(_start_of(steps))
            branch = branch.add(
                edge_text(step["edge"]).append(" ").append(target).append("  ").append(evidence_text(step["edge"]))
            )
        yield Padding(tree, (0, 0, 0, 2))


def _start_of(steps: list[Json]) -> str:
    """The end of the first edge that the first step does not name."""
    edge, reached = steps[0]["edge"], steps[0]["node"]["urn"]
    return str(edge["upstream"] if edge["downstream"] == reached else edge["downstream"])


def _environments(answer: Json) -> Iterator[RenderableType]:
    deployed = [group for group in answer["byEnvironment"] if group["environment"]]
    if not deployed:
        return
    parts = []
    for group in deployed:
        place = group["environment"]
        stage = f", {place['stage']}" if place["stage"] and place["stage"] != place["name"] else ""
        parts.append(literal(f"{place['name']} ({group['count']}{stage})"))
    yield Text("\nDeployed in: ", style="bold").append(Text(", ").join(parts))


def _owners(answer: Json) -> Iterator[RenderableType]:
    to_tell = answer["ownersToTell"]
    nobody = to_tell["nobody"]
    if not to_tell["owners"] and not nobody["items"]:
        return
    yield Text("\nOwners to tell", style="bold")
    table = plain_table("Owner", "Certain", "Possible", "What matters most of theirs")
    for one in to_tell["owners"]:
        teams = ", ".join(str(team["name"]) for team in one["teams"])
        name = f"{one['owner']['name']} ({teams})" if teams else one["owner"]["name"]
        table.add_row(literal(name), *_touched(one["touched"]))
    if nobody["items"]:
        table.add_row(literal("nobody recorded", "yellow"), *_touched(nobody))
    yield table


def _touched(touched: Json) -> tuple[str, str, Text]:
    count = touched["certain"] + touched["possible"]
    shown = [str(item["node"]["label"]) for item in touched["items"]]
    more = f" and {count - len(shown):,} more" if count > len(shown) else ""
    return f"{touched['certain']:,}", f"{touched['possible']:,}", literal(", ".join(shown) + more)


def _evaluations(answer: Json) -> Iterator[RenderableType]:
    if not answer["evaluations"]:
        return
    yield Text("\nEvaluations that would no longer hold (not use: nothing was made from the data)", style="bold")
    table = plain_table("Evaluation", "Of", "On")
    for item in answer["evaluations"]:
        model = urn_text(item["model"]) if item["model"] else literal("–", "dim")
        table.add_row(node_text(item["evaluation"] | {"certainty": item["certainty"]}), model, urn_text(item["data"]))
    yield table
