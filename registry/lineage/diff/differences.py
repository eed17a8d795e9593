"""What differs between two things that correspond, attribute by attribute: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graph_schema.times import format_time
from registry.lineage.answer import Edge, Node
from registry.lineage.diff.answer import AttributeDifference, Difference
from registry.lineage.state import EntityState

_DEEPEST = 6
"""How far JSON is taken apart; what lies deeper is compared as a whole."""
_ABSENT = object()

Values = Mapping[str, Any]


def _time(micros: int | None) -> str | None:
    return None if micros is None else format_time(micros)


_OF_NODES: dict[str, Callable[[Node], Any]] = {
    "certainty": lambda node: node.certainty.value,
    "depth": lambda node: node.depth,
    "placeholder": lambda node: node.placeholder,
    "true_to": lambda node: _time(node.true_to),
    "members": lambda node: list(node.members),
}
_OF_EDGES: dict[str, Callable[[Edge], Any]] = {
    "downstream": lambda edge: edge.downstream,
    "upstream": lambda edge: edge.upstream,
    "family": lambda edge: edge.family,
    "role": lambda edge: edge.role,
    "key": lambda edge: edge.key,
    "evidence": lambda edge: edge.evidence,
    "confidence": lambda edge: edge.confidence,
    "version_is": lambda edge: edge.version_is,
}
_TIMES: dict[str, Callable[[Edge], Any]] = {
    "true_from": lambda edge: _time(edge.true_from),
    "true_to": lambda edge: _time(edge.true_to),
}


def node_differences(
    before: Node, after: Node, older: EntityState | None, newer: EntityState | None
) -> tuple[AttributeDifference, ...]:
    """How two nodes stand in their answers, and what is recorded of them; states are needed where that may differ.

    Against another thing that nobody described yet, there is nothing to compare.
    """
    standing = compare(_read(before, _OF_NODES), _read(after, _OF_NODES))
    undescribed = before.urn != after.urn and (before.placeholder or after.placeholder)
    if older is None or newer is None or undescribed:
        return standing
    return standing + state_differences(older, newer)


def state_differences(older: EntityState, newer: EntityState) -> tuple[AttributeDifference, ...]:
    """What is recorded of one thing and of another; JSON is taken apart."""
    return compare(flatten(older.attributes), flatten(newer.attributes))


def edge_differences(before: Edge, after: Edge) -> tuple[AttributeDifference, ...]:
    """What differs; an edge between other things began at another time, which says nothing."""
    same_ends = (before.downstream, before.upstream) == (after.downstream, after.upstream)
    fields = _OF_EDGES | _TIMES if same_ends else _OF_EDGES
    return compare(_read(before, fields), _read(after, fields))


def compare(before: Values, after: Values) -> tuple[AttributeDifference, ...]:
    """Values by name against values by name, in the order in which they come; None is no value."""
    names = dict.fromkeys((*before, *after))
    found = []
    for name in names:
        old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
        if not _same(old, new):
            change = (
                Difference.ADDED if old is _ABSENT else Difference.REMOVED if new is _ABSENT else Difference.CHANGED
            )
            found.append(
                AttributeDifference(name, change, None if old is _ABSENT else old, None if new is _ABSENT else new)
            )
    return tuple(found)


def flatten(attributes: Values) -> dict[str, Any]:
    """Objects taken apart: ``parameters.optimizer.rate``. Lists and empty objects stay whole."""
    found: dict[str, Any] = {}
    _flatten(found, "", attributes, 0)
    return found


def _flatten(found: dict[str, Any], prefix: str, values: Values, depth: int) -> None:
    for name, value in sorted(values.items()):
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            _flatten(found, f"{prefix}{name}.", value, depth + 1)
        else:
            found[f"{prefix}{name}"] = value


def _read(thing: Any, fields: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    read = {name: get(thing) for name, get in fields.items()}
    return {name: value for name, value in read.items() if value is not None}


def _same(old: Any, new: Any) -> bool:
    # True equals 1 in Python, but a switch that became a number did change.
    return old is new or (isinstance(old, bool) == isinstance(new, bool) and bool(old == new))
