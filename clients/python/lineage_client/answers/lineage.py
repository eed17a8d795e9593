"""The answer to "what was it made from" and "what was made from it": a subgraph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from lineage_client.answers.answer import Graphical, Origin, pages_of
from lineage_client.answers.columns import EDGE, NODE, Columns, columns_of
from lineage_client.answers.graph import Completeness, Edge, Json, Node


@dataclass(frozen=True, repr=False)
class Lineage(Graphical):
    """The subgraph that a walk found, in the server's stable order.

    ``start`` has depth 0; ``nodes`` are the others, nearest first; ``edges`` join reported nodes. ``direction`` is
    upstream, downstream or both.
    """

    parts: ClassVar[tuple[str, ...]] = ("nodes", "edges")

    start: tuple[Node, ...]
    direction: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    completeness: Completeness
    origin: Origin[Lineage] | None = field(default=None, compare=False)

    @classmethod
    def read(cls, data: Json, origin: Origin[Lineage] | None = None) -> Lineage:
        """The answer that the server wrote."""
        return cls(
            tuple(map(Node.read, data["start"])),
            data["direction"].lower(),
            tuple(map(Node.read, data["nodes"])),
            tuple(map(Edge.read, data["edges"])),
            Completeness.read(data["completeness"]),
            origin,
        )

    @classmethod
    def over(cls, pages: Sequence[Lineage]) -> Lineage:
        """Consecutive pages as one answer."""
        nodes = _different(node for page in pages for node in page.nodes)
        edges = tuple(dict.fromkeys(edge for page in pages for edge in page.edges))
        completeness = Completeness.over([page.completeness for page in pages], nodes=len(nodes), edges=len(edges))
        return cls(pages[0].start, pages[0].direction, nodes, edges, completeness, pages[-1].origin)

    def pages(self, *, deeper: bool = False) -> Iterator[Lineage]:
        """The answer itself and the following ones, each fetched when it is reached.

        To the end of what was asked for; where a depth was given, ``deeper`` goes on behind it, so far again each time.
        """
        return pages_of(self, self.origin, self.completeness, deeper=deeper)

    def graph_nodes(self) -> tuple[Node, ...]:
        """The starts and the nodes."""
        return _different((*self.start, *self.nodes))

    def graph_edges(self) -> tuple[Edge, ...]:
        """The edges."""
        return self.edges

    def _columns(self, part: str) -> Columns:
        if part == "edges":
            return columns_of(self.edges, EDGE)
        return columns_of(self.graph_nodes(), NODE)

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)


def _different(nodes: Iterator[Node] | Sequence[Node]) -> tuple[Node, ...]:
    found: dict[str, Node] = {}
    for node in nodes:
        found.setdefault(node.urn, node)
    return tuple(found.values())
