"""The answer to "by which ways do these two hang together"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from lineage_client.answers.answer import Graphical
from lineage_client.answers.columns import EDGE, NODE, Columns, Recipe, columns_of, through
from lineage_client.answers.graph import Certainty, Edge, Json, Node, Reason, Step, certainty_of


@dataclass(frozen=True, slots=True)
class Path:
    """One way from the first to the second: where it begins, its steps, how sure it is, and in words.

    ``direction`` is where the second lies. ``length`` counts the steps without those between two names for one thing.
    """

    start: Node
    steps: tuple[Step, ...]
    length: int
    certainty: Certainty
    summary: str
    direction: str

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Everything on the way, both ends included."""
        return (self.start, *(step.node for step in self.steps))

    @classmethod
    def read(cls, data: Json) -> Path:
        """The path that the server wrote."""
        steps = tuple(map(Step.read, data["steps"]))
        return cls(
            Node.read(data["start"]),
            steps,
            data["length"],
            certainty_of(data["certainty"]),
            data["summary"],
            data["direction"].lower(),
        )


_Placed = tuple[int, int, Step]
_STEP: Recipe[_Placed] = {
    "path": ("integer", lambda row: row[0]),
    "step": ("integer", lambda row: row[1]),
    **through(EDGE, lambda row: row[2].edge),
    "reaches": ("text", lambda row: row[2].node.urn),
    "label": ("text", lambda row: row[2].node.label),
}
_PATH: Recipe[Path] = {
    "direction": ("text", lambda path: path.direction),
    "length": ("integer", lambda path: path.length),
    "certainty": ("text", lambda path: path.certainty),
    "summary": ("text", lambda path: path.summary),
}


@dataclass(frozen=True, repr=False)
class Paths(Graphical):
    """The simple paths between two entities, the shortest first, of equal ones the surest.

    ``count`` says how many there are; where ``count_is_exact`` is False there are at least that many. ``direction`` is
    where the second lies, seen from the first; ``both`` says that each is upstream of the other. ``shortest`` is None
    where there is no path. ``complete``: every path there is is here; if not, ``reasons`` say why.
    """

    parts: ClassVar[tuple[str, ...]] = ("paths", "steps", "nodes", "edges")

    from_urn: str
    to_urn: str
    paths: tuple[Path, ...]
    count: int
    count_is_exact: bool
    direction: str | None
    both: bool
    shortest: int | None
    complete: bool
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def read(cls, data: Json, from_urn: str, to_urn: str) -> Paths:
        """The answer that the server wrote."""
        direction = data["direction"]
        return cls(
            from_urn,
            to_urn,
            tuple(map(Path.read, data["paths"])),
            data["count"],
            data["countIsExact"],
            direction.lower() if direction else None,
            data["both"],
            data["shortest"],
            data["complete"],
            tuple(reason.lower() for reason in data["reasons"]),
        )

    def graph_nodes(self) -> tuple[Node, ...]:
        """Every node on a path, both ends included."""
        return tuple({node.urn: node for path in self.paths for node in path.nodes}.values())

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
