"""The answer to "by which ways do these two hang together"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lineage_client.answers.answer import Graphical
from lineage_client.answers.columns import EDGE, NODE, Columns, Recipe, columns_of, through
from lineage_client.answers.graph import Certainty, Edge, Json, Node, Step, certainty_of


@dataclass(frozen=True, slots=True)
class Path:
    """One way: its steps, how many edges, how sure, and in words."""

    steps: tuple[Step, ...]
    length: int
    certainty: Certainty
    summary: str

    @classmethod
    def read(cls, data: Json) -> Path:
        """The path that the server wrote."""
        steps = tuple(map(Step.read, data["steps"]))
        return cls(steps, data["length"], certainty_of(data["certainty"]), data.get("summary") or "")


_Placed = tuple[int, int, Step]
_STEP: Recipe[_Placed] = {
    "path": ("integer", lambda row: row[0]),
    "step": ("integer", lambda row: row[1]),
    **through(EDGE, lambda row: row[2].edge),
    "reaches": ("text", lambda row: row[2].node.urn),
    "label": ("text", lambda row: row[2].node.label),
}
_PATH: Recipe[Path] = {
    "length": ("integer", lambda path: path.length),
    "certainty": ("text", lambda path: path.certainty),
    "summary": ("text", lambda path: path.summary),
}


@dataclass(frozen=True, repr=False)
class Paths(Graphical):
    """The simple paths between two entities, the shortest first.

    ``count`` says how many there are; where ``count_is_exact`` is False there are more than that. ``direction`` is
    where ``to`` lies, seen from the first; ``shortest`` is None where there is no path.
    """

    parts: ClassVar[tuple[str, ...]] = ("paths", "steps", "nodes", "edges")

    from_urn: str
    to_urn: str
    paths: tuple[Path, ...]
    count: int
    count_is_exact: bool
    direction: str | None
    shortest: int | None

    @classmethod
    def read(cls, data: Json, from_urn: str, to_urn: str) -> Paths:
        """The answer that the server wrote."""
        direction = data.get("direction")
        return cls(
            from_urn,
            to_urn,
            tuple(map(Path.read, data["paths"])),
            data["count"],
            data["countIsExact"],
            direction.lower() if direction else None,
            data.get("shortest"),
        )

    @property
    def complete(self) -> bool:
        """Whether every path is here."""
        return self.count_is_exact and self.count == len(self.paths)

    def graph_nodes(self) -> tuple[Node, ...]:
        """The one that the paths start from, of which only the name is at hand, and every node on a path."""
        found = {self.from_urn: Node.named(self.from_urn)}
        found.update((step.node.urn, step.node) for path in self.paths for step in path.steps)
        return tuple(found.values())

    def graph_edges(self) -> tuple[Edge, ...]:
        """Every edge on a path."""
        return tuple(dict.fromkeys(step.edge for path in self.paths for step in path.steps))

    def _columns(self, part: str) -> Columns:
        if part == "steps":
            rows = [
                (place, number, step)
                for place, path in enumerate(self.paths)
                for number, step in enumerate(path.steps, 1)
            ]
            return columns_of(rows, _STEP)
        if part == "nodes":
            return columns_of(self.graph_nodes(), NODE)
        return columns_of(self.graph_edges(), EDGE) if part == "edges" else columns_of(self.paths, _PATH)

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths)
