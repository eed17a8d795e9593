"""What is known of where the columns of a frame come from, and how long it is followed.

A frame carries its :class:`Origin` in its ``__dict__``: it is gone with the frame, is not pickled and not copied.
It counts only within one session, which lasts as long as any run is under way: what happened to a frame between two
runs nobody saw.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lineage_client.capture.quiet import warn_once

PLAN, OBSERVED, ROW_FUNCTION, BY_NAME = 0.95, 0.9, 0.6, 0.4
"""How sure a source is: an expression that says its columns; a step that was seen; the columns that a row function's
code names; a column of the same name in the only input."""
MOST_STEPS = 3_000
"""Steps of one session that are followed: what bounds the time that this takes."""
MOST_SOURCES = 100
"""Columns that one column is said to come from; of more, nothing is said."""
KEY = "_lineage_origin"


class Trace(NamedTuple):
    """The columns, as (place, name), that one column comes from; none for a constant. And how sure that is."""

    sources: frozenset[tuple[str, str]]
    sure: float = OBSERVED


NOTHING = Trace(frozenset(), PLAN)
"""The trace of what comes from no column."""


@dataclass(slots=True)
class Origin:
    """Where a frame's columns, or a series' values, come from. What is not in it is not known.

    ``labels`` are the frame's own labels when that was known, by which later changes in place are noticed.
    """

    session: int
    columns: Mapping[Hashable, Trace] = field(default_factory=dict)
    labels: Any = None
    values: Trace | None = None
    index: Mapping[Hashable, Trace] = field(default_factory=dict)


class _Session:
    """Whether steps are followed now. ``number`` is 0 while they are not."""

    def __init__(self) -> None:
        self.wanted = False
        """Whether any run asks for this at all."""
        self.number = 0
        self.steps = 0
        self.gave_up = False
        self.at_end: list[Callable[[], None]] = []
        """What takes the wrappers away again."""
        self._last = 0
        self._runs = 0
        self._lock = threading.RLock()

    def enter(self) -> bool:
        """A run begins; whether it is the first one, which begins the session."""
        with self._lock:
            self._runs += 1
            if self._runs > 1:
                return False
            self._last += 1
            self.number, self.steps, self.gave_up = self._last, 0, False
            return True

    def leave(self) -> None:
        """A run is over; the last one ends the session."""
        with self._lock:
            self._runs -= 1
            if self._runs <= 0:
                self._runs = 0
                self.end()

    def end(self) -> None:
        """Follow nothing any more, until another session begins."""
        with self._lock:
            self.number = 0
            ends, self.at_end = self.at_end, []
            for end in ends:
                end()

    def forget(self) -> None:
        """In a forked child, which is no part of its parent's runs."""
        self._lock = threading.RLock()
        self._runs = 0
        self.end()


session = _Session()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=session.forget)


def step() -> bool:
    """Count a step; whether it is still followed. After the last one all that was known is forgotten."""
    session.steps += 1
    if session.steps <= MOST_STEPS:
        return session.number != 0
    if session.number:
        session.gave_up = True
        warn_once("the columns of a run are not followed: it takes too many steps", MOST_STEPS)
        session.end()
    return False


def is_frame(thing: object) -> bool:
    """Whether a thing has columns. Its class is asked: pandas takes attributes for names of columns and rows, slowly."""
    return hasattr(type(thing), "columns")


def is_column(thing: object) -> bool:
    """Whether a thing is a series of pandas."""
    return hasattr(type(thing), "index") and hasattr(type(thing), "name")


def origin_of(thing: Any) -> Origin | None:
    """What is known of a frame or series; None where nothing is."""
    known: Origin | None = getattr(thing, "__dict__", _NO_ATTRIBUTES).get(KEY)
    return known if known is not None and known.session == session.number else None


def set_origin(thing: Any, origin: Origin | None) -> None:
    """Remember it with the frame itself, or forget what was known of it."""
    if origin is None:
        thing.__dict__.pop(KEY, None)
    else:
        thing.__dict__[KEY] = origin


def together(traces: Iterable[Trace | None], sure: float = 1.0) -> Trace | None:
    """The trace of what is made from several columns: what is known of it, as sure as the least sure part.

    None where nothing is known of any, or where it is too many.
    """
    known = [trace for trace in traces if trace is not None]
    if not known:
        return None
    sources = frozenset[tuple[str, str]]().union(*(trace.sources for trace in known))
    return Trace(sources, min(sure, *(trace.sure for trace in known))) if len(sources) <= MOST_SOURCES else None


def read_from(place: str, names: Iterable[Hashable], sure: float = OBSERVED) -> dict[Hashable, Trace]:
    """The traces of columns just as a file has them."""
    return {name: Trace(frozenset({(place, str(name))}), sure) for name in names}


_NO_ATTRIBUTES: dict[str, Any] = {}
