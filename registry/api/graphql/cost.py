"""What a document may make the database read, estimated from its arguments before it runs.

Bounds on depth and fields do not bound this: three nested lists of five hundred are few fields and many reads.
The unit is about one entity read. Fragments are measured once, so the estimate costs no more than reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from registry.api.graphql.arguments import MAX_HISTORY, MAX_PAGE
from registry.errors import DocumentTooCostlyError

MAX_COST = 20_000
_READS = frozenset({"entity", "owners", "event"})


class _Size(NamedTuple):
    """The argument that bounds what a field returns, its default and the most it may be."""

    argument: str
    default: int
    most: int


_PAGES = {
    "search": _Size("first", 20, MAX_PAGE),
    "auditEntries": _Size("first", 100, MAX_PAGE),
    "versions": _Size("first", 20, MAX_PAGE),
    "neighbours": _Size("first", 50, MAX_PAGE),
    "hasMoreNeighbours": _Size("first", 50, MAX_PAGE),
    "history": _Size("first", 100, MAX_HISTORY),
    "hasMoreHistory": _Size("first", 100, MAX_HISTORY),
    "findings": _Size("first", 50, MAX_PAGE),
    "hasMoreFindings": _Size("first", 50, MAX_PAGE),
}
_WALKS = {"lineage": 1, "impact": 1, "lineageDiff": 2}
"""How often each field walks."""
_SHORT_LISTS = {"path": 5, "steps": 10}
_PATHS = frozenset({"paths", "allPaths"})
"""Fields that search for ways, ``most`` of which they return; those without arguments are only a list of them."""
_MOST_PATHS = _Size("most", 20, 1_000)
_CHOOSING = frozenset({"kinds", "report", "reportVia", "within", "stopAt", "rollUp", "after"})
"""Arguments that make a walk read more than it reports."""
_ALL_OF_IT = 400
"""What it may cost to read all that a walk reaches, whatever is reported of it."""
_ASSESSED = 5
"""How many walks it takes to assess a change, about."""
_WALK = 100
_SEARCH = 10
_LISTED_PATH = 0.5
_WALKED_PER_UNIT = 100
"""Nodes of a walk come in columns, a hundred for the price of one entity."""


class _Price(NamedTuple):
    """What is read: units, and nodes of walks. Floats, because a product of many page sizes has no bound."""

    units: float = 0.0
    nodes: float = 0.0

    def beside(self, other: _Price) -> _Price:
        return _Price(self.units + other.units, self.nodes + other.nodes)


def check_cost(
    document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any], max_nodes: int
) -> None:
    """Raise DocumentTooCostlyError where the operation may read more than ``MAX_COST`` units.

    Or where its walks together may report more than ``max_nodes`` nodes. The document is one that
    :func:`registry.api.graphql.limits.check_limits` let through.
    """
    operation = _operation(document, operation_name)
    if operation is None:
        return
    fragments = {item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)}
    defaults = {item.variable.name.value: _literal(item.default_value) for item in operation.variable_definitions or ()}
    price = _Estimate(fragments, defaults | dict(variables), max_nodes).of(operation.selection_set)
    if price.nodes > max_nodes:
        raise DocumentTooCostlyError(
            f"The walks of the document may report {price.nodes:.0f} nodes; all of one document share {max_nodes}.",
            hint="Lower their `limit`, or ask in several documents. LINEAGE_MAX_NODES sets the most.",
            limit="nodes",
            maximum=max_nodes,
        )
    if price.units > MAX_COST:
        raise DocumentTooCostlyError(
            f"The document may read about {price.units:.2g} entities; at most {MAX_COST} are read for one.",
            hint="Ask for smaller pages (`first`, `limit`), or for what is nested in a second document.",
            limit="cost",
            maximum=MAX_COST,
        )


@dataclass(slots=True)
class _Estimate:
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    max_nodes: int
    known: dict[str, _Price] = field(default_factory=dict)

    def of(self, selections: SelectionSetNode | None) -> _Price:
        """The price of a selection."""
        total = _Price()
        for node in selections.selections if selections else ():
            if isinstance(node, FragmentSpreadNode):
                total = total.beside(self._of_fragment(node.name.value))
            elif isinstance(node, FieldNode):
                total = total.beside(self._of_field(node))
            else:
                total = total.beside(self.of(getattr(node, "selection_set", None)))
        return total

    def _of_fragment(self, name: str) -> _Price:
        if name not in self.known:
            fragment = self.fragments.get(name)
            self.known[name] = self.of(fragment.selection_set) if fragment else _Price()
        return self.known[name]

    def _of_field(self, node: FieldNode) -> _Price:
        name, (inside, nodes) = node.name.value, self.of(node.selection_set)
        if name in _WALKS:
            walks, size = _WALKS[name], self._size(node, _Size("limit", 1_000, self.max_nodes))
            return _Price(walks * (self._walk(node, size) + size * inside), nodes + walks * size)
        if name in _PATHS and (node.arguments or name == "allPaths"):
            size = self._size(node, _MOST_PATHS)
            search = _WALK if name == "paths" else _SEARCH
            return _Price(search + size * (_LISTED_PATH + inside), nodes + size * _SHORT_LISTS["steps"])
        if name in _PAGES:
            return _Price(self._size(node, _PAGES[name]) * (1 + inside), nodes)
        return _Price((name in _READS) + _SHORT_LISTS.get(name, 1) * inside, nodes)

    def _walk(self, node: FieldNode, size: int) -> float:
        """What a walk may read. Where something is chosen or ordered among all that it reaches, that is all of it."""
        given = {item.name.value for item in node.arguments or ()}
        reads_all = node.name.value == "impact" or not given.isdisjoint(_CHOOSING)
        price = _WALK + size / _WALKED_PER_UNIT + (_ALL_OF_IT if reads_all else 0)
        return price * (_ASSESSED if "change" in given else 1)

    def _size(self, node: FieldNode, size: _Size) -> int:
        given = next((item.value for item in node.arguments or () if item.name.value == size.argument), None)
        value = self.variables.get(given.name.value) if isinstance(given, VariableNode) else _literal(given)
        # What is no size at all reads nothing: the executor or the field refuses it by name.
        return value if isinstance(value, int) and 0 < value <= size.most else min(size.default, size.most)


def _literal(node: ValueNode | None) -> int | None:
    # A number too long to be one is refused by validation; its digits are not converted here.
    return int(node.value) if isinstance(node, IntValueNode) and len(node.value) <= 12 else None


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    for item in document.definitions:
        if isinstance(item, OperationDefinitionNode) and (name is None or (item.name and item.name.value == name)):
            return item
    return None
