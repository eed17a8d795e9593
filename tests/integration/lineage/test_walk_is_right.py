"""Walks against an independent search, over graphs with everything that makes lineage hard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from graph_schema.times import OPEN
from graph_schema.walks import families_for
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Direction, Edge, Reason, WalkRequest
from registry.lineage.impact import impact
from registry.lineage.walk import lineage

Load = Callable[[Iterable[dict[str, Any]], Iterable[dict[str, Any]]], None]

FUTURE = OPEN // 2
NAMES = (
    "Dataset:t:a", "DatasetVersion:t:a:1", "DatasetVersion:t:a:2", "DatasetVersion:t:a:*", "DatasetVersion:t:b:1",
    "DataSlice:t:s1", "DataSlice:t:s2", "Run:t:r1", "Run:t:r2", "ModelVersion:t:m:1", "ModelVersion:t:m:*",
    "Model:t:m", "Deployment:t:d", "LibraryVersion:t:l:1",
)  # fmt: skip
URNS = tuple(f"urn:lineage:{name}" for name in NAMES)
STEPS = (
    ("USED", "train"), ("USED", "unknown"), ("USED", "test"), ("USED", "context"), ("GENERATED_BY", None),
    ("DERIVED_FROM", None), ("DEPLOYS", None), ("DEPENDS_ON", None), ("REVISION_OF", None), ("MAY_BE", None),
    ("SAME_AS", None), ("EVALUATES", None),
)  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One stored edge of a generated graph."""

    relation: str
    downstream: str
    upstream: str
    role: str | None
    key: str
    true_from: int
    true_to: int
    recorded_from: int
    recorded_to: int

    @property
    def family(self) -> str:
        if self.relation == "USED":
            return {"train": "data", "unknown": "data", "test": "evaluation", "context": "context"}[str(self.role)]
        return {
            "GENERATED_BY": "data", "DERIVED_FROM": "data", "DEPLOYS": "serving", "DEPENDS_ON": "software",
            "REVISION_OF": "structure", "VERSION_OF": "structure", "MAY_BE": "possible", "SLICE_OF": "part",
            "SAME_AS": "identity", "EVALUATES": "evaluation",
        }[self.relation]  # fmt: skip

    def counts(self, request: WalkRequest) -> bool:
        if request.as_of is None and request.known_at is None:
            return self.recorded_to == OPEN and self.true_to == OPEN
        true = OPEN // 4 if request.as_of is None else request.as_of  # later than any tick, before FUTURE
        known = OPEN - 1 if request.known_at is None else request.known_at
        return self.true_from <= true < self.true_to and self.recorded_from <= known < self.recorded_to


@dataclass(frozen=True)
class Graph:
    urns: tuple[str, ...]
    retracted: frozenset[str]
    placeholders: frozenset[str]
    facts: tuple[Fact, ...]

    def load(self, load: Load) -> None:
        nodes: list[dict[str, Any]] = []
        for urn in self.urns:
            node: dict[str, Any] = {"urn": urn}
            if urn in self.retracted:
                node["recorded_to"] = 3
            if urn in self.placeholders:
                node["placeholder"] = True
            nodes.append(node)
        load(
            nodes,
            [
                {name: value for name, value in vars(fact).items() if value is not None} | {"family": fact.family}
                for fact in self.facts
            ],
        )


_tick = st.integers(0, 5)


@st.composite
def _intervals(draw: st.DrawFn) -> tuple[int, int, int, int]:
    if draw(st.integers(0, 2)):
        return 0, OPEN, 0, OPEN
    true_from, recorded_from = draw(st.one_of(_tick, st.just(FUTURE))), draw(_tick)
    true_to = OPEN if draw(st.booleans()) or true_from == FUTURE else true_from + 1 + draw(_tick)
    return true_from, true_to, recorded_from, OPEN if draw(st.booleans()) else recorded_from + 1 + draw(_tick)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    urns = tuple(draw(st.lists(st.sampled_from(URNS), min_size=3, max_size=len(URNS), unique=True)))
    slices = [urn for urn in urns if ":DataSlice:" in urn]
    wholes = [urn for urn in urns if ":DatasetVersion:" in urn or ":DataSlice:" in urn]
    facts = []
    for number in range(draw(st.integers(2, 26))):
        downstream, upstream = draw(st.sampled_from(urns)), draw(st.sampled_from(urns))
        relation, role = draw(st.sampled_from(STEPS))
        if slices and draw(st.integers(0, 2)) == 0:
            downstream, upstream = draw(st.sampled_from(slices)), draw(st.sampled_from(wholes))
            relation, role = "SLICE_OF", None
        facts.append(Fact(relation, downstream, upstream, role, f"slice={number:02}", *draw(_intervals())))
    for urn in urns:
        kind, namespace, name, *version = urn.split(":")[2:]
        asset = f"urn:lineage:{kind.removesuffix('Version')}:{namespace}:{name}"
        if version and asset in urns:
            facts.append(Fact("VERSION_OF", urn, asset, None, "", *draw(_intervals())))
    few = st.frozensets(st.sampled_from(urns), max_size=2)
    return Graph(urns, draw(few), draw(few), tuple(facts))


