"""Comparing two answers: a pure function, whose result leads from the one to the other and back."""

from __future__ import annotations

from dataclasses import dataclass

from registry.lineage.answer import Edge, LineageAnswer, Node
from registry.lineage.diff.answer import (
    AttributeDifference,
    Counts,
    Difference,
    EdgeDifference,
    NodeDifference,
    count,
)
from registry.lineage.diff.differences import edge_differences, node_differences
from registry.lineage.diff.matching import Matching
from registry.lineage.diff.wording import edge_sentence, node_sentence
from registry.lineage.reading import edge_order
from registry.lineage.state import EntityState

States = dict[str, EntityState]
"""What is recorded of entities, by URN."""

_ORDER = tuple(Difference)


@dataclass(frozen=True, slots=True)
class Compared:
    """The differences in their order, and how many there are of each sort."""

    nodes: tuple[NodeDifference, ...]
    edges: tuple[EdgeDifference, ...]
    node_counts: Counts
    edge_counts: Counts


def compare_answers(
    before: LineageAnswer, after: LineageAnswer, matching: Matching, older: States, newer: States
) -> Compared:
    """What differs between two answers, given what corresponds.

    ``older`` and ``newer`` are the states of nodes that correspond; those that cannot differ may be left out.
    """
    nodes, same_nodes = _nodes(matching, older, newer, before, after)
    edges, same_edges = _edges(matching, before, after)
    return Compared(tuple(nodes), tuple(edges), count(nodes, same_nodes), count(edges, same_edges))


def _nodes(
    matching: Matching, older: States, newer: States, before: LineageAnswer, after: LineageAnswer
) -> tuple[list[NodeDifference], int]:
    found = []
    for one, other in matching.nodes:
        told = node_differences(one, other, older.get(one.urn), newer.get(other.urn))
        if told or one.urn != other.urn:
            found.append(_node(one, other, told, sure=True))
    sure = after.completeness.complete
    found += [_node(node, None, (), sure=sure) for node in matching.removed]
    sure = before.completeness.complete
    found += [_node(None, node, (), sure=sure) for node in matching.added]
    unchanged = len(matching.nodes) - sum(item.before is not None and item.after is not None for item in found)
    return sorted(found, key=_node_order), unchanged


def _node(
    before: Node | None, after: Node | None, told: tuple[AttributeDifference, ...], *, sure: bool
) -> NodeDifference:
    change = _change(before and before.urn, after and after.urn)
    return NodeDifference(change, before, after, told, sure, node_sentence(before, after, told, sure=sure))


def _change(before: object, after: object) -> Difference:
    if before is None:
        return Difference.ADDED
    if after is None:
        return Difference.REMOVED
    return Difference.CHANGED if before == after else Difference.REPLACED


def _node_order(item: NodeDifference) -> tuple[int, str, str, int]:
    shown = item.after or item.before
    if shown is None:
        raise ValueError("a difference has at least one side")
    return shown.depth, shown.kind, shown.urn, _ORDER.index(item.change)


def _edges(matching: Matching, before: LineageAnswer, after: LineageAnswer) -> tuple[list[EdgeDifference], int]:
    found = [
        _edge(one, other, told, sure=True) for one, other in matching.edges if (told := edge_differences(one, other))
    ]
    unchanged = len(matching.edges) - len(found)
    found += [_edge(edge, None, (), sure=after.completeness.complete) for edge in matching.removed_edges]
    found += [_edge(None, edge, (), sure=before.completeness.complete) for edge in matching.added_edges]
    return sorted(found, key=_edge_order), unchanged


def _edge(
    before: Edge | None, after: Edge | None, told: tuple[AttributeDifference, ...], *, sure: bool
) -> EdgeDifference:
    change = _change(before and before[:2], after and after[:2])
    return EdgeDifference(change, before, after, told, sure, edge_sentence(before, after, told, sure=sure))


def _edge_order(item: EdgeDifference) -> tuple[object, ...]:
    shown = item.after or item.before
    if shown is None:
        raise ValueError("a difference has at least one side")
    return *edge_order(shown), _ORDER.index(item.change)
