"""What a walk has to answer: sets grown step by step from the rules alone, slowly and simply."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from graph_schema.times import OPEN
from registry.lineage.answer import Certainty
from registry.lineage.request import Direction, WalkRequest
from tests.integration.lineage.facts import Graph, asset_of, kind_of
from tests.integration.lineage.truth_filters import Filters, edge_passes
from tests.integration.lineage.truth_steps import EdgeName, Place, Step, Steps

_ASSETS = ("Dataset", "Model", "Library")


class MissingError(Exception):
    """A start that is not there, or a selector that chooses nothing."""


@dataclass(frozen=True, order=True)
class Row:
    """One reported entity, in the order in which they come."""

    depth: int
    kind: str
    urn: str
    certainty: Certainty
    direction: Direction | None
    members: tuple[str, ...] = ()


def starts_of(graph: Graph, request: WalkRequest) -> set[str]:
    """What a question names: aliases stand for what they point to, assets for (some of) their versions."""
    filters, found = Filters(graph, request), set[str]()
    for urn in request.urns:
        if kind_of(urn) == "Alias":
            named = filters.targets("POINTS_TO", urn)
        elif request.versions not in (None, "all"):
            named = set(_chosen(filters, urn, str(request.versions)))
        else:
            named = {urn}
        named = {one for one in named if filters.heard_of(one)}
        if not named:
            raise MissingError(urn)
        found |= named
    if request.versions in (None, "all"):
        found |= {version for asset in found for version in _versions(filters, asset)}
    return found


def _versions(filters: Filters, asset: str) -> set[str]:
    return {fact.downstream for fact in filters.facts if fact.relation == "VERSION_OF" and fact.upstream == asset}


def _chosen(filters: Filters, asset: str, wanted: str) -> Iterable[str]:
    known = sorted(urn for urn in _versions(filters, asset) if not urn.endswith(":*"))
    if wanted == "latest":
        older = {one for urn in known for one in filters.targets("REVISION_OF", urn)}
        newest = [urn for urn in known if urn not in older]
        made = {urn: filters.graph.states[urn][-1].created_at for urn in known}
        return [max(newest, key=lambda urn: (made[urn], urn))] if newest else []
    named = [urn for urn in known if urn.rpartition(":")[2] == wanted]
    pointed = {
        fact.upstream
        for fact in filters.facts
        if fact.relation == "POINTS_TO"
        and fact.upstream in known
        and (fact.downstream.split(":")[4] == wanted or fact.downstream.endswith(f"/{wanted}"))
    }
    return named or pointed or [urn for urn in known if _in_range(int(urn.rpartition(":")[2]), wanted)]


def _in_range(number: int, wanted: str) -> bool:
    return {">=2": number >= 2, "<3,>1": 1 < number < 3, "<2": number < 2}.get(wanted, False)


class Truth:
    """One walk one way. Raises MissingError where it has nowhere to start."""

    def __init__(self, graph: Graph, request: WalkRequest) -> None:
        self.graph, self.request = graph, request
        named = starts_of(graph, request)
        self.rules = Steps(graph, request, {kind_of(urn) for urn in named | set(request.urns)})
        self.starts = {name for urn in named for name in self.rules.names(urn)}
        self.bound = OPEN if request.depth is None else request.depth
        self.any = self._grown(certain=False)
        self.certain = self._grown(certain=True)

    def _grown(self, *, certain: bool) -> dict[Place, int]:
        """Steps to everything within one step more than the bound."""
        depths = {Place(urn): 0 for urn in self.starts}
        last = set(depths)
        for depth in range(1, min(self.bound, len(self.graph.urns) * 4) + 2):
            onward = {step.to for place in last for step in self.steps(place) if step.sure or not certain}
            last = {other for place in onward for other in self._other_names(place)} - depths.keys()
            depths.update(dict.fromkeys(last, depth))
        return depths

    def steps(self, place: Place) -> list[Step]:
        """Where the walk goes on to from a place, its walls considered."""
        stops = self.request.stop_at
        names = self.rules.names(place.urn) if stops and place.urn not in self.starts else ()
        if any(self.rules.node_passes(stops, name) for name in names):
            return []
        return [step for step in self.rules.steps(place) if self._may_enter(step.to.urn)]

    def _may_enter(self, urn: str) -> bool:
        within = self.request.within
        return urn in self.starts or not within or self.rules.node_passes(within, urn)

    def _other_names(self, place: Place) -> set[Place]:
        found = {place.urn}
        while True:
            more = {end for fact in self.rules.same for end in fact.name[:2] if found & set(fact.name[:2])}
            more = {urn for urn in more - found if self._may_enter(urn)}
            if not more:
                return {Place(urn, place.whole_of) for urn in found}
            found |= more

    def depths(self, grown: dict[Place, int]) -> dict[str, int]:
        """Least steps to each entity within the bound."""
        found: dict[str, int] = {}
        for place, depth in grown.items():
            if depth <= self.bound:
                found[place.urn] = min(depth, found.get(place.urn, depth))
        return found

    @cached_property
    def reached(self) -> dict[str, tuple[int, Certainty]]:
        """Everything reached with its depth and certainty, the starts too."""
        sure, found = self.depths(self.certain), self.depths(self.any)
        return {
            urn: (sure[urn], Certainty.CERTAIN) if urn in sure else (depth, Certainty.POSSIBLE)
            for urn, depth in found.items()
        }

    @cached_property
    def walked(self) -> list[tuple[str, Step]]:
        """Every step that was taken, with where it was taken from."""
        return [
            (place.urn, step) for place, depth in self.any.items() if depth < self.bound for step in self.steps(place)
        ]

    @property
    def goes_on(self) -> bool:
        """Whether one more step would find something, report something, or make something certain."""
        if any({place.urn for place in grown} != self.depths(grown).keys() for grown in (self.any, self.certain)):
            return True
        request = self.request
        if request.depth is None or not request.report_via:
            return False
        return Truth(self.graph, replace(request, depth=request.depth + 1)).reported != self.reported

    @cached_property
    def reported(self) -> set[str]:
        request, found = self.request, set[str]()
        for urn in self.reached.keys() - self.starts:
            fits = self._is_of(request.kinds, urn) and self._is_of(request.report.kinds, urn)
            if fits and self.rules.node_passes(replace(request.report, kinds=()), urn) and self._is_led_to(urn):
                found.add(urn)
        return found

    def _is_of(self, kinds: tuple[str, ...], urn: str) -> bool:
        asset = asset_of(urn) if self.request.roll_up else None
        return not kinds or kind_of(urn) in kinds or (asset is not None and kind_of(asset) in kinds)

    def _is_led_to(self, urn: str) -> bool:
        via = self.request.report_via
        names = self.rules.names(urn)
        return not via or any(step.to.urn in names and edge_passes(via, step.fact) for _, step in self.walked)

    @cached_property
    def rows(self) -> list[Row]:
        rows = []
        for urn in self.reported:
            depth, certainty = self.reached[urn]
            rows.append(Row(depth, kind_of(urn), urn, certainty, self.request.direction))
        return sorted(self._rolled_up(rows) if self.request.roll_up else rows)

    @cached_property
    def start_rows(self) -> list[Row]:
        if not self.request.roll_up:
            return [Row(0, kind_of(urn), urn, Certainty.CERTAIN, None) for urn in sorted(self.starts)]
        assets = {asset_of(urn) or urn for urn in self.starts}
        members = {asset: tuple(sorted(urn for urn in self.starts if asset_of(urn) == asset)) for asset in assets}
        return [Row(0, kind_of(urn), urn, Certainty.CERTAIN, None, members[urn]) for urn in sorted(assets)]

    def _rolled_up(self, rows: list[Row]) -> list[Row]:
        begun = {row.urn for row in self.start_rows}
        assets: dict[str, list[Row]] = {}
        for row in rows:
            assets.setdefault(asset_of(row.urn) or row.urn, []).append(row)
        return [
            Row(
                min(row.depth for row in some),
                kind_of(asset),
                asset,
                min(row.certainty for row in some),  # certain comes before possible
                self.request.direction,
                tuple(sorted(row.urn for row in some if row.urn != asset)),
            )
            for asset, some in assets.items()
            if asset not in begun
        ]

    @cached_property
    def edges(self) -> set[EdgeName]:
        """The edges that were walked between what is shown."""
        edges = {step.edge for _, step in self.walked}
        edges |= {fact.name for fact in self.rules.same if set(fact.name[:2]) <= self.reached.keys()}
        shown = self.starts | self.reported
        edges = {edge for edge in edges if set(edge[:2]) <= shown}
        if not self.request.roll_up:
            return edges
        rolled = {tuple(asset_of(urn) or urn for urn in edge[:2]) + edge[2:] for edge in edges}
        return {edge for edge in rolled if edge[0] != edge[1]}  # type: ignore[misc]

    def looks(self, urn: str) -> tuple[bool, str | None, int | None]:
        """Placeholder, title and end of an entity, as it was recorded then."""
        if urn not in self.reached and not self.rules.is_recorded(urn):  # an asset of which only versions are known
            return True, None, None
        state = self.rules.looks(urn)
        return state.placeholder, state.title, None if state.true_to == OPEN else state.true_to


class Truths:
    """The walks of a question, which are two where it asks both ways, as one answer."""

    def __init__(self, graph: Graph, request: WalkRequest) -> None:
        both = request.direction is Direction.BOTH
        ways = (Direction.UPSTREAM, Direction.DOWNSTREAM) if both else (request.direction,)
        self.request = request
        self.parts = [Truth(graph, replace(request, direction=way)) for way in ways]

    @property
    def rows(self) -> list[Row]:
        return [row for part in self.parts for row in part.rows]

    @property
    def start_rows(self) -> list[Row]:
        return self.parts[0].start_rows

    @property
    def edges(self) -> set[EdgeName]:
        return {edge for part in self.parts for edge in part.edges}

    @property
    def goes_on(self) -> bool:
        return any(part.goes_on for part in self.parts)

    def page_edges(self, begin: int, end: int) -> set[EdgeName]:
        """The edges on the page of some rows: each is on that of its later end, or of the beginning of its walk."""
        found, offset, total = set[Any](), 0, len(self.rows)
        for part in self.parts:
            begins_here = begin <= offset < end or (offset == total and begin <= max(total - 1, 0) and end >= total)
            place = {row.urn: -1 for row in part.start_rows}
            place |= {row.urn: offset + number for number, row in enumerate(part.rows)}
            for edge in part.edges:
                at = max(place[edge[0]], place[edge[1]])
                if begin <= at < end or (begins_here and at < 0):
                    found.add(edge)
            offset += len(part.rows)
        return found
