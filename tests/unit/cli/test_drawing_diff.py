"""What changed, as people see it: every difference with its mark, and loudly where it may not be all."""

from __future__ import annotations

from typing import Any

from registry.cli.drawing.diff import draw_diff

from .answers import HOSTILE, drawn

SIDE = {"urn": "urn:lineage:ModelVersion:demo:taster:1", "asOf": None, "knownAt": "2026-05-04T12:00:00Z", "there": True}


def _difference(change: str, sentence: str) -> dict[str, Any]:
    return {"change": change, "sure": True, "sentence": sentence, "before": None, "after": None, "attributes": []}


def _diff(**more: Any) -> dict[str, Any]:
    return {
        "direction": "UPSTREAM", "complete": True, "reasons": [], "summary": "1 added.",
        "before": SIDE, "after": SIDE | {"asOf": "2026-06-01T00:00:00Z"},
        "nodes": [_difference("ADDED", "orders v4 is new."), _difference("REPLACED", "b v2 took the place of b v1.")],
        "edges": [_difference("REMOVED", "No longer: run 1 read a v1."), _difference("CHANGED", "run 1 read b: …")],
        "runs": [{
            "before": {}, "after": {}, "sentence": "run 2 made the one, run 1 the other: …",
            "attributes": [{"name": "parameters.rate", "change": "CHANGED", "before": 0.1, "after": None}],
        }],
        "nodeCounts": {"unchanged": 3}, "edgeCounts": {"unchanged": 1},
    } | more  # fmt: skip


def test_every_difference_is_shown_with_its_mark() -> None:
    shown = drawn(draw_diff(_diff()))
    for line in (
        "taster v1  ModelVersion  as of 2026-06-01 00:00:00 UTC  as recorded by 2026-05-04 12:00:00 UTC",
        "+ orders v4 is new.", "» b v2 took the place of b v1.", "- No longer: run 1 read a v1.",
        "~ run 1 read b: …", "run 2 made the one, run 1 the other: …", "~ parameters.rate: 0.1 → –",
        "1 added. 3 nodes the same.",
    ):  # fmt: skip
        assert line in shown
    assert "Incomplete" not in shown


def test_what_is_not_all_says_so_and_what_to_do() -> None:
    shown = drawn(draw_diff(_diff(complete=False, reasons=["SIZE"], nodes=[], edges=[], runs=[])))
    assert "Incomplete answer" in shown
    assert "--limit" in shown
    assert "may be there all the same" in shown
    assert "not there yet" in drawn(draw_diff(_diff(before=SIDE | {"there": False})))


def test_nothing_is_smuggled_in() -> None:
    runs = [
        {"sentence": HOSTILE, "attributes": [{"name": HOSTILE, "change": "ADDED", "before": None, "after": HOSTILE}]}
    ]
    shown = drawn(draw_diff(_diff(nodes=[_difference("ADDED", HOSTILE)], runs=runs, summary=HOSTILE)))
    assert "\x1b" not in shown
    assert shown.count("[red]markup[/red]") == 5
