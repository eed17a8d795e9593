"""What a floating use gets: the latest version, what an alias names, or what a range allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from registry.lineage.change.constraints import OURS, Ecosystem

_LATEST = frozenset({"latest", "current", "newest", "*", "any", "x"})
_BEFORE_ALIAS = "@/:.#"
_ANY_VERSION = "1.0.0"


class Sort(StrEnum):
    """How a floating use chooses."""

    LATEST = "latest"
    ALIAS = "alias"
    RANGE = "range"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Choice:
    """``allowed`` are the recorded versions that would do, ``gets`` those that it gets now; both by URN."""

    sort: Sort
    allowed: frozenset[str] = frozenset()
    gets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shelf:
    """The recorded versions of an asset by URN, newest first, and the aliases that name some of them.

    ``ecosystem`` reads ranges of them; None where nobody knows how.
    """

    versions: Mapping[str, str]
    aliases: Mapping[str, frozenset[str]]
    ecosystem: Ecosystem | None

    def choose(self, takes: str | None) -> Choice:
        """What a use gets that takes this; None takes whatever is current."""
        named = None if takes is None else self._alias(takes)
        if named is not None:
            return Choice(Sort.ALIAS, named, named)
        if takes is None or takes.strip().lower() in _LATEST:
            return Choice(Sort.LATEST, frozenset(self.versions), frozenset(list(self.versions)[:1]))
        return self._range(takes)

    def pinned(self, takes: str) -> str | None:
        """The one version that would do, where it is only one."""
        pin = None if self.ecosystem is None else self.ecosystem.pinned(takes)
        if pin is not None or self._alias(takes) is not None or takes not in self.versions.values():
            return pin
        # Cargo reads the bare name of a version as a range; where ranges are ours, names come first.
        return takes if self.ecosystem is OURS or not self.readable(takes) else None

    def same(self, one: str, other: str) -> bool:
        """Whether two spellings mean one version."""
        return one == other or (self.ecosystem is not None and self.ecosystem.same(one, other))

    def admits(self, takes: str, version: str) -> bool | None:
        """Whether a version would do; None where that cannot be told."""
        return None if self.ecosystem is None else self.ecosystem.admits(takes, version)

    def _alias(self, takes: str) -> frozenset[str] | None:
        if takes in self.aliases:
            return self.aliases[takes]
        ends = tuple(mark + takes for mark in _BEFORE_ALIAS)
        found = [pointed for alias, pointed in self.aliases.items() if alias.endswith(ends)]
        return found[0] if len(found) == 1 else None

    def readable(self, takes: str) -> bool:
        """Whether this is a range in the words of the ecosystem."""
        return self.admits(takes, _ANY_VERSION) is not None

    def _range(self, takes: str) -> Choice:
        if not self.readable(takes):
            return Choice(Sort.UNREADABLE)
        allowed = [urn for urn, version in self.versions.items() if self.admits(takes, version)]
        return Choice(Sort.RANGE, frozenset(allowed), frozenset(allowed[:1]))
