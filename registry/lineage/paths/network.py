"""What lies between some starts and some ends, as a graph of small numbers.

Only what is on a way is kept: reached from a start, and leading to an end. What ``SAME_AS`` joins is one *spot*.
A way touches its starts and its ends nowhere but at its own ends, and no spot twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from heapq import heappop, heappush
from operator import itemgetter
from typing import NamedTuple

from registry.lineage.answer import Edge
from registry.lineage.paths.components import components_of
from registry.lineage.paths.steps import Place, Step

ONE_STEP = 1 << 32
"""The cost of a step; a doubtful one costs one more, so that of equally long ways the surest is the shortest."""
NOWHERE = 1 << 62
"""Farther than any end."""


_Between = tuple[Place, Place, Step]
"""A step, and the places that it joins once names for the same thing are one."""


class Hop(NamedTuple):
    """A step between two places of the network, by their numbers."""

    near: int
    far: int
    cost: int
    step: Step


class Network:
    """Places and hops by number, in an order that depends on names alone.

    ``spots`` says which spot a place is at, ``onward`` which hops lead away from it, in order, ``to_end`` what
    the cheapest way on to an end costs (which may be more where that way would touch a spot twice), and
    ``component`` which component of mutually reachable spots a spot is in, those behind it having higher numbers.
    """

    def __init__(
        self, steps: Iterable[Step], joins: Iterable[Edge], starts: Collection[str], ends: Collection[str]
    ) -> None:
        self.joined = Joined(joins)
        spot = self.joined.spot
        self.start_spots = {spot(urn) for urn in starts}
        self.end_spots = {spot(urn) for urn in ends}
        between = self._between(steps, spot if self.joined else None)
        names = sorted({place for near, far, _ in between for place in (near, far)})
        number = {place: at for at, place in enumerate(names)}
        hops = [Hop(number[near], number[far], _cost(step), step) for near, far, step in between]
        self.hops = sorted(hops, key=_hop_order)
        spot_number = {urn: at for at, urn in enumerate(sorted({place.urn for place in names}))}
        self.spots = [spot_number[place.urn] for place in names]
        self.starts = [at for at, place in enumerate(names) if place.urn in self.start_spots]
        self.ends = frozenset(at for at, place in enumerate(names) if place.urn in self.end_spots)
        self.start_names = {at: names[at].urn for at in self.starts}
        self.onward: list[list[int]] = [[] for _ in names]
        for at, hop in enumerate(self.hops):
            self.onward[hop.near].append(at)
        self.to_end = self._costs_to_end()
        self.component, self.members = self._components(len(spot_number))

    def _between(self, steps: Iterable[Step], spot: Callable[[str], str] | None) -> list[_Between]:
        """The steps from the starts to the ends, between spots. The same step given twice counts once."""
        starts, ends = self.start_spots, self.end_spots
        found = []
        for step in steps:
            near, far = step.near, step.far
            if spot is not None:
                near, far = Place(spot(near.urn), near.came), Place(spot(far.urn), far.came)
            if near.urn != far.urn and far.urn not in starts and near.urn not in ends:
                found.append((near, far, step))
        found = _led_to(found, {Place(urn) for urn in starts}, forward=True)
        found = _led_to(found, {far for _, far, _ in found if far.urn in ends}, forward=False)
        return list(
            {(near, far, step.edge[:3], step.edge.key): (near, far, step) for near, far, step in found}.values()
        )

    def _costs_to_end(self) -> list[int]:
        inward: list[list[Hop]] = [[] for _ in self.onward]
        for hop in self.hops:
            inward[hop.far].append(hop)
        costs = [NOWHERE] * len(self.onward)
        waiting = [(0, place) for place in sorted(self.ends)]
        while waiting:
            cost, place = heappop(waiting)
            if cost >= costs[place]:
                continue
            costs[place] = cost
            for hop in inward[place]:
                if cost + hop.cost < costs[hop.near]:
                    heappush(waiting, (cost + hop.cost, hop.near))
        return costs

    def _components(self, spots: int) -> tuple[list[int], list[list[int]]]:
        onward: list[list[int]] = [[] for _ in range(spots)]
        for hop in self.hops:
            onward[self.spots[hop.near]].append(self.spots[hop.far])
        component = components_of(onward)
        members: list[list[int]] = [[] for _ in range(max(component, default=-1) + 1)]
        for place, spot in enumerate(self.spots):
            members[component[spot]].append(place)
        return component, members

    def has_cycle(self, component: int) -> bool:
        """Whether ways can go round in a component: whether it has more than one spot."""
        first, *others = self.members[component]
        return any(self.spots[place] != self.spots[first] for place in others)


class Joined:
    """Which names mean one thing, and how one leads to another."""

    def __init__(self, joins: Iterable[Edge]) -> None:
        self._next: dict[str, list[tuple[str, Edge]]] = {}
        for _, edge in sorted({(*edge[:3], edge.key): edge for edge in joins}.items(), key=itemgetter(0)):
            if edge.downstream != edge.upstream:
                self._next.setdefault(edge.downstream, []).append((edge.upstream, edge))
                self._next.setdefault(edge.upstream, []).append((edge.downstream, edge))
        for ahead in self._next.values():
            ahead.sort(key=lambda item: item[0])
        self._spots: dict[str, str] = {}
        for urn in self._next:
            if urn not in self._spots:
                names = {urn, *self._around(urn)}
                self._spots |= dict.fromkeys(names, min(names))

    def __bool__(self) -> bool:
        return bool(self._spots)

    def spot(self, urn: str) -> str:
        """The first by name of all that mean the same."""
        return self._spots.get(urn, urn)

    def chain(self, one: str, other: str) -> list[tuple[str, Edge]]:
        """A shortest chain of edges from one name to another of the same spot, each with the name it leads to."""
        came_by = self._around(one)
        chain: list[tuple[str, Edge]] = []
        while other != one:
            before, edge = came_by[other]
            chain.append((other, edge))
            other = before
        return chain[::-1]

    def _around(self, urn: str) -> dict[str, tuple[str, Edge]]:
        """Everything else joined to a name: from where, and by which edge, it was come to first."""
        found: dict[str, tuple[str, Edge]] = {}
        level, seen = [urn], {urn}
        while level:
            ahead = [(far, near, edge) for near in level for far, edge in self._next.get(near, ())]
            level = []
            for far, near, edge in ahead:
                if far not in seen:
                    seen.add(far)
                    found[far] = (near, edge)
                    level.append(far)
        return found


def _cost(step: Step) -> int:
    return ONE_STEP if step.certain else ONE_STEP + 1


def _hop_order(hop: Hop) -> tuple[int, str, str, str, str, str, int]:
    edge, near, far = hop.step.edge, hop.step.near, hop.step.far
    return hop.near, far.urn, near.urn, edge.relation, edge.key, edge.downstream, far.came


def _led_to(steps: Sequence[_Between], origins: Collection[Place], *, forward: bool) -> list[_Between]:
    """The steps that a search from the origins passes, along the steps or against them."""
    ahead: dict[Place, list[Place]] = {}
    for near, far, _ in steps:
        here, there = (near, far) if forward else (far, near)
        ahead.setdefault(here, []).append(there)
    seen, waiting = set(origins), list(origins)
    while waiting:
        for place in ahead.get(waiting.pop(), ()):
            if place not in seen:
                seen.add(place)
                waiting.append(place)
    return [step for step in steps if (step[0] if forward else step[1]) in seen]
