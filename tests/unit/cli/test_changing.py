"""The command that asks before a change: what it needs to be told, and how an answer is drawn."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from registry.cli.app import app
from registry.cli.drawing.change import draw_change

from .answers import DEPLOYMENT, HOSTILE, MODEL, drawn, node

_COMPLETE = {"complete": True, "reasons": [], "nodes": 2, "edges": 2, "depth": 2, "byKind": []}


def _judged(entity: dict[str, Any], verdict: str, reason: str, owners: tuple[str, ...] = ()) -> dict[str, Any]:
    item = {"node": entity, "owners": [{"name": name} for name in owners], "summary": ""}
    return {"item": item, "verdict": verdict, "rule": "retire-pinned", "reason": reason, "through": None}


def _answer(**more: Any) -> dict[str, Any]:
    return {
        "changed": [], "certain": 1, "possible": 0, "safe": 1, "models": [], "evaluations": [],
        "items": [_judged(DEPLOYMENT, "CERTAIN", "it goes", ("payments",)), _judged(MODEL, "SAFE", "it stays")],
        "completeness": _COMPLETE,
    } | more  # fmt: skip


def test_everybody_is_shown_under_a_verdict_with_the_reason() -> None:
    text = drawn(draw_change(_answer()))
    assert "1 item would break for certain, 0 may, 1 would not be touched." in text
    assert (
        text.index("Breaks for certain") < text.index("it goes") < text.index("Is not touched") < text.index("it stays")
    )
    assert "May break" not in text
    assert "payments" in text
    assert "nobody" in text
    assert "retire-pinned" in text


def test_what_is_to_be_validated_again_is_named() -> None:
    outdated = {"evaluation": node("Evaluation", "auc"), "model": None, "data": None, "reason": "it used v3"}
    text = drawn(draw_change(_answer(models=[_judged(MODEL, "CERTAIN", "")], evaluations=[outdated])))
    assert f"Models to validate again: {MODEL['label']}" in text
    assert "Evaluations to repeat" in text
    assert "it used v3" in text


def test_nothing_is_said_to_be_nothing_and_names_are_shown_as_they_are() -> None:
    assert "Nothing is recorded that this change would touch." in drawn(
        draw_change(_answer(items=[], certain=0, safe=0))
    )
    text = drawn(draw_change(_answer(items=[_judged(node("Run", HOSTILE), "CERTAIN", HOSTILE)])))
    assert "\x1b" not in text
    assert "[red]markup[/red]" in text


@pytest.mark.parametrize("options", [[], ["--retire", "--withdraw"], ["--type", "int64"]])
def test_one_thing_is_to_be_done(options: list[str]) -> None:
    result = CliRunner().invoke(app, ["change", "DatasetVersion:demo:wine:v3", *options])
    assert result.exit_code == 2
    assert "exactly one of" in result.output
