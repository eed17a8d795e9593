"""How many ways there are, without walking each.

Where nothing goes round, ways are counted by adding up: as many lead to a place as lead to what is before it. Where
something does, the ways through each round part are tried one by one, and what lies between is added up.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from registry.lineage.paths.network import NOWHERE, ONE_STEP, Network
from registry.lineage.paths.steps import WorkBudget

_LEAST_WORK = 64
"""Steps that may be tried from each entrance of a round part even when the budget is spent."""


@dataclass(frozen=True, slots=True)
class WayCount:
    """How many ways: exactly, or at least so many."""

    number: int
    exact: bool


def count_ways(network: Network, max_length: int | None, work: WorkBudget) -> WayCount:
    """The number of ways with at most ``max_length`` steps (None: any).

    Guarantees: exact where no cycle lies between the ends and lengths are not bounded, at a cost linear in the
    network; else exact unless the work budget is spent, and never more than there are.
    """
    return _Counting(network, max_length, work).count()


class _Counting:
    """``arrived`` holds for each place the number of ways that come there from outside its component, by length.

    Lengths are only told apart where they are bounded: else all are kept as 0.
    """

    def __init__(self, network: Network, max_length: int | None, work: WorkBudget) -> None:
        self.network = network
        bounded = max_length is not None and max_length < len(set(network.spots)) - 1
        self.most, self.unit = (max_length or 0, 1) if bounded else (NOWHERE, 0)
        self.work = work
        self.exact = True
        self.arrived: dict[int, Counter[int]] = {place: Counter({0: 1}) for place in network.starts}

    def count(self) -> WayCount:
        network, total = self.network, 0
        for component, members in enumerate(network.members):
            round_part = network.has_cycle(component)
            for place in members:
                arrived = self.arrived.pop(place, None)
                if arrived is None:
                    continue
                if place in network.ends:
                    total += sum(arrived.values())
                elif round_part:
                    self._pass_through(component, place, arrived)
                else:
                    self._pass_on(place, arrived)
        return WayCount(total, self.exact)

    def _pass_on(self, place: int, arrived: Counter[int]) -> None:
        network = self.network
        if self.unit and not self.work.spend(len(arrived) * len(network.onward[place])):
            self.exact = False
            arrived = Counter({min(arrived): arrived[min(arrived)]})
        for at in network.onward[place]:
            self._arrive(network.hops[at].far, arrived, 1, self.unit)

    def _arrive(self, place: int, arrived: Counter[int], ways: int, steps: int) -> None:
        ahead = self.unit * (self.network.to_end[place] // ONE_STEP)
        there = self.arrived.setdefault(place, Counter())
        for length, number in arrived.items():
            if length + steps + ahead <= self.most:
                there[length + steps] += number * ways

    def _pass_through(self, component: int, entrance: int, arrived: Counter[int]) -> None:
        """Try every way from an entrance through its component, and pass on what leaves it."""
        network, exits = self.network, Counter[tuple[int, int]]()
        least, longest = _LEAST_WORK, self.most - min(arrived)
        seen = {network.spots[entrance]}
        waiting = [(entrance, iter(network.onward[entrance]))]
        while waiting:
            place, ahead = waiting[-1]
            for at in ahead:
                far = network.hops[at].far
                spot = network.spots[far]
                if network.component[spot] != component:
                    exits[far, len(waiting) * self.unit] += 1
                elif spot not in seen and len(waiting) + network.to_end[far] // ONE_STEP <= longest:
                    least -= 1
                    if not self.work.spend() and least < 0:
                        self.exact = False
                        waiting.clear()
                        break
                    seen.add(spot)
                    waiting.append((far, iter(network.onward[far])))
                    break
            else:
                waiting.pop()
                seen.discard(network.spots[place])
        for (far, steps), ways in exits.items():
            self._arrive(far, arrived, ways, steps)
