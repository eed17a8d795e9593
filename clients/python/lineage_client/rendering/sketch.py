"""What is to be drawn of an answer: the boxes and arrows of it that fit, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lineage_client.answers.answer import Graphical
from lineage_client.answers.graph import Edge, Node

MOST = 60
"""Boxes in one drawing, if not said: what a person can still read."""
MOST_EVER = 400
ARROWS_PER_BOX = 3
"""Arrows for each box that a drawing may have: with more, no line can be followed, and laying them out takes long."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A graph to draw. ``hidden`` counts, for each box, its neighbours that are not drawn."""

    title: str
    boxes: tuple[Node, ...]
    arrows: tuple[Edge, ...]
    starts: frozenset[str]
    left_out: Mapping[str, int]
    """How many nodes of each kind are not drawn, the most first."""
    hidden: Mapping[str, int]
    arrows_left_out: int = 0
    """How many arrows between boxes that are drawn are not."""

    @property
    def leaves_out(self) -> int:
        """How many nodes are not drawn."""
        return sum(self.left_out.values())

    @property
    def caption(self) -> str:
        """What is drawn of how much, in words."""
        arrows = _counted(len(self.arrows), "edge")
        if self.arrows_left_out:
            arrows = f"{len(self.arrows)} of {len(self.arrows) + self.arrows_left_out} edges between them"
        if not self.leaves_out:
            return f"{_counted(len(self.boxes), 'node')}, {arrows}{' drawn' if self.arrows_left_out else ''}."
        kinds = ", ".join(f"{count} {kind}" for kind, count in list(self.left_out.items())[:4])
        more = ", …" if len(self.left_out) > 4 else ""
        return f"{len(self.boxes)} of {len(self.boxes) + self.leaves_out} nodes and {arrows} drawn; not drawn: {kinds}{more}."


def sketch_of(answer: Graphical, title: str, most: int | None = None) -> Sketch:
    """The starts and as many of the others as fit, nearest first, each with what joins it to them.

    Raises ValueError where ``most`` is not from 2 to ``MOST_EVER``.
    """
    limit = MOST if most is None else most
    if not 2 <= limit <= MOST_EVER:
        raise ValueError(f"most is {limit}; a drawing has from 2 to {MOST_EVER} nodes.")
    nodes, edges = answer.graph_nodes(), answer.graph_edges()
    chosen = _chosen(nodes, edges, limit)
    kinds = Counter(node.kind for node in nodes if node.urn not in chosen)
    between = list(_joined(edge for edge in edges if edge.downstream in chosen and edge.upstream in chosen))
    arrows = _fewer(between, ARROWS_PER_BOX * limit)
    return Sketch(
        title,
        tuple(node for node in nodes if node.urn in chosen),
        tuple(arrows),
        frozenset(node.urn for node in nodes if node.depth == 0),
        dict(kinds.most_common()),
        _hidden(edges, chosen),
        len(between) - len(arrows),
    )


def _chosen(nodes: Sequence[Node], edges: Sequence[Edge], most: int) -> set[str]:
    """The nearest to the starts. The others keep the order of the answer, which is the one that matters."""
    if len(nodes) <= most:
        return {node.urn for node in nodes}
    ranked = sorted(enumerate(nodes), key=lambda placed: (placed[1].depth, placed[0]))
    wanted = [node.urn for _, node in ranked]
    joined = {end for edge in edges for end in (edge.downstream, edge.upstream)}
    return set([*(urn for urn in wanted if urn in joined), *(urn for urn in wanted if urn not in joined)][:most])


def _joined(edges: Iterable[Edge]) -> Iterable[Edge]:
    """One arrow for each pair of ends and relation: parallel edges would lie on one another."""
    found: dict[tuple[str, str, str, str | None], Edge] = {}
    for edge in edges:
        found.setdefault((edge.downstream, edge.upstream, edge.relation, edge.role), edge)
    return found.values()


def _fewer(arrows: Sequence[Edge], most: int) -> Sequence[Edge]:
    """At most so many arrows, those first that are the first at one of their ends."""
    if len(arrows) <= most:
        return arrows
    met: set[str] = set()
    first: list[Edge] = []
    others: list[Edge] = []
    for arrow in arrows:
        (others if {arrow.downstream, arrow.upstream} <= met else first).append(arrow)
        met |= {arrow.downstream, arrow.upstream}
    return [*first, *others][:most]


def _hidden(edges: Iterable[Edge], chosen: set[str]) -> dict[str, int]:
    beyond: dict[str, set[str]] = {}
    for edge in edges:
        for here, there in ((edge.downstream, edge.upstream), (edge.upstream, edge.downstream)):
            if here in chosen and there not in chosen:
                beyond.setdefault(here, set()).add(there)
    return {urn: len(others) for urn, others in beyond.items()}


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