@st.composite
def requests(draw: st.DrawFn, urns: tuple[str, ...]) -> WalkRequest:
    past = draw(st.integers(0, 2)) == 0
    return WalkRequest(
        draw(st.sampled_from(urns + 2 * tuple(urn for urn in urns if ":DataSlice:" in urn))),
        draw(st.sampled_from((Direction.DOWNSTREAM, Direction.DOWNSTREAM, Direction.UPSTREAM))),
        draw(st.one_of(st.none(), st.sampled_from((1, 2, 3)))),
        tuple(draw(st.lists(st.sampled_from(("ModelVersion", "Run", "DatasetVersion")), max_size=2, unique=True))),
        draw(st.booleans()),
        draw(st.integers(0, 3)) > 0,
        draw(st.sampled_from((1000, 1000, 3, 1))),
        draw(st.one_of(st.none(), _tick)) if past else None,
        draw(st.one_of(st.none(), _tick)) if past else None,
    )


class Truth:
    """What a walk has to find: sets grown step by step, written from the rules alone."""

    def __init__(self, graph: Graph, request: WalkRequest) -> None:
        self.request = request
        self.facts = [fact for fact in graph.facts if fact.counts(request)]
        kind = request.urn.split(":")[2]
        present = request.as_of is None and request.known_at is None
        self.starts = set() if request.urn in graph.retracted and present else {request.urn}
        if self.starts and kind in ("Dataset", "Model"):
            self.starts |= {
                f.downstream for f in self.facts if f.relation == "VERSION_OF" and f.upstream == request.urn
            }
        self.families = {
            item.value for item in families_for((kind,), software=request.software, possible=request.possible)
        }
        steps = 2 * len(graph.urns) + 2 if request.depth is None else request.depth
        self.certain, self.any = self.depths(steps, certain=True), self.depths(steps, certain=False)

    def depths(self, steps: int, *, certain: bool) -> dict[str, int]:
        """Steps to everything reached; a place is an entity and whether it was come to from its slice."""
        places = {(urn, False) for urn in self.starts}
        depths = dict.fromkeys(self.starts, 0)
        for depth in range(1, steps + 1):
            places = {there for place in places for there in self.onward(place, certain=certain)}
            for urn, _ in places:
                depths.setdefault(urn, depth)
        return depths

    def onward(self, place: tuple[str, bool], *, certain: bool) -> set[tuple[str, bool]]:
        urn, from_slice = place
        down = self.request.direction is Direction.DOWNSTREAM
        found = set()
        for fact in self.facts:
            near, far = (fact.upstream, fact.downstream) if down else (fact.downstream, fact.upstream)
            if near == urn and fact.family in self.families:
                if certain and fact.family == "possible":
                    continue
                if not (from_slice and fact.family == "part"):
                    found.add((far, False))
            if down and self.request.possible and not certain and fact.family == "part" and fact.downstream == urn:
                found.add((fact.upstream, True))
        return found

    def nodes(self) -> list[tuple[int, str, str, Certainty]]:
        """Depth, kind, URN and certainty of everything to report, in the answer's order."""
        found = []
        for urn, depth in self.any.items():
            kind = urn.split(":")[2]
            sure = urn in self.certain
            if urn not in self.starts and (not self.request.kinds or kind in self.request.kinds):
                certainty = Certainty.CERTAIN if sure else Certainty.POSSIBLE
                found.append((self.certain[urn] if sure else depth, kind, urn, certainty))
        return sorted(found)

    def goes_on(self) -> bool:
        """Whether one more step would find more, or be surer."""
        if self.request.depth is None:
            return False
        deeper = Truth.__new__(Truth)
        deeper.__dict__.update(self.__dict__)
        more = self.request.depth + 1
        return (
            self.depths(more, certain=True).keys() != self.certain.keys()
            or self.depths(more, certain=False).keys() != self.any.keys()
        )

    def edges(self, shown: set[str]) -> set[tuple[str, str, str, str]]:
        down = self.request.direction is Direction.DOWNSTREAM
        bound = OPEN if self.request.depth is None else self.request.depth
        found = set()
        for fact in self.facts:
            near = fact.upstream if down else fact.downstream
            walked = fact.family in self.families and self.any.get(near, bound) < bound
            up = (
                down and self.request.possible and fact.family == "part"
                and self.any.get(fact.downstream, bound) < bound
            )  # fmt: skip
            if (walked or up) and fact.downstream in shown and fact.upstream in shown:
                found.add((fact.downstream, fact.upstream, fact.relation, fact.key))
        return found


