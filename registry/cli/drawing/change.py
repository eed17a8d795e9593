"""What a change would do: who breaks for certain, who may, who is safe; why; what to validate again."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from registry.cli.drawing.completeness import completeness_text
from registry.cli.drawing.parts import Json, counted, node_text, owners_text, plain_table
from registry.cli.terminal import literal

_VERDICTS = (
    ("CERTAIN", "Breaks for certain", "bold red"),
    ("POSSIBLE", "May break", "bold yellow"),
    ("SAFE", "Is not touched", "bold green"),
)


def draw_change(answer: Json) -> RenderableType:
    """The whole assessment, the worst first."""
    parts: list[RenderableType] = [_heading(answer)]
    for verdict, title, style in _VERDICTS:
        items = [item for item in answer["items"] if item["verdict"] == verdict]
        if items:
            parts += [Text(f"\n{title}", style=style), _items(items)]
    parts += [*_models(answer), *_evaluations(answer), completeness_text(answer["completeness"])]
    return Group(*parts)


def _heading(answer: Json) -> Text:
    if not answer["certain"] + answer["possible"] + answer["safe"]:
        return Text("Nothing is recorded that this change would touch.")
    text = Text(f"{counted(answer['certain'], 'item')} would break for certain, ")
    return text.append(f"{answer['possible']:,} may, {answer['safe']:,} would not be touched.")


def _items(items: list[Json]) -> Table:
    table = plain_table("Kind", "Item", "Owner", "Why", "Rule")
    table.columns[1].min_width = 12
    last = None
    for judged in items:
        node = judged["item"]["node"]
        shown = literal(node["kind"], "cyan") if node["kind"] != last else Text()
        last = node["kind"]
        name = node_text(node | {"kind": "", "certainty": ""})
        name.rstrip()
        owners = owners_text(judged["item"]["owners"])
        table.add_row(shown, name, owners, literal(judged["reason"]), literal(judged["rule"], "dim"))
    return table


def _models(answer: Json) -> Iterator[RenderableType]:
    if answer["models"]:
        models = [judged["item"]["node"] for judged in answer["models"]]
        labels = [literal(str(node["label"])) for node in models]
        yield Text("\nModels to validate again: ", style="bold").append(Text(", ").join(labels))


def _evaluations(answer: Json) -> Iterator[RenderableType]:
    if not answer["evaluations"]:
        return
    yield Text("\nEvaluations to repeat", style="bold")
    table = plain_table("Evaluation", "Why")
    for item in answer["evaluations"]:
        table.add_row(node_text(item["evaluation"]), literal(item["reason"]))
    yield table
