"""What a change would touch, as a set that can be compared: at one point in time, and from one point to another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graph_schema.times import format_time, now_micros, parse_time
from queries.walk import CLOCK
from queries.walk.rows import ClockParams
from registry.errors import InvalidRequestError, NotFoundError
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Direction, Node, Reason, WalkRequest
from registry.lineage.walk import lineage


class Point(NamedTuple):
    """A state of the graph that every reader can come back to: recorded by, and true at, in microseconds.

    Written as both times in RFC 3339 with a slash between; one time alone means both.
    """

    known_at: int
    as_of: int

    def __str__(self) -> str:
        return f"{format_time(self.known_at)}/{format_time(self.as_of)}"

    @classmethod
    def parse(cls, text: str) -> Point:
        """Read what ``str`` wrote, or one time. Raises InvalidRequestError."""
        known_at, _, as_of = text.partition("/")
        try:
            return cls(parse_time(known_at), parse_time(as_of or known_at))
        except ValueError:
            raise InvalidRequestError(
                "That is not a point in time to go on from.",
                hint="Send the id of an event back as it came, or a time like 2026-05-04T12:00:00Z.",
            ) from None


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched: the impact of an entity, by the walk's own rules; ``kinds`` empty means all."""

    urn: str
    kinds: tuple[str, ...] = ()
    depth: int | None = None
    software: bool = False
    possible: bool = True


class Member(NamedTuple):
    """One affected entity, as it is reported."""

    kind: str
    label: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Summary:
    """An impact set in few words. ``digest`` is the same exactly where members and certainties are.

    ``complete`` exactly where there are no ``reasons``; ``exists``: whether the entity itself was known then.
    """

    point: Point
    count: int
    certain: int
    digest: str
    reasons: tuple[Reason, ...]
    exists: bool

    @property
    def complete(self) -> bool:
        """Whether these are all there are."""
        return not self.reasons

    @property
    def possible(self) -> int:
        """How many are only possibly affected."""
        return self.count - self.certain


@dataclass(frozen=True, slots=True)
class ImpactSet:
    """Everything affected at one point, by URN."""

    summary: Summary
    members: Mapping[str, Member]


@dataclass(frozen=True, slots=True)
class ImpactChange:
    """What became of an impact set from one point to a later one; each part is ordered by URN.

    ``changed`` holds what was affected before and after with another certainty, as it is after.
    """

    since: Point
    summary: Summary
    added: tuple[tuple[str, Member], ...]
    removed: tuple[tuple[str, Member], ...]
    changed: tuple[tuple[str, Member], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def latest_point(database: Database) -> Point:
    """The latest state of which it is certain that nothing can be written into it any more."""
    known_at = database.run(CLOCK, ClockParams())[0].recorded_at
    return Point(known_at, max(known_at, now_micros()))


def read_impact_set(database: Database, watched: Watched, point: Point, *, limit: int) -> ImpactSet:
    """The impact at a point, at most ``limit`` of it; empty where the entity was not known then.

    The same point gives the same set whenever it is asked. Raises InvalidUrnError, InvalidRequestError (a point
    in the future), QueryTimeoutError, DatabaseUnavailableError.
    """
    try:
        answer = lineage(database, _request(watched, point, limit), edges=False)
    except NotFoundError:
        return _impact_set(point, (), (), exists=False)
    return _impact_set(point, answer.nodes, answer.completeness.reasons, exists=True)


def compare(before: ImpactSet, after: ImpactSet) -> ImpactChange:
    """What became of an impact set."""
    old, new = before.members, after.members
    return ImpactChange(
        before.summary.point,
        after.summary,
        added=_ordered(new, new.keys() - old.keys()),
        removed=_ordered(old, old.keys() - new.keys()),
        changed=_ordered(new, (urn for urn in new.keys() & old.keys() if new[urn].certainty != old[urn].certainty)),
    )


def _request(watched: Watched, point: Point, limit: int) -> WalkRequest:
    return WalkRequest(
        urn=watched.urn,
        direction=Direction.DOWNSTREAM,
        depth=watched.depth,
        kinds=watched.kinds,
        software=watched.software,
        possible=watched.possible,
        limit=limit,
        as_of=point.as_of,
        known_at=point.known_at,
        max_walked=limit,
    )


def _impact_set(point: Point, nodes: Iterable[Node], reasons: tuple[Reason, ...], *, exists: bool) -> ImpactSet:
    members = {node.urn: Member(node.kind, node.label, node.certainty) for node in nodes}
    certain = sum(member.certainty is Certainty.CERTAIN for member in members.values())
    return ImpactSet(Summary(point, len(members), certain, _digest(members), reasons, exists), members)


def _digest(members: Mapping[str, Member]) -> str:
    digest = hashlib.sha256()
    for urn in sorted(members):
        digest.update(f"{urn} {members[urn].certainty}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def _ordered(members: Mapping[str, Member], urns: Iterable[str]) -> tuple[tuple[str, Member], ...]:
    return tuple((urn, members[urn]) for urn in sorted(urns))