def _name(edge: Edge) -> tuple[str, str, str, str]:
    return edge.downstream, edge.upstream, edge.relation, edge.key


@settings(
    max_examples=60,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_walks_find_what_a_search_by_the_rules_finds(load: Load, database: Database, data: st.DataObject) -> None:
    graph = data.draw(graphs())
    graph.load(load)
    for _ in range(6):
        request = data.draw(requests(graph.urns))
        note(str(request))
        _compare(database, graph, request)


def _compare(database: Database, graph: Graph, request: WalkRequest) -> None:
    truth = Truth(graph, request)
    if not truth.starts:
        with pytest.raises(NotFoundError):
            lineage(database, request)
        return
    answer = lineage(database, request)
    assert {node.urn for node in answer.start} == truth.starts
    expected = truth.nodes()
    got = [(node.depth, node.kind, node.urn, node.certainty) for node in answer.nodes]
    reached = len(truth.any) - len(truth.starts)
    if reached > request.limit and not request.kinds:
        _compare_cut(truth, answer, expected, got)
    else:
        assert got == expected[: request.limit]
        shown = truth.starts | {row[2] for row in got}
        assert {_name(edge) for edge in answer.edges} == truth.edges(shown)
        assert (Reason.DEPTH in answer.completeness.reasons) == truth.goes_on()
        assert (Reason.SIZE in answer.completeness.reasons) == (len(expected) > request.limit)
    assert answer.completeness.complete == (not answer.completeness.reasons)
    assert answer.completeness.nodes == len(answer.nodes)
    assert {node.urn for node in answer.nodes if node.placeholder} == graph.placeholders & {row[2] for row in got}
    assert lineage(database, request) == answer
    _explained(database, truth, request)


def _compare_cut(truth: Truth, answer: Any, expected: list[Any], got: list[Any]) -> None:
    """What a budget cut is said to be cut, and nothing in it is false: at worst farther or less sure than it is."""
    assert Reason.SIZE in answer.completeness.reasons
    assert 0 < len(got) <= truth.request.limit
    true = {urn: (depth, certainty) for depth, _, urn, certainty in expected}
    for _, _, urn, certainty in got:
        assert urn in true
        assert certainty is Certainty.POSSIBLE or true[urn][1] is Certainty.CERTAIN
    if len(truth.starts) == 1 and truth.certain == truth.any:
        assert len(got) == truth.request.limit
        assert [depth for depth, *_ in got] == [depth for depth, *_ in expected[: truth.request.limit]]


def _explained(database: Database, truth: Truth, request: WalkRequest) -> None:
    request = replace(request, direction=Direction.DOWNSTREAM)
    if truth.request.direction is not Direction.DOWNSTREAM:
        return
    answer = impact(database, request)
    counted = {(f.downstream, f.upstream, f.relation, f.key): f for f in truth.facts}
    for item in answer.items:
        assert len(item.path) == item.node.depth
        assert item.path[-1].node == item.node
        here = None
        for step in item.path:
            fact = counted[_name(step.edge)]
            ends = {fact.downstream, fact.upstream}
            assert step.node.urn in ends
            near = fact.upstream if step.node.urn == fact.downstream else fact.downstream
            assert near in truth.starts if here is None else near == here
            assert item.node.certainty is Certainty.POSSIBLE or (near, fact.family) == (fact.upstream, fact.family)
            assert item.node.certainty is Certainty.POSSIBLE or fact.family != "possible"
            here = step.node.urn
        assert item.node.label in item.summary
        assert item.summary.endswith(".")
