"""Differences in words: one sentence each, that a non-specialist reads, the same every time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from graph_schema.urn import UrnError, label, parse_urn
from registry.lineage.answer import Direction, Edge, Node
from registry.lineage.diff.answer import AttributeDifference, Counts, Difference
from registry.lineage.explanation import relation_phrase

_MOST_TOLD = 4
_LONGEST_VALUE = 60
_FIRST_TOLD = (
    "certainty", "lifecycle", "true_to", "title", "digest", "rows", "seed", "code_commit", "state", "environment",
)  # fmt: skip
"""What matters most is told before the rest, which goes by name."""
_WORDS = {
    "true_to": "its end", "true_from": "its beginning", "version_is": "how exact the version is",
    "key": "what tells it apart", "code_commit": "the code commit", "created_at": "when it was made",
}  # fmt: skip
_ENDS = frozenset({"downstream", "upstream"})


def called(node: Node) -> str:
    """How a person calls a node in the middle of a sentence."""
    return _run(node.kind, node.label)


def called_by_name(urn: str) -> str:
    """The same where only the name is known."""
    try:
        name = parse_urn(urn)
    except UrnError:
        return urn
    return _run(name.kind, label(name.name, name.version, version_unknown=name.version_unknown))


def node_sentence(
    before: Node | None, after: Node | None, differences: Sequence[AttributeDifference], *, sure: bool
) -> str:
    """What became of a node."""
    if before is None and after is not None:
        return _came(after, sure=sure)
    if after is None and before is not None:
        return _went(before, sure=sure)
    if before is None or after is None:
        raise ValueError("a difference has at least one side")
    told = attributes_told(differences)
    if before.urn == after.urn:
        return f"{called(after)}: {told}."
    if before.depth == after.depth == 0:
        return f"{called(after)}, compared with {called(before)}: {told or 'nothing else differs'}."
    return f"{called(after)} took the place of {called(before)}{f': {told}' if told else ''}."


def edge_sentence(
    before: Edge | None, after: Edge | None, differences: Sequence[AttributeDifference], *, sure: bool
) -> str:
    """What became of an edge."""
    if before is None and after is not None:
        return f"{'New' if sure else 'Perhaps new'}: {_said(after)}."
    if after is None and before is not None:
        return f"{'No longer' if sure else 'Perhaps no longer'}: {_said(before)}."
    if before is None or after is None:
        raise ValueError("a difference has at least one side")
    told = attributes_told([item for item in differences if item.name not in _ENDS])
    if (before.downstream, before.upstream) == (after.downstream, after.upstream):
        return f"{_said(after)}: {told}."
    instead = _instead(before, after)
    return f"{_said(after)}, {instead}{f': {told}' if told else ''}."


def run_sentence(before: Node, after: Node, differences: Sequence[AttributeDifference]) -> str:
    """How two things were made."""
    if before.urn == after.urn:
        made = f"{called(after)} made both"
    else:
        made = f"{called(after)} made the one, {called(before)} the other"
    return f"{made}: {attributes_told(differences) or 'nothing that is recorded differs'}."


def summary(nodes: Counts, edges: Counts, *, complete: bool) -> str:
    """All of it in a sentence."""
    links = _different(edges)
    if not _different(nodes) and not links:
        told = "Nothing changed"
    else:
        parts = [
            f"{number:,} {word}"
            for number, word in (
                (nodes.added, "added"), (nodes.removed, "removed"), (nodes.replaced, "replaced"),
                (nodes.changed, "changed"),
            )
            if number
        ]  # fmt: skip
        told = f"{', '.join(parts) or 'No node changed'}; {links:,} edge{'' if links == 1 else 's'} changed"
    return f"{told}." if complete else f"{told}, as far as was seen: not both sides are complete."


def _different(counts: Counts) -> int:
    return counts.added + counts.removed + counts.changed + counts.replaced


def attributes_told(differences: Sequence[AttributeDifference]) -> str:
    """The differences that matter most, and how many more there are."""
    ordered = sorted(differences, key=lambda item: _FIRST_TOLD.index(item.name) if item.name in _FIRST_TOLD else 99)
    shown = [_attribute(item) for item in ordered[:_MOST_TOLD]]
    more = len(ordered) - len(shown)
    if more:
        shown.append(f"{more} more")
    return "; ".join(shown)


def _attribute(item: AttributeDifference) -> str:
    special = _SPECIAL.get(item.name)
    if special is not None:
        return special(item)
    name = _WORDS.get(item.name, item.name)
    if item.change is Difference.ADDED:
        return f"{name} is {_value(item.after)} now"
    if item.change is Difference.REMOVED:
        return f"{name} is no longer said (was {_value(item.before)})"
    return f"{name} went from {_value(item.before)} to {_value(item.after)}"


_SPECIAL: dict[str, Callable[[AttributeDifference], str]] = {
    "depth": lambda item: f"{_steps(item.after)} away instead of {item.before}",
    "certainty": lambda item: "certain now" if item.after == "certain" else "only possible now",
    "placeholder": lambda item: "not described yet" if item.after else "described now",
    "true_to": lambda item: f"ended {str(item.after)[:10]}" if item.after else "not ended after all",
}


def _came(node: Node, *, sure: bool) -> str:
    if not sure:
        return f"{called(node)} may be new: the older side is not complete."
    return f"{called(node)} is new{_where(node)}."


def _went(node: Node, *, sure: bool) -> str:
    if not sure:
        return f"{called(node)} may be gone: the newer side is not complete."
    return f"{called(node)} is gone{_where(node)}."


def _where(node: Node) -> str:
    if node.direction is None or not node.depth:
        return ""
    way = "upstream" if node.direction is Direction.UPSTREAM else "downstream"
    return f", {_steps(node.depth)} {way}"


def _steps(depth: Any) -> str:
    return f"{depth} step{'' if depth == 1 else 's'}"


def _said(edge: Edge) -> str:
    return f"{called_by_name(edge.downstream)} {relation_phrase(edge)} {called_by_name(edge.upstream)}"


def _instead(before: Edge, after: Edge) -> str:
    below, above = called_by_name(before.downstream), called_by_name(before.upstream)
    if before.downstream == after.downstream:
        return f"instead of {above}"
    return f"instead of {below}" if before.upstream == after.upstream else f"as {below} did {above}"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _run(kind: str, name: str) -> str:
    return f"run {name}" if kind == "Run" and not name.lower().startswith("run") else name
