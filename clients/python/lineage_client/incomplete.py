"""Saying loudly that an answer is not all there is."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

from lineage_client.answers.answer import Tabular
from lineage_client.answers.diff import DiffSide, LineageDiff
from lineage_client.answers.entity import Hits
from lineage_client.answers.graph import Completeness
from lineage_client.answers.paths import Paths
from lineage_client.answers.table import LineageTable
from lineage_client.errors import IncompleteAnswerWarning

_HERE = str(Path(__file__).parent)
_WHY = {
    "size": "there is more than the limit lets through",
    "depth": "more lies behind the depth that was asked for",
    "time": "the time budget ran out",
    "permission": "something on the way is hidden from you",
}


def why_incomplete(answer: Any) -> str | None:
    """Why an answer is not complete, and what to do; None where it is, or where it makes no such claim."""
    if isinstance(answer, Paths):
        return None if answer.complete else _more_paths(answer)
    if isinstance(answer, LineageDiff):
        return None if answer.complete else _unseen_sides(answer)
    if isinstance(answer, LineageTable):
        return None if answer.complete else f"NOT COMPLETE: {_in_words(answer.reasons)}."
    completeness = getattr(answer, "completeness", None)
    if not isinstance(completeness, Completeness) or completeness.complete:
        return None
    of = "" if completeness.total is None else f" of {completeness.total}"
    advice = ""
    if completeness.continues:
        advice = " Go on with .pages(), or ask with limit=None for all of it."
    elif completeness.cursor:
        advice = " Go on with .pages(deeper=True)."
    return f"NOT COMPLETE, {completeness.nodes}{of} are here: {_in_words(completeness.reasons)}.{advice}"


def warn_if_incomplete(answer: object) -> None:
    """Warn where an answer is not complete, at the line that asked. Pages of a search are expected to have more."""
    for part in (answer, getattr(answer, "assessment", None)):
        why = why_incomplete(part) if isinstance(part, Tabular) and not isinstance(part, Hits) else None
        if why:
            warnings.warn(
                f"{type(part).__name__} answer is {why}", IncompleteAnswerWarning, stacklevel=_callers_level()
            )


def _in_words(reasons: tuple[str, ...]) -> str:
    return "; ".join(f"{_WHY.get(reason, reason)} ({reason})" for reason in reasons) or "the server did not say why"


def _more_paths(answer: Paths) -> str:
    many = f"{'' if answer.count_is_exact else 'at least '}{answer.count}"
    advice = " Raise most." if "size" in answer.reasons else ""
    return f"NOT COMPLETE, {len(answer.paths)} of {many} paths are here: {_in_words(answer.reasons)}.{advice}"


def _unseen_sides(answer: LineageDiff) -> str:
    sides: tuple[tuple[str, DiffSide], ...] = (("older", answer.before), ("newer", answer.after))
    told = [
        f"of the {name} side, {_in_words(side.completeness.reasons)}"
        for name, side in sides
        if not side.completeness.complete
    ]
    unsure = [node.sure for node in answer.nodes].count(False) + [edge.sure for edge in answer.edges].count(False)
    doubt = f" {unsure} of the differences may be none." if unsure else ""
    return f"NOT COMPLETE: {'; '.join(told)}.{doubt}{_advice(answer.reasons)}"


def _advice(reasons: tuple[str, ...]) -> str:
    named = [
        option for reason, option in (("size", "limit"), ("depth", "depth"), ("time", "seconds")) if reason in reasons
    ]
    return f" Raise {' and '.join(named)}." if named else ""


def _callers_level() -> int:
    """How far up the stack the first line outside this package is, as ``warnings.warn`` counts in its caller."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001 - what warnings itself does from Python 3.12 on
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        level, frame = level + 1, frame.f_back
    return level
