"""Answers as columns: the one form that pandas, polars and Arrow are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from lineage_client.answers.graph import Edge, Node

ColumnType: TypeAlias = Literal["text", "texts", "integer", "number", "truth", "time"]
Row = TypeVar("Row")
Inner = TypeVar("Inner")
Columns: TypeAlias = Mapping[str, "Column"]


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one type, or None; a type that holds for no rows at all too. Times are aware and in UTC."""

    type: ColumnType
    values: Any
    """A sequence, or an Arrow array."""

    def listed(self) -> Sequence[Any]:
        """The values as Python objects."""
        found: Sequence[Any] = self.values.to_pylist() if self.is_arrow else self.values
        return found

    @property
    def is_arrow(self) -> bool:
        """Whether the values are an Arrow array."""
        return hasattr(self.values, "to_pylist")


Recipe: TypeAlias = Mapping[str, tuple[ColumnType, Callable[[Row], Any]]]
"""The type of each column, and how to read it off a row."""

NODE: Recipe[Node] = {
    "urn": ("text", lambda node: node.urn),
    "kind": ("text", lambda node: node.kind),
    "namespace": ("text", lambda node: node.namespace),
    "name": ("text", lambda node: node.name),
    "version": ("text", lambda node: node.version),
    "label": ("text", lambda node: node.label),
    "depth": ("integer", lambda node: node.depth),
    "certainty": ("text", lambda node: node.certainty),
    "version_unknown": ("truth", lambda node: node.version_unknown),
    "placeholder": ("truth", lambda node: node.placeholder),
    "title": ("text", lambda node: node.title),
    "true_to": ("time", lambda node: node.true_to),
    "direction": ("text", lambda node: node.direction),
    "members": ("texts", lambda node: list(node.members)),
}
EDGE: Recipe[Edge] = {
    "downstream": ("text", lambda edge: edge.downstream),
    "upstream": ("text", lambda edge: edge.upstream),
    "relation": ("text", lambda edge: edge.relation),
    "family": ("text", lambda edge: edge.family),
    "role": ("text", lambda edge: edge.role),
    "evidence": ("text", lambda edge: edge.evidence),
    "confidence": ("number", lambda edge: edge.confidence),
    "version_is": ("text", lambda edge: edge.version_is),
    "event_id": ("text", lambda edge: edge.event_id),
    "producer": ("text", lambda edge: edge.producer),
    "true_from": ("time", lambda edge: edge.true_from),
    "true_to": ("time", lambda edge: edge.true_to),
    "recorded_from": ("time", lambda edge: edge.recorded_from),
}


def columns_of(rows: Iterable[Row], recipe: Recipe[Row]) -> dict[str, Column]:
    """The rows, column by column."""
    found = list(rows)
    return {name: Column(type_, [read(row) for row in found]) for name, (type_, read) in recipe.items()}


def through(recipe: Recipe[Inner], way: Callable[[Row], Inner]) -> Recipe[Row]:
    """The columns of what a row leads to."""

    def bound(read: Callable[[Inner], Any]) -> Callable[[Row], Any]:
        return lambda row: read(way(row))

    return {name: (type_, bound(read)) for name, (type_, read) in recipe.items()}
