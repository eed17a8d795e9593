"""What became of a run: its state, what it found in numbers, and the report, cut to what can be kept."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from registry.capture.naming import without_secrets
from registry.sources.file import Task

MOST_LISTED = 200
"""Items of each list of a report that are kept; the numbers are always whole."""
MOST_CHARACTERS = 500
_MOST_BYTES = 1 << 20


class State(StrEnum):
    """How a run is, or ended."""

    WAITING = "waiting"  # it was asked for and has not begun
    RUNNING = "running"
    SUCCEEDED = "succeeded"  # all came in; or nothing differs, or all that differed was repaired
    DIFFERS = "differs"  # the registry and the source say different things
    INCOMPLETE = "incomplete"  # parts of the source could not be taken
    FAILED = "failed"  # it could not be done
    STOPPED = "stopped"  # the server ended before it did


WENT_THROUGH = frozenset({State.SUCCEEDED, State.DIFFERS, State.INCOMPLETE})
"""States of runs that read their source to its end."""

_SYNC_COUNTS = ("read", "created", "changed", "unchanged", "placeholders", "rejected")
_LISTS = ("missing_here", "missing_there", "edges_missing_there", "differing", "orphaned", "renamed", "rejected")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run; ``found`` are counts by name, ``report`` what the command would have printed as JSON."""

    state: State
    found: dict[str, int]
    message: str
    report: dict[str, Any]

    @property
    def packed_report(self) -> bytes:
        """The report as it is stored."""
        text = orjson.dumps(self.report)
        if len(text) > _MOST_BYTES:
            text = orjson.dumps({"cut": True, "bytes": len(text)})
        return zlib.compress(text)


def outcome_of(answer: Mapping[str, Any], task: Task) -> Outcome:
    """The outcome of an import's or a reconciliation's answer."""
    found = _reconciled(answer) if task is Task.RECONCILE else _imported(answer)
    return Outcome(_state(answer, found, task), found, "", shortened(dict(answer)))


def failure(message: str, hint: str = "", code: str = "", state: State = State.FAILED) -> Outcome:
    """The outcome of a run that could not be done, or was stopped; without what only the source's owner should see."""
    text = without_secrets(message)[:MOST_CHARACTERS]
    problem = {"code": code, "message": text, "hint": without_secrets(hint)[:MOST_CHARACTERS]}
    return Outcome(state, {}, text, {"problem": {name: value for name, value in problem.items() if value}})


def shortened(value: Any) -> Any:
    """JSON with its lists cut to MOST_LISTED and its texts to MOST_CHARACTERS."""
    if isinstance(value, dict):
        return {str(key)[:MOST_CHARACTERS]: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value[:MOST_LISTED]]
    return value[:MOST_CHARACTERS] if isinstance(value, str) else value


def _imported(answer: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(answer.get(name) or 0) for name in _SYNC_COUNTS}


def _reconciled(answer: Mapping[str, Any]) -> dict[str, int]:
    counts = {"compared": int(answer.get("compared") or 0), "differences": int(answer.get("differences") or 0)}
    counts |= {name: len(answer.get(name) or ()) for name in _LISTS}
    return counts | {"repaired": int(bool(answer.get("repaired"))), "left": int(answer.get("left") or 0)}


def _state(answer: Mapping[str, Any], found: Mapping[str, int], task: Task) -> State:
    if answer.get("ok"):
        return State.SUCCEEDED
    return State.INCOMPLETE if task is Task.SYNC or found["rejected"] else State.DIFFERS
