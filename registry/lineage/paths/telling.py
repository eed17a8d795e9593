"""A way as readers get it: its nodes and edges in order, what joins names for one thing, and in words."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from registry.lineage.answer import Certainty, Direction, Edge, Node, PathStep
from registry.lineage.explanation import Explainer
from registry.lineage.paths.answer import Path
from registry.lineage.paths.enumeration import Way
from registry.lineage.paths.network import Network


class _Leg(NamedTuple):
    """From one name to the next, downstream; ``counts`` unless both are names for one thing."""

    near: str
    far: str
    edge: Edge
    certain: bool
    counts: bool


class Teller:
    """Tells the ways of one network, from its starts to its ends or the other way round."""

    def __init__(
        self,
        network: Network,
        node: Callable[[str], Node],
        starts: Collection[str],
        ends: Collection[str],
        direction: Direction,
    ) -> None:
        self._network, self._node, self._direction = network, node, direction
        self._starts, self._ends = sorted(starts), sorted(ends)

    def tell(self, way: Way | None, spot: str = "") -> Path:
        """One way; without one, how the start and the end that share a spot are the same."""
        legs = self._joined(spot) if way is None else self._legs(way)
        start, steps = self._steps(legs)
        upstream = self._direction is Direction.UPSTREAM
        told_start, told = self._steps(_turned(legs)) if upstream else (start, steps)
        return Path(
            self._direction,
            told_start,
            told,
            sum(leg.counts for leg in legs),
            steps[-1].node.certainty,
            Explainer().explain(start, steps),
        )

    def _legs(self, way: Way) -> list[_Leg]:
        network = self._network
        steps = [network.hops[at].step for at in way.hops]
        here = _named(self._starts, network, network.start_names[way.start], steps[0].near.urn)
        legs: list[_Leg] = []
        for step in steps:
            legs += self._chain(here, step.near.urn)
            legs.append(_Leg(step.near.urn, step.far.urn, step.edge, step.certain, counts=True))
            here = step.far.urn
        return legs + self._chain(here, _named(self._ends, network, network.joined.spot(here), here))

    def _joined(self, spot: str) -> list[_Leg]:
        start, end = (_named(names, self._network, spot, "") for names in (self._starts, self._ends))
        return self._chain(start, end)

    def _chain(self, near: str, far: str) -> list[_Leg]:
        legs = []
        for name, edge in self._network.joined.chain(near, far):
            legs.append(_Leg(near, name, edge, certain=True, counts=False))
            near = name
        return legs

    def _steps(self, legs: list[_Leg]) -> tuple[Node, tuple[PathStep, ...]]:
        depth, certainty, steps = 0, Certainty.CERTAIN, []
        for leg in legs:
            depth += leg.counts
            certainty = certainty if leg.certain else Certainty.POSSIBLE
            steps.append(PathStep(leg.edge, self._node(leg.far)._replace(depth=depth, certainty=certainty)))
        start = self._node(legs[0].near)._replace(depth=0, certainty=Certainty.CERTAIN)
        return start, tuple(steps)


def _turned(legs: list[_Leg]) -> list[_Leg]:
    return [leg._replace(near=leg.far, far=leg.near) for leg in reversed(legs)]


def _named(names: list[str], network: Network, spot: str, wanted: str) -> str:
    """The name that is wanted, if it is one of them, else the first of them at the spot."""
    there = [name for name in names if network.joined.spot(name) == spot]
    return wanted if wanted in there else there[0]
