"""What lies behind the direct consumers: each entity inherits the weakest link on its best path.

A link is a judged use, or a step of which it is not known whether it leads on (an unknown version, a slice of a
whole), or any other edge, which passes on what it is given. Paths are looked for at the strongest verdict first,
and the shortest of them is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graph_schema.core import Family
from registry.lineage.answer import Edge
from registry.lineage.change.use import USE_FAMILIES, EdgeName, edge_name
from registry.lineage.change.verdict import Verdict
from registry.lineage.parts import is_part
from registry.lineage.subgraph import FIELD_OF

STRENGTH = {Verdict.SAFE: 0, Verdict.POSSIBLE: 1, Verdict.CERTAIN: 2}


class _Place(NamedTuple):
    """At an entity; ``from_part`` where it was come to from a part (a slice, a column) of it: then not on to other parts."""

    urn: str
    from_part: bool


_BESIDE = _Place("", False)
"""Where a search comes from to those who use something that does not change."""


class _Link(NamedTuple):
    to: _Place
    edge: Edge
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Reached:
    """How something is reached: the verdict that it inherits, and the edges of the path, from the start outwards."""

    verdict: Verdict
    path: tuple[tuple[str, Edge], ...]


def same_thing(starts: Iterable[str], edges: Iterable[Edge], *, parts: bool = True) -> frozenset[str]:
    """The starts, and what the walk comes to from them without any use: unknown versions, slices, other names.

    Not their columns: which of them a change is about is judged. Without ``parts`` not their slices either.
    """
    onward: dict[str, list[str]] = {}
    for edge in edges:
        if edge.family in USE_FAMILIES or edge.relation == FIELD_OF or (is_part(edge) and not parts):
            continue
        onward.setdefault(edge.upstream, []).append(edge.downstream)
        if edge.family == Family.IDENTITY:
            onward.setdefault(edge.downstream, []).append(edge.upstream)
    found, ahead = set(starts), list(starts)
    while ahead:
        for urn in onward.get(ahead.pop(), ()):
            if urn not in found:
                found.add(urn)
                ahead.append(urn)
    return frozenset(found)


def wholes_of(inside: frozenset[str], edges: Collection[Edge]) -> frozenset[str]:
    """What the slices and columns among these belong to, what that belongs to, and other names of it."""
    up = [edge for edge in edges if is_part(edge)]
    found: frozenset[str] = frozenset()
    while new := {edge.upstream for edge in up if edge.downstream in inside | found} - inside - found:
        found |= same_thing(new, edges, parts=False) - inside
    return found


class Spread:
    """The best path to each entity from what changes (``inside``; ``starts`` are those of it that were asked for).

    ``judged`` are the verdicts about edges out of what changes; ``beside`` are judged uses of what does not.
    """

    def __init__(
        self,
        starts: Iterable[str],
        inside: frozenset[str],
        edges: Iterable[Edge],
        judged: Mapping[EdgeName, Verdict],
        beside: Iterable[tuple[Edge, Verdict]],
        depth: int | None,
    ) -> None:
        self._inside, self._judged, self._depth = inside, judged, depth
        self._starts = sorted(starts)
        self._links: dict[_Place, list[_Link]] = {}
        for edge in edges:
            self._add(edge)
        for edge, verdict in beside:
            self._link(_BESIDE, _Link(_Place(edge.downstream, False), edge, verdict))
        self.reached: dict[str, Reached] = {}
        for verdict in sorted(STRENGTH, key=STRENGTH.__getitem__, reverse=True):
            self._search(verdict)

    def _add(self, edge: Edge) -> None:
        up, down = edge.upstream, edge.downstream
        self._link(_Place(up, False), _Link(_Place(down, False), edge, self._strength(edge)))
        if is_part(edge):
            possible = Verdict.CERTAIN if up in self._inside else Verdict.POSSIBLE
            for came in (False, True):
                self._link(_Place(down, came), _Link(_Place(up, True), edge, possible))
            return
        self._link(_Place(up, True), _Link(_Place(down, False), edge, self._strength(edge)))
        if edge.family == Family.IDENTITY:
            for came in (False, True):
                self._link(_Place(down, came), _Link(_Place(up, came), edge, Verdict.CERTAIN))

    def _link(self, place: _Place, link: _Link) -> None:
        self._links.setdefault(place, []).append(link)

    def _strength(self, edge: Edge) -> Verdict:
        judged = self._judged.get(edge_name(edge))
        if judged is not None:
            return judged
        open_version = edge.family == Family.POSSIBLE and edge.upstream not in self._inside
        return Verdict.POSSIBLE if open_version else Verdict.CERTAIN

    def _search(self, verdict: Verdict) -> None:
        """A breadth-first search over the links that are at least this strong."""
        least = STRENGTH[verdict]
        came: dict[_Place, tuple[_Place, Edge] | None] = {_Place(urn, False): None for urn in self._starts}
        came[_BESIDE] = None
        level, depth = list(came), 0
        while level and (self._depth is None or depth < self._depth):
            depth += 1
            level = self._step(self._step(level, least, came, names=True), least, came, names=False)
        self._step(level, least, came, names=True)
        for place in came:  # nearest first
            if place.urn not in self.reached:
                self.reached[place.urn] = Reached(verdict, _path(place, came))

    def _step(
        self, level: list[_Place], least: int, came: dict[_Place, tuple[_Place, Edge] | None], *, names: bool
    ) -> list[_Place]:
        """One step on from a level; or, with ``names``, the level and all other names of what is in it: no step."""
        found = list(level) if names else []
        for place in found if names else level:
            for link in self._links.get(place, ()):
                same = link.edge.family == Family.IDENTITY
                if same is names and STRENGTH[link.verdict] >= least and link.to not in came:
                    came[link.to] = (place, link.edge)
                    found.append(link.to)
        return found


def _path(place: _Place, came: Mapping[_Place, tuple[_Place, Edge] | None]) -> tuple[tuple[str, Edge], ...]:
    path: list[tuple[str, Edge]] = []
    before = came[place]
    while before is not None:
        path.append((place.urn, before[1]))
        place = before[0]
        before = came[place]
    return tuple(reversed(path))
