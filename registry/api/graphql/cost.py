"""What a document may make the database read, estimated from its arguments before it runs.

Bounds on depth and fields do not bound this: three nested lists of five hundred are few fields and many reads.
The unit is about one entity read. Fragments are measured once, so the estimate costs no more than reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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

from registry.api.graphql.arguments import MAX_PAGE
from registry.errors import DocumentTooCostlyError

MAX_COST = 20_000
_READS = frozenset({"entity", "owners", "versions", "neighbours", "history", "findings", "event"})
_PAGES = {"search": ("first", 20), "versions": ("first", 20), "neighbours": ("first", 50), "findings": ("first", 50)}
_WALKS = {"lineage": ("limit", 1_000), "impact": ("limit", 1_000)}
_SHORT_LISTS = {"path": 5, "history": 10}
_LARGEST = {"first": MAX_PAGE, "limit": 2**31 - 1}
_WALK = 100
_WALKED_PER_UNIT = 100
"""Nodes of a walk come in columns, a hundred for the price of one entity."""


def check_cost(document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]) -> None:
    """Raise DocumentTooCostlyError where the operation may read more than ``MAX_COST`` units.

    The document is one that :func:`registry.api.graphql.limits.check_limits` let through.
    """
    operation = _operation(document, operation_name)
    if operation is None:
        return
    fragments = {item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)}
    defaults = {item.variable.name.value: _literal(item.default_value) for item in operation.variable_definitions or ()}
    cost = _Estimate(fragments, defaults | dict(variables)).of(operation.selection_set)
    if cost > MAX_COST:
        raise DocumentTooCostlyError(
            f"The document may read about {cost:.2g} entities; at most {MAX_COST} are read for one.",
            hint="Ask for smaller pages (`first`, `limit`), or for what is nested in a second document.",
            limit="cost",
            maximum=MAX_COST,
        )


@dataclass(slots=True)
class _Estimate:
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    known: dict[str, float] = field(default_factory=dict)

    def of(self, selections: SelectionSetNode | None) -> float:
        """The cost of a selection. Floats, because a product of many page sizes has no bound."""
        if selections is None:
            return 0.0
        total = 0.0
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode):
                total += self._of_fragment(node.name.value)
            elif isinstance(node, FieldNode):
                total += self._of_field(node)
            else:
                total += self.of(getattr(node, "selection_set", None))
        return total

    def _of_fragment(self, name: str) -> float:
        if name not in self.known:
            fragment = self.fragments.get(name)
            self.known[name] = self.of(fragment.selection_set) if fragment else 0.0
        return self.known[name]

    def _of_field(self, node: FieldNode) -> float:
        name, inside = node.name.value, self.of(node.selection_set)
        if name in _WALKS:
            size = self._size(node, *_WALKS[name])
            return _WALK + size / _WALKED_PER_UNIT + size * inside
        if name in _PAGES:
            size = self._size(node, *_PAGES[name])
            return size * (1 + inside)
        return (name in _READS) + _SHORT_LISTS.get(name, 1) * inside

    def _size(self, node: FieldNode, argument: str, default: int) -> int:
        given = next((item.value for item in node.arguments or () if item.name.value == argument), None)
        value = self.variables.get(given.name.value) if isinstance(given, VariableNode) else _literal(given)
        # What is no size at all reads nothing: the executor or the field refuses it by name.
        return value if isinstance(value, int) and 0 < value <= _LARGEST[argument] else default


def _literal(node: ValueNode | None) -> int | None:
    # A number too long to be one is refused by validation; its digits are not converted here.
    return int(node.value) if isinstance(node, IntValueNode) and len(node.value) <= 12 else None


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    for item in document.definitions:
        if isinstance(item, OperationDefinitionNode) and (name is None or (item.name and item.name.value == name)):
            return item
    return None
