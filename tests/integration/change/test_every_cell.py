"""Each cell of the table of changes comes about in a small world, and is decided as its meaning says."""

from __future__ import annotations

from typing import Any

import pytest

from registry.lineage.change.asked import ChangeKind
from registry.lineage.change.table import CELLS, NEVER
from registry.lineage.change.verdict import Fit, Held, Verdict

from . import worlds
from .expected import EXPECTED

COMES_ABOUT = [cell for cell, verdict in EXPECTED.items() if verdict is not None]


def test_the_table_decides_exactly_the_cells_there_are() -> None:
    decided = {(kind, *pair) for kind, cells in CELLS.items() for pair in cells}
    assert decided == EXPECTED.keys()
    never = {(kind, *pair) for kind, pairs in NEVER.items() for pair in pairs}
    assert never == {cell for cell, verdict in EXPECTED.items() if verdict is None}


@pytest.mark.parametrize(("kind", "held", "fit"), COMES_ABOUT)
def test_a_cell_is_decided_as_it_means(world: Any, kind: ChangeKind, held: Held, fit: Fit) -> None:
    name, change = worlds.build(world, kind, held, fit)
    assessment = world.assess(name, change)
    verdict = EXPECTED[kind, held, fit]
    rule = CELLS[kind][held, fit]
    user = "FeatureVersion:speed:1" if (kind is ChangeKind.TAKE_OFFLINE and "FeatureVersion:speed:1" in world.verdicts(assessment)) else worlds.USER  # fmt: skip
    found = world.item(assessment, user)
    assert (found.verdict, found.rule) == (verdict, rule.id), found.reason
    assert assessment.completeness.complete
    assert "{" not in found.reason
    if held in (Held.PASSES_BY, Held.ELSEWHERE) and "ModelVersion:behind:1" not in world.verdicts(assessment):
        return  # no walk leads to it
    behind = world.item(assessment, "Deployment:live")
    assert (behind.verdict, behind.rule) == (verdict, rule.id)
    assert behind.through is not None
    assert behind.through.urn == world.urn(user)
    assert [world.name(step.node.urn) for step in behind.item.path[-2:]] == ["ModelVersion:behind:1", "Deployment:live"]
    validated = {world.name(item.item.node.urn) for item in assessment.models}
    assert ("ModelVersion:behind:1" in validated) == (verdict is not Verdict.SAFE)
