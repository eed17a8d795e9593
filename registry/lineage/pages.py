"""What comes on which page, where a bounded walk is gone on with by greater bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from registry.lineage.answer import Edge, Node
from registry.lineage.reading import EdgeName, edge_order


@dataclass(frozen=True, slots=True)
class Listed:
    """The nodes of all pages: what the smaller bounds show, one after another, then what the bound itself adds.

    What a greater bound shows otherwise (certain, with more members) is listed again. ``new`` is where that begins
    which the bound itself adds; ``known`` are the edges that the smaller bounds show.
    """

    nodes: list[Node]
    new: int = 0
    known: frozenset[EdgeName] = frozenset()

    def edges_on(self, starts: Iterable[Node], edges: Iterable[Edge], offset: int, end: int) -> list[Edge]:
        """Those edges that are on the page from ``offset`` to before ``end``, in a stable order.

        Each is on the page of its later end, those between starts on the first; what leads between nodes that came
        before is on the first page of its bound.
        """
        place = {node.urn: -1 for node in starts}
        place.update((node.urn, number) for number, node in enumerate(self.nodes))
        shown = []
        for edge in edges:
            below, above = place.get(edge[0]), place.get(edge[1])
            if below is None or above is None or edge_order(edge) in self.known:
                continue
            at = max(below, above)
            if offset <= at < end or (0 <= at < self.new and offset == self.new) or (at < 0 and offset == 0):
                shown.append(edge)
        return sorted(shown, key=edge_order)


def list_by_bound(pages: Sequence[Sequence[Node]], known: Iterable[Edge]) -> Listed:
    """List what bounds show, the smallest first; ``known`` are the edges that all but the last show."""
    nodes, new = list[Node](), 0
    for shown in pages:
        new, before = len(nodes), set(nodes)
        nodes += [node for node in shown if node not in before]
    return Listed(nodes, new, frozenset(map(edge_order, known)))
