"""Which version follows which: a pure function of the set of versions, so the order of arrival does not matter.

What somebody said holds. Otherwise versions are ordered by the scheme that reads their names (whole numbers
with or without a ``v``, dates, PEP 440, semantic versions); names that the scheme cannot read are placed by
time among the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
    readings = [{item.urn: scheme(item.version) for item in versions} for scheme in _SCHEMES]
    reading = max(readings, key=lambda keys: sum(key is not None for key in keys.values()))
    by_time = sorted(versions, key=lambda item: (item.time, item.urn))
    ordered = sorted((item for item in by_time if reading[item.urn] is not None), key=lambda item: reading[item.urn])
    for item in by_time:
        if reading[item.urn] is None:
            ordered.insert(_place(ordered, item), item)
    return ordered


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
    for index, item in enumerate(ordered):
        if item.urn in declared:
            continue
        for older in reversed(ordered[:index]):
            if not declared or not _leads_to(older.urn, item.urn, declared, follows):
                follows[item.urn] = older.urn
                break
    return follows


def find_cycle(declared: Mapping[str, set[str]]) -> str | None:
    """One version that follows itself by what was said, or None."""
    for start in sorted(declared):
        if any(_leads_to(older, start, declared, {}) for older in declared[start]):
            return start
    return None


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
