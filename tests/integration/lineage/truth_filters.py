"""Which edges and entities a question is about, written from the rules for walks (docs/explanation/walks.md) alone."""

from __future__ import annotations

from graph_schema.times import OPEN
from registry.lineage.request import EdgeFilter, NodeFilter, WalkRequest
from tests.integration.lineage.facts import Fact, Graph, State, asset_of, kind_of

_NOW = OPEN // 4  # later than any tick, before what is planned


class Filters:
    """A graph as one question sees it: what counts at its time, how entities look then, what its filters let pass."""

    def __init__(self, graph: Graph, request: WalkRequest) -> None:
        self.graph, self.request = graph, request
        self.present = request.as_of is None and request.known_at is None
        self.known = OPEN - 1 if request.known_at is None else request.known_at
        self.facts = [fact for fact in graph.facts if self.counts(fact)]

    def counts(self, fact: Fact) -> bool:
        if self.present:
            return fact.recorded_to == OPEN and fact.true_to == OPEN
        true = _NOW if self.request.as_of is None else self.request.as_of
        return fact.true_from <= true < fact.true_to and fact.recorded_from <= self.known < fact.recorded_to

    def heard_of(self, urn: str) -> bool:
        states = self.graph.states.get(urn)
        if states is None or states[0].recorded_from > self.known:
            return False
        return not self.present or states[-1].recorded_to == OPEN

    def is_recorded(self, urn: str) -> bool:
        """Whether anything was said of it by then that nobody had taken back."""
        return any(one.recorded_from <= self.known < one.recorded_to for one in self.graph.states.get(urn, ()))

    def looks(self, urn: str) -> State:
        states = self.graph.states[urn]
        return next((one for one in states if one.recorded_from <= self.known < one.recorded_to), states[-1])

    def targets(self, relation: str, urn: str) -> set[str]:
        return {fact.upstream for fact in self.facts if fact.relation == relation and fact.downstream == urn}

    def node_passes(self, asked: NodeFilter, urn: str) -> bool:
        looks = self.looks(urn)
        return (
            (not asked.kinds or kind_of(urn) in asked.kinds)
            and (not asked.namespaces or urn.split(":")[3] in asked.namespaces)
            and (not asked.tags or bool(set(asked.tags) & set(looks.tags)))
            and (not asked.lifecycle or looks.lifecycle in asked.lifecycle)
            and (not asked.owners or bool(set(asked.owners) & self._owners(urn)))
            and (not asked.environments or self._runs_in(asked.environments, urn))
        )

    def _owners(self, urn: str) -> set[str]:
        owners = self.targets("OWNED_BY", urn) | self.targets("OWNED_BY", str(asset_of(urn)))
        return owners | {owner.split(":")[4] for owner in owners}

    def _runs_in(self, environments: tuple[str, ...], urn: str) -> bool:
        if kind_of(urn) not in ("Run", "Deployment"):
            return True
        found: set[str | None] = set()
        for place in self.targets("EXECUTED_IN", urn):
            if kind_of(place) == "Environment":
                found |= {place, place.split(":")[4], self.looks(place).stage}
        if kind_of(urn) == "Deployment":
            found.add(self.looks(urn).stage)
        return bool(found & set(environments))


def edge_passes(asked: EdgeFilter, fact: Fact) -> bool:
    """Any of the values, all of the fields; what an edge does not have it passes. Families are those of use alone."""
    confidence = 1.0 if fact.says("confidence") is None else fact.says("confidence")
    use = fact.family in ("data", "serving", "software")
    return (
        (not asked.families or not use or fact.family in asked.families)
        and (not asked.roles or fact.says("role") in (None, *asked.roles))
        and (not asked.slices or fact.says("slice") in (None, *asked.slices))
        and (not asked.evidence or fact.says("evidence") in (None, *asked.evidence))
        and (asked.min_confidence is None or confidence >= asked.min_confidence)
    )


def came_by(channels: tuple[str, ...] | None, fact: Fact) -> bool:
    """Whether an edge was said by one of the channels; what the registry makes itself always counts."""
    if channels is None or fact.relation == "MAY_BE":
        return True
    said = fact.says("channels")
    return bool(set(channels) & set((fact.says("channel"),) if said is None else said))
