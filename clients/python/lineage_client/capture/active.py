"""Which run is under way: in this task or thread, else the only one there is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lineage_client.capture.running import Run

_here: ContextVar[Run | None] = ContextVar("lineage_run", default=None)
_lock = threading.Lock()
_all: list[Run] = []
_forked_in: Run | None = None
on_change: list[Callable[[Run | None], None]] = []
"""Hears of the innermost run each time that one begins or ends; of None where there is none, or several apart."""


def begin(run: Run) -> None:
    """Make a run the one that is under way here, within the one that was."""
    around = _here.get()
    run.around = around if around in _all else None
    _here.set(run)
    with _lock:
        _all.append(run)
    _changed()


def finish(run: Run) -> None:
    """Take a run away again."""
    if _here.get() is run:
        _here.set(run.around)
    with _lock:
        if run in _all:
            _all.remove(run)
    _changed()


def current_run() -> Run | None:
    """The run under way here. A thread that the user started inherits none: it belongs to the only one, if it is one.

    Of runs within one another, the innermost counts.
    """
    every = [run for run in list(_all) if not run.pauses]  # other threads begin and finish runs meanwhile
    if not every:
        return None
    run = _here.get()
    if run is not None and run in every:
        return run
    last = every[-1]
    return last if all(item.is_around(last) for item in every) else None


def forked_in() -> Run | None:
    """In a forked child: the run that was under way in the thread that forked."""
    return _forked_in


def any_run() -> bool:
    """Whether anything is under way at all: what the audit hook asks first, thousands of times."""
    return bool(_all)


def _forget() -> None:
    """A forked child is no part of its parent's runs: it would tell their end a second time."""
    global _lock, _forked_in
    _forked_in = current_run()
    _lock = threading.Lock()  # somebody may have held the one that there was
    _all.clear()
    _here.set(None)


def _changed() -> None:
    """Tell which run a process belongs to that is started now, if that is clear."""
    if on_change:
        every = list(_all)
        only = every[-1] if every and all(item.is_around(every[-1]) for item in every) else None
        for hear in on_change:
            hear(only)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
