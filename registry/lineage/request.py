"""What can be asked about lineage: from where, which way, how far, along what, and what of it to report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Upstream leads to what something was made from, downstream to what uses it."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"  # two walks, never the one's results walked by the other


@dataclass(frozen=True, slots=True)
class NodeFilter:
    """Which entities: those that match every field that is given. What is not recorded matches nothing.

    ``owners`` and ``environments`` are URNs or names; an environment is where a run or deployment is executed, or
    the stage of a deployment, and other kinds have none, so that they always match.
    """

    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    lifecycle: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.kinds, self.namespaces, self.tags, self.owners, self.environments, self.lifecycle))


@dataclass(frozen=True, slots=True)
class EdgeFilter:
    """Which edges: those that match every field that is given, or do not have what it asks about.

    ``families`` are data, serving and software; a missing confidence counts as 1.
    """

    families: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    min_confidence: float | None = None

    def __bool__(self) -> bool:
        return bool(self.families or self.roles or self.slices or self.evidence) or self.min_confidence is not None


SAME_AS_CONFIDENCE = 0.9
"""From here on two names count as one, unless a question says otherwise."""


@dataclass(frozen=True, slots=True)
class WalkRequest:
    """A question about lineage. Times are microseconds since 1970, None for now and for all that is recorded.

    ``depth`` None walks to the end. ``kinds`` and ``report`` are what is reported (empty: all); the walk passes
    through everything else all the same, while ``within`` is never left, nothing behind ``stop_at`` is walked, and
    only edges as in ``follow`` are followed. ``report_via`` reports what such an edge leads to. ``also`` are further
    starts. ``versions`` chooses among those of a logical asset: all, latest, an alias, a version or a range.
    ``same_as`` is the confidence from which two names are one. ``roll_up`` answers with logical assets.
    ``channels`` leaves only edges that came by one of them (None: any), and those that the registry makes itself.
    ``limit`` bounds what is reported, ``max_walked`` what is walked to find it, ``seconds`` the time; ``after`` is
    the cursor of the page before.
    """

    urn: str
    direction: Direction = Direction.UPSTREAM
    depth: int | None = None
    kinds: tuple[str, ...] = ()
    software: bool = False
    possible: bool = True
    limit: int = 1000
    as_of: int | None = None
    known_at: int | None = None
    max_walked: int = 100_000
    also: tuple[str, ...] = ()
    versions: str | None = None
    report: NodeFilter = NodeFilter()
    report_via: EdgeFilter = EdgeFilter()
    within: NodeFilter = NodeFilter()
    stop_at: NodeFilter = NodeFilter()
    follow: EdgeFilter = EdgeFilter()
    same_as: float = SAME_AS_CONFIDENCE
    roll_up: bool = False
    after: str | None = None
    seconds: float | None = None
    channels: tuple[str, ...] | None = None

    @property
    def urns(self) -> tuple[str, ...]:
        """Every start, once."""
        return tuple(dict.fromkeys((self.urn, *self.also)))
