"""Which version follows which: a pure function of the set of versions, so the order of arrival does not matter.

What somebody said holds. Otherwise versions are ordered by the scheme that reads their names (whole numbers
with or without a ``v``, dates, PEP 440, semantic versions); names that the scheme cannot read are placed by
time among the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from packaging.version import InvalidVersion
from packaging.version import Version as Pep440
from semver import Version as Semantic


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What ordering needs to know of one version: its URN, its name and since when it is (microseconds)."""

    urn: str
    version: str
    time: int


_NUMBER = re.compile(r"[vV]?(\d{1,18})")
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2})(?:[T _](\d{2})[:h]?(\d{2})?(?::?(\d{2}))?.*)?)?")


def _number(text: str) -> Any:
    match = _NUMBER.fullmatch(text)
    return None if match is None else int(match[1])


def _date(text: str) -> Any:
    match = _DATE.fullmatch(text)
    return None if match is None else tuple(int(part or 0) for part in match.groups())


def _pep440(text: str) -> Any:
    try:
        return Pep440(text)
    except InvalidVersion:
        return None


def _semantic(text: str) -> Any:
    try:
        return Semantic.parse(text.removeprefix("v"))
    except ValueError:
        return None


_SCHEMES: tuple[Callable[[str], Any], ...] = (_number, _date, _pep440, _semantic)


def order_versions(versions: Sequence[VersionFacts]) -> list[VersionFacts]:
    """Oldest first. The same set gives the same order."""
    reading = _reading(versions)
    by_time = sorted(versions, key=lambda item: (item.time, item.urn))
    ordered = sorted((item for item in by_time if reading[item.urn] is not None), key=lambda item: reading[item.urn])
    for item in by_time:
        if reading[item.urn] is None:
            ordered.insert(_place(ordered, item), item)
    return ordered


def _reading(versions: Sequence[VersionFacts]) -> dict[str, Any]:
    """How the scheme that reads most names reads each; None where it cannot."""
    best: dict[str, Any] = {}
    most = -1
    for scheme in _SCHEMES:
        keys = {item.urn: scheme(item.version) for item in versions}
        read = sum(key is not None for key in keys.values())
        if read > most:
            best, most = keys, read
        if read == len(versions):
            break
    return best


def _place(ordered: Sequence[VersionFacts], item: VersionFacts) -> int:
    for index in range(len(ordered), 0, -1):
        if ordered[index - 1].time <= item.time:
            return index
    return 0


def predecessors(versions: Sequence[VersionFacts], declared: Mapping[str, set[str]]) -> dict[str, str]:
    """The version that each one follows, by URN, for those of which nobody said it.

    ``declared`` maps a version to those that somebody said it follows; what is concluded here never closes a
    cycle with it.
    """
    ordered = order_versions(versions)
    follows: dict[str, str] = {}
    winding = _against(ordered, declared)
    for index, item in enumerate(ordered):
        if item.urn in declared:
            continue
        for older in reversed(ordered[max(0, index - 1) : index] if not winding else ordered[:index]):
            if not winding or not _leads_to(older.urn, item.urn, declared, follows):
                follows[item.urn] = older.urn
                break
    return follows


def _against(ordered: Sequence[VersionFacts], declared: Mapping[str, set[str]]) -> bool:
    """Whether somebody said that a version follows one that the order puts behind it: only then can circles arise."""
    place = {item.urn: index for index, item in enumerate(ordered)}
    return any(
        place.get(older, -1) >= place.get(newer, len(place)) for newer, olders in declared.items() for older in olders
    )


def find_cycle(declared: Mapping[str, set[str]]) -> list[str]:
    """The versions of one circle of what was said, or none."""
    try:
        TopologicalSorter(declared).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle[:-1]
    return []


def _leads_to(start: str, goal: str, declared: Mapping[str, set[str]], concluded: Mapping[str, str]) -> bool:
    seen, stack = set[str](), [start]
    while stack:
        current = stack.pop()
        if current == goal:
            return True
        if current in seen:
            continue
        seen.add(current)
        stack.extend(declared.get(current, ()))
        if current in concluded:
            stack.append(concluded[current])
    return False
