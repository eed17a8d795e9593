"""A lineage answer: a tree where that can be read, a table where it cannot."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from registry.cli.drawing.completeness import completeness_text
from registry.cli.drawing.parts import (
    Json,
    counted,
    edge_text,
    evidence_text,
    node_text,
    plain_table,
    short_name,
    urn_text,
)

_DEEPEST_TREE = 14
"""Levels that still fit beside each other on a terminal."""
_MOST_LINES = 2_000
_MORE = "… more edges than are drawn here: --json has all of them"


def draw_lineage(answer: Json, *, filtered: bool, why: bool) -> RenderableType:
    """What a walk reached. ``filtered``: only some kinds were asked for, so the nodes do not hang together."""
    if not answer["nodes"]:
        return Group(
            *(node_text(node) for node in answer["start"]), _nothing(answer), completeness_text(answer["completeness"])
        )
    flat = filtered or answer["completeness"]["depth"] > _DEEPEST_TREE
    parts = [_table(answer)] if flat else list(_trees(answer, why=why))
    return Group(*parts, completeness_text(answer["completeness"]))


def _nothing(answer: Json) -> Text:
    return Text(f"Nothing {str(answer['direction']).lower()} of it is recorded.", style="yellow")


def _table(answer: Json) -> RenderableType:
    table = plain_table("Depth", "Item", "Name to ask by")
    for node in answer["nodes"]:
        table.add_row(str(node["depth"]), node_text(node), short_name(node["urn"]))
    return table


def _trees(answer: Json, *, why: bool) -> Iterator[RenderableType]:
    """One tree for each start that leads anywhere, then what no drawn edge leads to."""
    drawing = _Drawing(answer, why=why)
    starts = [node for node in answer["start"] if node["urn"] in drawing.next] or answer["start"][:1]
    drawing.seen.update(node["urn"] for node in starts)
    for node in starts:
        yield drawing.tree(node)
    left = [node for node in answer["nodes"] if node["urn"] not in drawing.seen]
    if left and not drawing.full:
        yield Text(f"Also reached ({counted(len(left), 'item')}):")
        for node in left:
            yield Text("  ").append(node_text(node))


class _Drawing:
    """Walks an answer outwards; every node is expanded once, where it is nearest to the start."""

    def __init__(self, answer: Json, *, why: bool) -> None:
        self._nodes = {node["urn"]: node for node in [*answer["start"], *answer["nodes"]]}
        self._why = why
        self._lines = 0
        self.seen: set[str] = set()
        self.next: dict[str, list[tuple[str, Json]]] = defaultdict(list)
        near, far = (
            ("downstream", "upstream") if str(answer["direction"]).upper() == "UPSTREAM" else ("upstream", "downstream")
        )
        for edge in answer["edges"]:
            self.next[edge[near]].append((edge[far], edge))

    @property
    def full(self) -> bool:
        """Whether as much is drawn as anybody reads."""
        return self._lines >= _MOST_LINES

    def tree(self, start: Json) -> Tree:
        """The tree below one start."""
        root = Tree(node_text(start), guide_style="dim")
        queue = deque([(start["urn"], root)])
        while queue and not self.full:
            urn, branch = queue.popleft()
            for target, edge in self.next.get(urn, ()):
                first = target not in self.seen
                self.seen.add(target)
                child = branch.add(self._line(target, edge, first=first))
                self._lines += 1
                if first:
                    queue.append((target, child))
        if self.full:
            root.add(Text(_MORE, style="yellow"))
        return root

    def _line(self, urn: str, edge: Json, *, first: bool) -> Text:
        node = self._nodes.get(urn)
        text = edge_text(edge).append(" ").append(node_text(node) if node else urn_text(urn))
        if not first:
            text.append("  (see above)", style="dim")
        return text.append("  ").append(evidence_text(edge)) if self._why else text
