"""What a Marquez heard since a time: its newest events, and of each run among them the earlier ones, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from graph_schema.times import format_time, parse_time
from registry.capture.openlineage.event import RUN, Event, read_event
from registry.errors import InvalidEventError
from registry.validation.parsing import DAY

OVERLAP = DAY
"""How much later than it says an event may come, in microseconds, and be met by the next read all the same."""
LONGEST_RUN = 30 * DAY
"""How far back the beginning of a run is looked for."""
_ROWS_AFTER_OLD = 100


def mark_at(now: int) -> str:
    """The mark of a read that began now: what came from this time on is read again."""
    return format_time(now - OVERLAP) or ""


def read_mark(text: str | None) -> int | None:
    """The time of a mark, or of one that a user gave; None for none, and for what is no time."""
    try:
        return parse_time(text) if text else None
    except (ValueError, OverflowError):
        return None


def late_events(newest_first: Iterable[dict[str, Any]], since: int) -> Iterator[dict[str, Any]]:
    """The events since a time, and the earlier ones of their runs until each is known to have begun.

    What a run's events add up to is only right where all of them are there. What cannot be read is handed on.
    """
    runs: set[tuple[str, str, str]] = set()
    begun: set[tuple[str, str, str]] = set()
    for raw in newest_first:
        event = _read(raw)
        if event is None:
            yield raw
            continue
        if event.time < since and (runs <= begun or event.time < since - LONGEST_RUN):
            return
        if event.time >= since and event.sort == RUN:
            runs.add(event.key)
        if event.time >= since or event.key in runs:
            yield raw
            if event.state == "START":
                begun.add(event.key)


def late_items(listed: Iterable[dict[str, Any]], since: int | None, *names: str) -> Iterator[dict[str, Any]]:
    """Of a list with the newest first, roughly, what shows a time since then under one of these names.

    What shows no time counts as late. The end is not waited for: a page of older things in a row is the end.
    """
    older = 0
    for item in listed:
        if since is None or _is_late(item, since, names):
            older = 0
            yield item
        else:
            older += 1
            if older >= _ROWS_AFTER_OLD:
                return


def is_late(item: dict[str, Any], since: int | None, *names: str) -> bool:
    """Whether something shows a time since then under one of these names, or none at all."""
    return since is None or _is_late(item, since, names)


def _is_late(item: dict[str, Any], since: int, names: tuple[str, ...]) -> bool:
    times = [read_mark(item[name]) for name in names if isinstance(item.get(name), str)]
    return not times or any(time is None or time >= since for time in times)


def _read(raw: dict[str, Any]) -> Event | None:
    try:
        return read_event(raw)
    except InvalidEventError:
        return None
