"""A page of search results."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.parts import Json, counted, node_text, plain_table, short_name
from registry.cli.terminal import literal, visible


def draw_search(answer: Json) -> RenderableType:
    """The hits, how many there are in all, and how to get the rest."""
    hits = [edge["node"] for edge in answer["edges"]]
    if not hits:
        return Text(
            "Nothing matches. Fewer filters find more; a search looks at whole words and their beginnings.",
            style="yellow",
        )
    table = plain_table("Item", "Name to ask by", "About", "Tags")
    for node in hits:
        about = " ".join(str(part) for part in (node["title"], node["description"]) if part)
        lifecycle = f" [{node['lifecycle']}]" if node["lifecycle"] not in (None, "active") else ""
        table.add_row(
            node_text(node),
            short_name(node["urn"]),
            literal(_shortened(about) + lifecycle),
            literal(", ".join(node["tags"] or ())),
        )
    return Group(table, _total(answer, len(hits)))


def _total(answer: Json, shown: int) -> Text:
    page = answer["pageInfo"]
    total = f"{answer['totalCount']:,}" if answer["totalIsExact"] else f"more than {answer['totalCount']:,}"
    if not page["hasNextPage"]:
        return Text(f"{counted(shown, 'hit')}, the last of {total}.", style="green")
    return Text(
        f"{shown:,} of {total}. More with --limit, or go on with --after {visible(page['endCursor'])}", style="yellow"
    )


def _shortened(text: str, most: int = 120) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
