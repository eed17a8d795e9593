"""Everybody behind a judged use: the verdict that they inherit, by which rule, and why in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph_schema.core import Family
from registry.lineage.answer import Certainty, Edge, Node
from registry.lineage.change.judging import Judge, Judgement
from registry.lineage.change.spread import Reached, Spread
from registry.lineage.change.table import ON_THE_WAY
from registry.lineage.change.verdict import Verdict
from registry.lineage.change.wording import called


@dataclass(frozen=True, slots=True)
class Affected:
    """One entity that is reached. ``through`` is the direct consumer that passes the verdict on, None for one itself.

    ``path`` holds, from the start outwards, each edge and the URN of the entity that it leads to.
    """

    node: Node
    verdict: Verdict
    rule: str
    reason: str
    through: Node | None
    path: tuple[tuple[str, Edge], ...]


def find_affected(
    spread: Spread, judge: Judge, nodes: Mapping[str, Node], apart: frozenset[str]
) -> dict[str, Affected]:
    """Everybody who is reached, by URN, but for those ``apart``: what changes itself, and what it is part of."""
    found: dict[str, Affected] = {}
    for urn, reached in spread.reached.items():
        deciding = next((step for step in reached.path if judge.has(step[1])), None)
        if deciding is not None and urn in nodes and urn not in apart:
            found[urn] = _affected(nodes[urn], reached, judge.of(deciding[1]), nodes[deciding[0]])
    return found


def _affected(node: Node, reached: Reached, judgement: Judgement, direct: Node) -> Affected:
    rule, reason = judgement.rule.id, judgement.reason
    through = None if direct.urn == node.urn else direct
    here = called(node.kind, node.label)
    if reached.verdict is not judgement.rule.verdict:
        rule, reason = ON_THE_WAY.id, ON_THE_WAY.sentence.format(item=here)
    elif through is not None:
        reason = f"{here} comes after {called(direct.kind, direct.label)}. {reason}"
    certainty = Certainty.POSSIBLE if reached.verdict is Verdict.POSSIBLE else Certainty.CERTAIN
    depth = sum(edge.family != Family.IDENTITY for _, edge in reached.path)
    seen = node._replace(depth=depth, certainty=certainty)
    return Affected(seen, reached.verdict, rule, reason, through, reached.path)
