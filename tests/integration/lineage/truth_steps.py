"""Single steps of a walk, written from the rules for walks (docs/explanation/walks.md) alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from registry.lineage.request import Direction, WalkRequest
from tests.integration.lineage.facts import Fact, Graph, kind_of
from tests.integration.lineage.truth_filters import Filters, came_by, edge_passes

SOFTWARE_KINDS = ("Library", "LibraryVersion", "Container", "Environment")
EdgeName = tuple[str, str, str, str]


class Place(NamedTuple):
    """An entity, and as whose whole the walk came to it: a slice's, a column's, both or none's; or from above."""

    urn: str
    whole_of: frozenset[str] = frozenset()


class Step(NamedTuple):
    """One edge from a place to the next; ``fact`` is what it says, ``sure`` that it is not a possible one."""

    to: Place
    edge: EdgeName
    fact: Fact
    sure: bool


class Steps(Filters):
    """What is one step away from a place, and which names mean the same."""

    def __init__(self, graph: Graph, request: WalkRequest, start_kinds: Iterable[str]) -> None:
        super().__init__(graph, request)
        self.down = request.direction is Direction.DOWNSTREAM
        wanted = set(request.follow.families)
        software = request.software or "software" in wanted or bool(set(start_kinds) & set(SOFTWARE_KINDS))
        use = {"data", "serving"} | ({"software"} if software else set())
        self.families = {"part"} | (use & wanted if wanted else use) | ({"possible"} if request.possible else set())
        self.told = [fact for fact in self.facts if came_by(request.channels, fact)]
        self.same = [fact for fact in self.told if fact.relation == "SAME_AS" and self._is_sure_enough(fact)]

    def _is_sure_enough(self, fact: Fact) -> bool:
        confidence = fact.says("confidence")
        return (1.0 if confidence is None else confidence) >= self.request.same_as

    def names(self, urn: str) -> set[str]:
        """All names of what one name means."""
        found = {urn}
        while True:
            more = {end for fact in self.same for end in fact.name[:2] if found & set(fact.name[:2])} - found
            if not more:
                return found
            found |= more

    def steps(self, place: Place) -> Iterable[Step]:
        for fact in self.told:
            near, far = (fact.upstream, fact.downstream) if self.down else (fact.downstream, fact.upstream)
            if near != place.urn or fact.family not in self.families or not edge_passes(self.request.follow, fact):
                continue
            if not (self.down and fact.family == "part"):
                yield Step(Place(far), fact.name, fact, fact.family != "possible")
            elif "slice" not in place.whole_of:  # what comes from a column comes so to the slices, too
                yield Step(Place(far, place.whole_of & {"column"}), fact.name, fact, sure=True)
        if self.request.possible:
            yield from self._to_wholes(place)
            yield from self._through_columns(place)

    def _to_wholes(self, place: Place) -> Iterable[Step]:
        for fact in self.told:
            if self.down and fact.relation == "SLICE_OF" and fact.downstream == place.urn:
                yield Step(Place(fact.upstream, place.whole_of | {"slice"}), fact.name, fact, sure=False)

    def _through_columns(self, place: Place) -> Iterable[Step]:
        for column, owner, fact in self._columns():
            edge = (column, owner, "FIELD_OF", f"schema={fact.upstream}")
            if column == place.urn and kind_of(owner) != "DataSchema" and "come down to" not in place.whole_of:
                came = place.whole_of | {"column"} if self.down else frozenset()
                yield Step(Place(owner, came), edge, fact, sure=False)
            if self.down and owner == place.urn and "column" not in place.whole_of and self._is_used(column):
                yield Step(Place(column, frozenset({"come down to"})), edge, fact, sure=False)

    def _columns(self) -> Iterable[tuple[str, str, Fact]]:
        """Each column with each thing that has it, the schema included."""
        for held in self.told:
            if held.relation == "FIELD_OF":
                yield held.downstream, held.upstream, held
                for has in self.told:
                    if has.relation == "HAS_SCHEMA" and has.upstream == held.upstream:
                        yield held.downstream, has.downstream, held

    def _is_used(self, column: str) -> bool:
        names = self.names(column)
        return any(fact.relation in ("DERIVED_FROM", "COMPUTED_FROM") and fact.upstream in names for fact in self.told)
