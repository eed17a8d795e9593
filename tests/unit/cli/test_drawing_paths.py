"""How paths are drawn: in words, step by step, and honest about what is not there."""

from __future__ import annotations

from typing import Any

from registry.cli.drawing.paths import draw_paths
from tests.unit.cli.answers import DEPLOYMENT, HOSTILE, MODEL, RUN, WINE, drawn, edge


def _path(**more: Any) -> dict[str, Any]:
    steps = [
        {"edge": edge(RUN, WINE, role="train"), "node": RUN},
        {"edge": edge(MODEL, RUN, "GENERATED_BY"), "node": MODEL},
        {"edge": edge(DEPLOYMENT, MODEL, "DEPLOYS", evidence="declared", confidence=0.5), "node": DEPLOYMENT},
    ]
    return {
        "direction": "DOWNSTREAM", "start": WINE, "steps": steps, "length": 3, "certainty": "POSSIBLE",
        "summary": "churn-live may be affected.",
    } | more  # fmt: skip


def _answer(**more: Any) -> dict[str, Any]:
    return {
        "direction": "DOWNSTREAM", "count": 1, "countIsExact": True, "both": False, "shortest": 3, "complete": True,
        "reasons": [], "paths": [_path()],
    } | more  # fmt: skip


def _drawn(**more: Any) -> str:
    return drawn(draw_paths(_answer(**more), WINE["urn"], DEPLOYMENT["urn"]))


def test_a_path_is_told_and_shown_with_its_evidence() -> None:
    text = _drawn()
    assert "1 path from wine v3  DatasetVersion to churn-live  Deployment, downstream:" in text
    assert "churn-live may be affected." in text
    assert "1. 3 steps, downstream, only possible" in text
    assert "USED (train) train-7  Run  observed, confidence 1, by airflow, event event-7" in text
    assert "DEPLOYS churn-live  Deployment  declared, confidence 0.5, by airflow, event event-7" in text
    assert "Complete: there are no others." in text


def test_what_is_left_out_is_said() -> None:
    text = _drawn(count=1_048_576, complete=False, reasons=["SIZE"])
    assert "1,048,576 paths from" in text
    assert "the shortest 1:" in text
    assert "--most" in text
    assert "at least 5 paths" in _drawn(count=5, countIsExact=False, complete=False, reasons=["TIME"])
    assert "--max-length" in _drawn(complete=False, reasons=["DEPTH"])


def test_no_path_is_not_always_sure() -> None:
    none: dict[str, Any] = {"paths": [], "count": 0, "direction": None, "shortest": None}
    sure, unsure = _drawn(**none), _drawn(**none, countIsExact=False, complete=False, reasons=["SIZE"])
    assert "No path is recorded between" in sure
    assert "everything was walked" in sure
    assert "No path was found between" in unsure
    assert "There may be paths all the same" in unsure


def test_both_directions_are_said() -> None:
    text = _drawn(both=True, count=2, paths=[_path(), _path(direction="UPSTREAM")])
    assert "each is upstream of the other" in text
    assert "2. 3 steps, upstream" in text


def test_nothing_acts_on_the_terminal() -> None:
    node = WINE | {"label": HOSTILE, "name": HOSTILE}
    text = _drawn(paths=[_path(start=node, summary=HOSTILE)], reasons=[HOSTILE], complete=False)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x9b" not in text
