"""Which ways there are, one after another: the shortest first, of equal ones the surest, then by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple

from registry.lineage.paths.network import NOWHERE, ONE_STEP, Network
from registry.lineage.paths.steps import WorkBudget


class Way(NamedTuple):
    """A way by numbers: the place it starts at, and its hops."""

    start: int
    hops: tuple[int, ...]


class _Begun(NamedTuple):
    """The beginning of a way. ``bound``: what a whole one costs at least; ``checked``: without touching a spot twice."""

    bound: int
    start: int
    hops: tuple[int, ...]
    checked: bool
    cost: int


@dataclass(slots=True)
class Enumeration:
    """Ways of a network in order, found only as far as they are asked for.

    Every beginning that is kept leads to an end, so that many dead ends cost no more than few. ``ended`` turns
    true where there are no more; an iteration that stops before ran out of work.
    """

    network: Network
    max_length: int | None
    work: WorkBudget
    ended: bool = False

    def __iter__(self) -> Iterator[Way]:
        network = self.network
        waiting = [_Begun(network.to_end[place], place, (), checked=True, cost=0) for place in network.starts]
        waiting.sort()
        most = NOWHERE if self.max_length is None else (self.max_length + 1) * ONE_STEP
        while waiting:
            begun = heappop(waiting)
            if begun.bound >= most:
                break
            if not self.work.spend():
                return
            place = self._place(begun)
            if place in network.ends:
                yield Way(begun.start, begun.hops)
            elif begun.checked:
                for further in self._further(begun, place):
                    heappush(waiting, further)
            elif (bound := begun.cost + self._cost_on(begun, place)) < NOWHERE:
                heappush(waiting, begun._replace(bound=bound, checked=True))
        self.ended = self.work.left >= 0

    def _place(self, begun: _Begun) -> int:
        return self.network.hops[begun.hops[-1]].far if begun.hops else begun.start

    def _further(self, begun: _Begun, place: int) -> Iterator[_Begun]:
        network = self.network
        passed = self._passed(begun)
        for at in network.onward[place]:
            hop = network.hops[at]
            spot = network.spots[hop.far]
            if spot in passed:
                continue
            cost = begun.cost + hop.cost
            alone = network.component[spot] not in {network.component[other] for other in passed}
            yield _Begun(cost + network.to_end[hop.far], begun.start, (*begun.hops, at), alone, cost)

    def _passed(self, begun: _Begun) -> set[int]:
        spots, hops = self.network.spots, self.network.hops
        return {spots[begun.start], *(spots[hops[at].far] for at in begun.hops)}

    def _cost_on(self, begun: _Begun, place: int) -> int:
        """What the cheapest way on costs that touches nothing passed; NOWHERE where there is none.

        The search looks no further than out of the component: behind it lies nothing that was passed.
        """
        network, passed = self.network, self._passed(begun)
        component = network.component[network.spots[place]]
        settled: set[int] = set()
        waiting = [(network.to_end[place], 0, place)]
        while waiting:
            bound, cost, here = heappop(waiting)
            if network.component[network.spots[here]] != component or here in network.ends:
                return bound
            if here in settled or not self.work.spend():
                continue
            settled.add(here)
            for at in network.onward[here]:
                hop = network.hops[at]
                if network.spots[hop.far] not in passed and hop.far not in settled:
                    heappush(waiting, (cost + hop.cost + network.to_end[hop.far], cost + hop.cost, hop.far))
        return NOWHERE
