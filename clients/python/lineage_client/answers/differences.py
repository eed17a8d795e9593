"""What differs between two answers: attributes, nodes, edges and runs, each with both of its sides."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from lineage_client.answers.columns import EDGE, NODE, Recipe, through
from lineage_client.answers.graph import Edge, Json, Node

S = TypeVar("S")
Difference: TypeAlias = Literal["added", "removed", "changed", "replaced"]
"""Changed: the same thing, not as it was. Replaced: another version of it, or the run that made it, took its place."""


@dataclass(frozen=True, slots=True)
class AttributeDifference:
    """One attribute that differs; parts of JSON have names as ``parameters.optimizer.rate``.

    ``before`` is None for what was added, ``after`` for what was removed; either may be an explicit null besides.
    """

    name: str
    change: Difference
    before: Any
    after: Any

    @classmethod
    def read(cls, data: Json) -> AttributeDifference:
        """The difference that the server wrote."""
        return cls(data["name"], _difference(data["change"]), data["before"], data["after"])


@dataclass(frozen=True, slots=True)
class NodeDifference:
    """One entity that differs, or two that took each other's place.

    ``before`` is None for what was added, ``after`` for what was removed. ``sure`` is False where the side that lacks
    it is not complete: it may be there all the same. ``sentence`` says it in words.
    """

    change: Difference
    before: Node | None
    after: Node | None
    attributes: tuple[AttributeDifference, ...]
    sure: bool
    sentence: str

    @property
    def node(self) -> Node:
        """The newer of its sides, the older where there is no newer one."""
        return _either(self.after, self.before)

    @classmethod
    def read(cls, data: Json) -> NodeDifference:
        """The difference that the server wrote."""
        return cls(
            _difference(data["change"]),
            _node(data["before"]),
            _node(data["after"]),
            tuple(map(AttributeDifference.read, data["attributes"])),
            data["sure"],
            data["sentence"],
        )


@dataclass(frozen=True, slots=True)
class EdgeDifference:
    """One edge that differs, told as a :class:`NodeDifference`; a replaced end is among the attributes."""

    change: Difference
    before: Edge | None
    after: Edge | None
    attributes: tuple[AttributeDifference, ...]
    sure: bool
    sentence: str

    @property
    def edge(self) -> Edge:
        """The newer of its sides, the older where there is no newer one."""
        return _either(self.after, self.before)

    @classmethod
    def read(cls, data: Json) -> EdgeDifference:
        """The difference that the server wrote."""
        return cls(
            _difference(data["change"]),
            _edge(data["before"]),
            _edge(data["after"]),
            tuple(map(AttributeDifference.read, data["attributes"])),
            data["sure"],
            data["sentence"],
        )


@dataclass(frozen=True, slots=True)
class RunComparison:
    """The runs that made the two things: parameters, seed, code, environment, software.

    Without attributes they were made alike, as far as is recorded.
    """

    before: Node
    after: Node
    attributes: tuple[AttributeDifference, ...]
    sentence: str

    @classmethod
    def read(cls, data: Json) -> RunComparison:
        """The comparison that the server wrote."""
        attributes = tuple(map(AttributeDifference.read, data["attributes"]))
        return cls(Node.read(data["before"]), Node.read(data["after"]), attributes, data["sentence"])


NODES: Recipe[NodeDifference] = {
    "change": ("text", lambda item: item.change),
    **through(NODE, lambda item: item.node),
    "before": ("text", lambda item: item.before.urn if item.before else None),
    "after": ("text", lambda item: item.after.urn if item.after else None),
    "sure": ("truth", lambda item: item.sure),
    "sentence": ("text", lambda item: item.sentence),
}
EDGES: Recipe[EdgeDifference] = {
    "change": ("text", lambda item: item.change),
    **through(EDGE, lambda item: item.edge),
    "downstream_before": ("text", lambda item: item.before.downstream if item.before else None),
    "upstream_before": ("text", lambda item: item.before.upstream if item.before else None),
    "sure": ("truth", lambda item: item.sure),
    "sentence": ("text", lambda item: item.sentence),
}
RUNS: Recipe[RunComparison] = {
    "before": ("text", lambda item: item.before.urn),
    "after": ("text", lambda item: item.after.urn),
    "differences": ("integer", lambda item: len(item.attributes)),
    "sentence": ("text", lambda item: item.sentence),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One attribute that differs, and of what: a node, an edge (``urn`` downstream, ``upstream``), or two runs."""

    of: Literal["node", "edge", "run"]
    urn: str
    upstream: str | None
    attribute: AttributeDifference


ATTRIBUTES: Recipe[Told] = {
    "of": ("text", lambda row: row.of),
    "urn": ("text", lambda row: row.urn),
    "upstream": ("text", lambda row: row.upstream),
    "attribute": ("text", lambda row: row.attribute.name),
    "change": ("text", lambda row: row.attribute.change),
    # Of any type in JSON, and a column has one: so they are JSON here.
    "before": ("text", lambda row: None if row.attribute.change == "added" else _written(row.attribute.before)),
    "after": ("text", lambda row: None if row.attribute.change == "removed" else _written(row.attribute.after)),
}


def _difference(text: str) -> Difference:
    found: dict[str, Difference] = {
        "added": "added", "removed": "removed", "changed": "changed", "replaced": "replaced",
    }  # fmt: skip
    return found[text.lower()]


def _node(data: Json | None) -> Node | None:
    return None if data is None else Node.read(data)


def _edge(data: Json | None) -> Edge | None:
    return None if data is None else Edge.read(data)


def _either(newer: S | None, older: S | None) -> S:
    found = older if newer is None else newer
    if found is None:
        raise ValueError("a difference has at least one side")
    return found


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
