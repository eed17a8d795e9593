"""Compares what decides over access, as it is stored, with what the log says of it: grants, tokens, sessions, keys and more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from registry.audit.access_records import read_all
from registry.audit.finding import Found, Problem, Tell
from registry.audit.known import Known
from registry.graph.database import Database

_ROUNDS: Final = 3
_PAUSE_SECONDS: Final = 0.3
_WORDS: Final = {
    "inserted": "{} is stored, and the log knows nothing of it: it was put in behind the registry.",
    "edited": "{} was edited behind the registry.",
    "deleted": "{} was deleted behind the registry.",
}


def check_access(database: Database, known: Known, tell: Tell, catch_up: Callable[[], bool], *, complete: bool) -> None:
    """Tell of each record that differs; what differs is looked at again, as others may write meanwhile."""
    found = list(_differences(database, known, 1, complete=complete))
    for turn in range(2, 2 + _ROUNDS):
        if not found:
            return
        time.sleep(_PAUSE_SECONDS)
        catch_up()
        found = list(_differences(database, known, turn, complete=complete))
    for item in found:
        tell(item)


def _differences(database: Database, known: Known, turn: int, *, complete: bool) -> Iterator[Found]:
    for target, digests in read_all(database):
        known.access_saw(target, turn)
        last = known.access(target)
        if last is None or last.digests is None:
            if complete or last is not None:
                yield _found("inserted", target, last.sequence if last else None)
        elif last.digests != digests:
            yield _found("edited", target, last.sequence)
    for target, sequence in known.access_unseen(turn):
        yield _found("deleted", target, sequence)


def _found(what: str, target: str, sequence: int | None) -> Found:
    problem = Problem(f"{target.partition(':')[0]}-{what}")
    return Found(problem, _WORDS[what].format(target), target, sequence)
