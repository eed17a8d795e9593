"""Comparisons in words, the same for a page and for a terminal: texts that are still to be escaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from lineage_client.answers.diff import DiffSide, LineageDiff
from lineage_client.answers.differences import AttributeDifference, Difference, EdgeDifference, NodeDifference
from lineage_client.names import parts_of

D = TypeVar("D", NodeDifference, EdgeDifference)
_ORDER: tuple[Difference, ...] = ("added", "removed", "replaced", "changed")


def compared(diff: LineageDiff) -> str:
    """What is compared with what."""
    way = "upstream and downstream" if diff.direction == "both" else diff.direction
    return f"What changed {way}, from {_side(diff, diff.before)} to {_side(diff, diff.after)}"


def sentences(diff: LineageDiff) -> Iterator[str]:
    """All of it in a few sentences: what matters before the lists."""
    yield diff.summary
    for side, when in ((diff.before, "older"), (diff.after, "newer")):
        if not side.there:
            yield f"Of {parts_of(side.urn).label}, nothing is recorded on the {when} side."
    yield from (run.sentence for run in diff.runs)


def grouped(differences: Sequence[D]) -> Iterator[tuple[Difference, list[D]]]:
    """The differences of each sort that there is, in their order."""
    for change in _ORDER:
        found = [item for item in differences if item.change == change]
        if found:
            yield change, found


def values(item: AttributeDifference) -> tuple[str, str]:
    """Both values of an attribute; a dash for the side that has none."""
    before = "–" if item.change == "added" else _value(item.before)
    return before, "–" if item.change == "removed" else _value(item.after)


def _side(diff: LineageDiff, side: DiffSide) -> str:
    times = []
    if diff.before.as_of or diff.after.as_of:
        times.append(f"true {f'at {_time(side.as_of)}' if side.as_of else 'now'}")
    if diff.before.known_at != diff.after.known_at:
        times.append(f"recorded by {_time(side.known_at)}")
    return parts_of(side.urn).label + (f" ({', '.join(times)})" if times else "")


def _time(moment: datetime) -> str:
    """UTC, as precise as it has to be."""
    return f"{moment.replace(tzinfo=None).isoformat(' ')} UTC"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
