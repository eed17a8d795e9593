"""The ways from some entities to others, over steps that a walk has found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from itertools import islice

from registry.lineage.answer import Direction, Edge, Node, Reason
from registry.lineage.paths.answer import Paths
from registry.lineage.paths.counting import WayCount, count_ways
from registry.lineage.paths.enumeration import Enumeration
from registry.lineage.paths.network import Network
from registry.lineage.paths.steps import Step, WorkBudget
from registry.lineage.paths.telling import Teller

WORK = 100_000
"""Steps that may be tried to list ways, and again to count them, before an answer says "at least"."""


@dataclass(frozen=True, slots=True)
class Terrain:
    """What there is to go over: nodes by URN, steps downstream, and edges that join names for one thing.

    ``reasons`` say what may be missing of it; ``size`` is about how many steps there are. Depth and certainty of
    the nodes do not matter.
    """

    node: Callable[[str], Node]
    steps: Iterable[Step]
    joins: Iterable[Edge] = ()
    reasons: tuple[Reason, ...] = ()
    size: int = 0


def ways(
    terrain: Terrain,
    starts: Collection[str],
    ends: Collection[str],
    *,
    most: int,
    max_length: int | None = None,
    direction: Direction = Direction.DOWNSTREAM,
    same: bool = True,
    work: int = WORK,
) -> Paths:
    """All simple ways from the starts to the ends, which lie downstream of them, the first ``most`` listed.

    No way touches an entity twice, nor a start or an end but at its own ends. Told from the ends to the starts
    where ``direction`` is upstream. ``same`` counts the way of no steps between two names for one thing.
    Deterministic, a cut by the work budget included.
    """
    network = Network(terrain.steps, terrain.joins, starts, ends)
    joined = sorted(network.start_spots & network.end_spots) if same else []
    listing = Enumeration(network, max_length, WorkBudget(work))
    found = list(islice(listing, max(most + 1 - len(joined), 0)))
    count = _count(network, max_length, work, found=len(found), all_found=listing.ended)
    count = replace(count, number=count.number + len(joined))
    listed = min(len(joined) + len(found), most)
    reasons = [*terrain.reasons]
    if count.number > listed or not count.exact:
        reasons.append(Reason.SIZE if count.number > listed == most else Reason.TIME)
    if max_length is not None and Reason.DEPTH not in reasons and _may_be_longer(network, count, len(joined), work):
        reasons.append(Reason.DEPTH)
    teller = Teller(network, terrain.node, starts, ends, direction)
    told = [teller.tell(None, spot) for spot in joined] + [teller.tell(way) for way in found]
    return Paths(
        tuple(told[:most]),
        count.number,
        count_is_exact=count.exact and not {*terrain.reasons} - {Reason.DEPTH, Reason.PERMISSION},
        both=False,
        complete=not reasons,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def both_ways(one: Paths, other: Paths, most: int) -> Paths:
    """Two answers about the same entities as one, the first's paths before the second's."""
    if not (one.count and other.count):
        found = one if one.count or not other.count else other
        reasons = dict.fromkeys((*one.reasons, *other.reasons))
        exact = one.count_is_exact and other.count_is_exact
        return replace(found, count_is_exact=exact, complete=not reasons, reasons=tuple(reasons))
    paths, count = (*one.paths, *other.paths), one.count + other.count
    cut = (Reason.SIZE,) if len(paths) > most else ()
    reasons = dict.fromkeys((*one.reasons, *other.reasons, *cut))
    exact = one.count_is_exact and other.count_is_exact
    return Paths(paths[:most], count, exact, both=True, complete=not reasons, reasons=tuple(reasons))


def _count(network: Network, max_length: int | None, work: int, *, found: int, all_found: bool) -> WayCount:
    if all_found:
        return WayCount(found, exact=True)
    counted = count_ways(network, max_length, WorkBudget(work))
    return counted if counted.exact else replace(counted, number=max(counted.number, found))


def _may_be_longer(network: Network, bounded: WayCount, joined: int, work: int) -> bool:
    """Whether there are ways that a bound on their length left out, or nobody can tell."""
    whole = count_ways(network, None, WorkBudget(work))
    return not (whole.exact and bounded.exact and whole.number + joined == bounded.number)
