"""Which run is under way: in this task or thread, else the only one there is."""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lineage_client.capture.running import Run

_here: ContextVar[Run | None] = ContextVar("lineage_run", default=None)
_lock = threading.Lock()
_all: list[Run] = []


def begin(run: Run) -> Run | None:
    """Make a run the one that is under way here; returns the one around it."""
    around = _here.get()
    _here.set(run)
    with _lock:
        _all.append(run)
    return around if around in _all else None


def finish(run: Run, around: Run | None) -> None:
    """Take a run away again."""
    if _here.get() is run:
        _here.set(around)
    with _lock:
        if run in _all:
            _all.remove(run)


def current_run() -> Run | None:
    """The run under way here. A thread that the user started inherits none: it belongs to the only one, if it is one.

    Of runs within one another, the innermost counts.
    """
    every = list(_all)  # other threads begin and finish runs meanwhile
    if not every:
        return None
    run = _here.get()
    if run is not None and run in every:
        return run
    last = every[-1]
    return last if all(item.is_around(last) for item in every) else None


def any_run() -> bool:
    """Whether anything is under way at all: what the audit hook asks first, thousands of times."""
    return bool(_all)


def _forget() -> None:
    """A forked child is no part of its parent's runs: it would tell their end a second time."""
    _all.clear()
    _here.set(None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
