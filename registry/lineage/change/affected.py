"""Everybody behind a judged use: the verdict that they inherit, by which rule, and why in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from registry.lineage.answer import Certainty, Edge, Node
from registry.lineage.change.judging import Judge
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
    """Everybody who is reached, by URN, but for those ``apart``: what changes itself, and other names of it."""
    return {
        urn: _affected(nodes[urn], reached, judge, nodes)
        for urn, reached in spread.reached.items()
        if urn not in apart and urn in nodes
    }


def _affected(node: Node, reached: Reached, judge: Judge, nodes: Mapping[str, Node]) -> Affected:
    urn, edge = next(step for step in reached.path if judge.has(step[1]))
    judgement, direct = judge.of(edge), nodes[urn]
    rule, reason = judgement.rule.id, judgement.reason
    through = None if direct.urn == node.urn else direct
    here = called(node.kind, node.label)
    if reached.verdict is not judgement.rule.verdict:
        rule, reason = ON_THE_WAY.id, ON_THE_WAY.sentence.format(item=here)
    elif through is not None:
        reason = f"{here} comes after {called(direct.kind, direct.label)}. {reason}"
    certainty = Certainty.POSSIBLE if reached.verdict is Verdict.POSSIBLE else Certainty.CERTAIN
    seen = node._replace(depth=len(reached.path), certainty=certainty)
    return Affected(seen, reached.verdict, rule, reason, through, reached.path)
