"""Paths between two entities against a search that tries everything, over graphs in a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from graph_schema.times import OPEN
from registry.errors import InvalidRequestError, InvalidUrnError, NotFoundError
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Direction, Reason
from registry.lineage.paths.answer import Path, PathsRequest
from registry.lineage.paths.between import paths

Load = Callable[[Iterable[dict[str, Any]], Iterable[dict[str, Any]]], None]

NAMES = (
    "Dataset:t:a", "DatasetVersion:t:a:1", "DatasetVersion:t:a:2", "DatasetVersion:t:a:*", "DatasetVersion:t:b:1",
    "DataSlice:t:s1", "DataSlice:t:s2", "Run:t:r1", "Run:t:r2", "ModelVersion:t:m:1", "Deployment:t:d",
    "LibraryVersion:t:l:1", "Field:t:f1", "Field:t:f2",
)  # fmt: skip
SCHEMA = "urn:lineage:DataSchema:t:x"
URNS = tuple(f"urn:lineage:{name}" for name in NAMES)
FAMILIES = {
    ("USED", "train"): "data", ("USED", "test"): "evaluation", ("GENERATED_BY", None): "data",
    ("DERIVED_FROM", None): "data", ("DEPLOYS", None): "serving", ("DEPENDS_ON", None): "software",
    ("MAY_BE", None): "possible", ("REVISION_OF", None): "structure", ("SLICE_OF", None): "part",
    ("SAME_AS", None): "identity", ("FIELD_OF", None): "structure", ("HAS_SCHEMA", None): "structure",
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One stored edge of a generated graph; ``ended`` ones count for times before 5 only.

    Names are as sure to be the same as ``confidence`` says.
    """

    relation: str
    role: str | None
    downstream: str
    upstream: str
    key: str
    ended: bool
    confidence: float | None = None

    @property
    def family(self) -> str:
        return FAMILIES[self.relation, self.role]

    def stored(self) -> dict[str, Any]:
        fields = {name: value for name, value in vars(self).items() if value is not None and name != "ended"}
        return fields | {"family": self.family} | ({"true_to": 5} if self.ended else {})


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Fact, ...]:
    names = draw(st.lists(st.sampled_from(URNS[1:]), min_size=3, max_size=8, unique=True))
    some = st.sampled_from(names)
    slices = [name for name in names if ":DataSlice:" in name]
    wholes = [name for name in names if ":DatasetVersion:" in name or ":DataSlice:" in name]
    facts = []
    for number in range(draw(st.integers(2, 14))):
        (relation, role), downstream, upstream = (
            draw(st.sampled_from(sorted(FAMILIES, key=str))),
            draw(some),
            draw(some),
        )
        if relation == "SLICE_OF" or (slices and draw(st.integers(0, 3)) == 0):
            relation, role = ("SLICE_OF", None) if slices and wholes else ("DERIVED_FROM", None)
            downstream = draw(st.sampled_from(slices)) if slices and wholes else downstream
            upstream = draw(st.sampled_from(wholes)) if slices and wholes else upstream
        if relation in ("FIELD_OF", "HAS_SCHEMA"):
            continue
        if ":Field:" in downstream + upstream and relation != "SAME_AS":
            relation, role = "DERIVED_FROM", None  # what columns are made by and for, and nothing else
        sure = draw(st.sampled_from((None, 1.0, 0.95, 0.5))) if relation == "SAME_AS" else None
        facts.append(
            Fact(relation, role, downstream, upstream, f"slice={number:02}", draw(st.integers(0, 5)) == 0, sure)
        )
    fields = [name for name in names if ":Field:" in name]
    facts += [Fact("FIELD_OF", None, name, SCHEMA, "", draw(st.integers(0, 5)) == 0) for name in fields]
    having = [name for name in names if ":DatasetVersion:" in name and fields and draw(st.integers(0, 2))]
    facts += [Fact("HAS_SCHEMA", None, name, SCHEMA, "", draw(st.integers(0, 5)) == 0) for name in having]
    return tuple(facts)


Walked = tuple[tuple[str, str, str, str], ...]
"""A path as (near, far, relation, key) of each of its steps, downstream."""


class Truth:
    """Every simple path there is, by the rules for walks alone."""

    def __init__(self, facts: tuple[Fact, ...], request: PathsRequest) -> None:
        software = request.software or ":LibraryVersion:" in request.from_urn + request.to_urn
        self.families = {"data", "serving", "part"} | ({"software"} if software else set())
        self.possible = request.possible
        self.facts = [fact for fact in facts if request.as_of is not None or not fact.ended]
        self.spots = {name: {name} for name in URNS}
        for _ in URNS:
            for fact in self.facts:
                if fact.relation == "SAME_AS" and (fact.confidence is None or fact.confidence >= request.same_as):
                    both = self.spots[fact.downstream] | self.spots[fact.upstream]
                    self.spots |= dict.fromkeys(both, both)
        held = [fact.downstream for fact in self.facts if fact.relation == "FIELD_OF"]
        having = [fact.downstream for fact in self.facts if fact.relation == "HAS_SCHEMA"]
        self.read = {fact.upstream for fact in self.facts if fact.relation == "DERIVED_FROM"}
        self.columns = [(field, whole) for field in held for whole in having]

    def members(self, urn: str) -> set[str]:
        return {urn} | ({name for name in URNS if ":DatasetVersion:t:a:" in name} if ":Dataset:" in urn else set())

    def down(self, above: str, below: str) -> dict[Walked, int]:
        """Each way with the number of doubtful steps in it. Over a column that nothing was made from leads none."""
        begin, finish = self.members(above), self.members(below)
        begin, finish = (begin - finish, finish) if ":Dataset:" in above else (begin, finish - begin)
        starts, ends = ({frozenset(self.spots[name]) for name in names} for names in (begin, finish))
        found: dict[Walked, int] = {}

        def onward(
            way: Walked, doubts: int, here: frozenset[str], came: frozenset[str], touched: set[frozenset[str]]
        ) -> None:
            if here in ends:
                found[way] = doubts
                return
            for near in here:
                for far, name, doubt, between in self.steps(near, came):
                    there = frozenset(self.spots[far])
                    unread = name[0] == "FIELD_OF" and ":Field:" in far and far not in self.read and there not in ends
                    if there not in touched | starts and not unread:
                        onward((*way, (near, far, *name)), doubts + doubt, there, between, touched | {there})

        for start in starts:
            onward((), 0, start, frozenset(), {start})
        return found

    def steps(self, here: str, came: frozenset[str]) -> Iterable[tuple[str, tuple[str, str], bool, frozenset[str]]]:
        """Where each leads, its relation and key, whether that is doubtful, and how it is come to.

        That is as the whole of a slice, as what has a column, or down to a column.
        """
        for fact in self.facts:
            name = (fact.relation, fact.key)
            if fact.upstream == here and fact.family in self.families:
                if fact.family != "part":
                    yield fact.downstream, name, False, frozenset()
                elif "slice" not in came:
                    yield fact.downstream, name, False, came & {"column"}
            if fact.upstream == here and fact.family == "possible" and self.possible:
                yield fact.downstream, name, True, frozenset()
            if fact.downstream == here and fact.family == "part" and self.possible:
                yield fact.upstream, name, True, came & {"column"} | {"slice"}
        for field, whole in self.columns if self.possible else ():
            through = ("FIELD_OF", f"schema={SCHEMA}")
            if whole == here and "column" not in came:
                yield field, through, True, frozenset({"down"})
            if field == here and "down" not in came:
                yield whole, through, True, came | {"column"}


def _walked(path: Path) -> Walked:
    here, found = path.start.urn, []
    for step in path.steps:
        if step.edge.relation != "SAME_AS":
            found.append((here, step.node.urn, step.edge.relation, step.edge.key))
        here = step.node.urn
    if path.direction is Direction.UPSTREAM:
        found = [(far, near, relation, key) for near, far, relation, key in reversed(found)]
    return tuple(found)


_ON_A_REAL_DATABASE = settings(
    deadline=None, report_multiple_bugs=False, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@settings(_ON_A_REAL_DATABASE, max_examples=12)
@given(data=st.data())
def test_paths_are_those_of_a_search_that_tries_everything(load: Load, database: Database, data: st.DataObject) -> None:
    _ask(load, database, data)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(_ON_A_REAL_DATABASE, max_examples=400)
@given(data=st.data())
def test_paths_are_those_on_hundreds_of_graphs(load: Load, database: Database, data: st.DataObject) -> None:
    _ask(load, database, data)


def _ask(load: Load, database: Database, data: st.DataObject) -> None:
    facts = data.draw(graphs())
    versions = [fact for fact in URNS if ":DatasetVersion:t:a:" in fact]
    structure = [{"relation": "VERSION_OF", "downstream": urn, "upstream": URNS[0]} for urn in versions]
    load(({"urn": urn} for urn in (*URNS, SCHEMA)), [*(fact.stored() for fact in facts), *structure])
    for _ in range(5):
        one, other = data.draw(st.lists(st.sampled_from(URNS), min_size=2, max_size=2, unique=True))
        request = PathsRequest(
            one,
            other,
            most=data.draw(st.sampled_from((1_000, 1_000, 3, 1))),
            max_length=data.draw(st.sampled_from((None, None, 2, 3))),
            software=data.draw(st.booleans()),
            possible=data.draw(st.integers(0, 3)) > 0,
            same_as=data.draw(st.sampled_from((0.9, 0.9, 0.1))),
            as_of=data.draw(st.sampled_from((None, 3))),
        )
        note(str(request))
        _compare(database, facts, request)


def _compare(database: Database, facts: tuple[Fact, ...], request: PathsRequest) -> None:
    truth, answer = Truth(facts, request), paths(database, request)
    most_steps = request.max_length or OPEN
    down, up = truth.down(request.from_urn, request.to_urn), truth.down(request.to_urn, request.from_urn)
    up.pop((), None)  # two names for one thing are the same in one way, not in two
    short_down, short_up = ({way: n for way, n in ways.items() if len(way) <= most_steps} for ways in (down, up))
    count = len(short_down) + len(short_up)
    assert (answer.count, answer.count_is_exact) == (count, True)
    assert answer.both == bool(short_down and short_up)
    assert len(answer.paths) == min(count, request.most)
    ranks = []
    for path in answer.paths:
        turned = path.direction is Direction.UPSTREAM
        doubts = (short_up if turned else short_down)[_walked(path)]
        assert (path.certainty is Certainty.CERTAIN) == (doubts == 0)
        ranks.append((turned, path.length, doubts))
    every = [(False, len(way), n) for way, n in short_down.items()] + [
        (True, len(way), n) for way, n in short_up.items()
    ]
    assert ranks == sorted(every)[: request.most]
    longer = len(down) + len(up) > count
    assert answer.reasons == ((Reason.SIZE,) if count > request.most else ()) + ((Reason.DEPTH,) if longer else ())
    assert answer.complete == (not answer.reasons)
    assert len({_walked(path) for path in answer.paths}) == len(answer.paths)
    assert paths(database, request) == answer


def urn(rest: str) -> str:
    return f"urn:lineage:{rest}"


def _edge(relation: str, downstream: str, upstream: str, **more: Any) -> dict[str, Any]:
    return {"relation": relation, "downstream": downstream, "upstream": upstream} | more


V3, V2, ORDERS = urn("DatasetVersion:shop:orders:v3"), urn("DatasetVersion:shop:orders:v2"), urn("Dataset:shop:orders")
RUN, OTHER_RUN = urn("Run:shop:812"), urn("Run:shop:813")
FRAUD, MODEL = urn("ModelVersion:shop:fraud-model:v7"), urn("Model:shop:fraud-model")
CHAMPION = urn("Alias:shop:fraud-model/champion")
CHECKOUT, ALONE = urn("Deployment:shop:checkout"), urn("Deployment:shop:alone")


@pytest.fixture
def shop(load: Load, database: Database) -> Database:
    load(
        ({"urn": name} for name in (V3, V2, ORDERS, RUN, OTHER_RUN, FRAUD, MODEL, CHECKOUT, ALONE, CHAMPION)),
        [
            _edge("POINTS_TO", CHAMPION, FRAUD), _edge("VERSION_OF", V3, ORDERS), _edge("VERSION_OF", V2, ORDERS), _edge("VERSION_OF", FRAUD, MODEL),
            _edge("USED", RUN, V3, role="train", key="role=train"), _edge("GENERATED_BY", FRAUD, RUN),
            _edge("USED", OTHER_RUN, V2, role="input", key="role=input"), _edge("GENERATED_BY", V3, OTHER_RUN),
            _edge("DEPLOYS", CHECKOUT, FRAUD, true_from=1_777_852_800_000_000, evidence="declared", confidence=0.5),
        ],
    )  # fmt: skip
    return database


def test_a_path_reads_the_same_from_either_end(shop: Database) -> None:
    down, up = paths(shop, PathsRequest(V3, CHECKOUT)), paths(shop, PathsRequest(CHECKOUT, V3))
    told = (
        "checkout serves fraud-model v7 since 4 May 2026 (declared), "
        "which was trained by run 812 on orders v3 (observed)."
    )
    assert [path.summary for path in down.paths] == [path.summary for path in up.paths] == [told]
    assert (down.direction, up.direction) == (Direction.DOWNSTREAM, Direction.UPSTREAM)
    assert [step.node.urn for step in down.paths[0].steps] == [RUN, FRAUD, CHECKOUT]
    assert [step.node.urn for step in up.paths[0].steps] == [FRAUD, RUN, V3]
    assert [step.node.depth for step in up.paths[0].steps] == [1, 2, 3]
    served = up.paths[0].steps[0].edge
    assert (served.evidence, served.confidence, served.event_id, served.producer) == ("declared", 0.5, "e1", "test")


def test_assets_stand_for_their_versions(shop: Database) -> None:
    answer = paths(shop, PathsRequest(ORDERS, MODEL))
    assert [(path.start.urn, path.steps[-1].node.urn) for path in answer.paths] == [(V3, FRAUD)]
    assert answer.count == 1, "the way from v2 over v3 touches orders twice"
    within = paths(shop, PathsRequest(V3, ORDERS))
    assert [(path.direction, path.start.urn, path.steps[-1].node.urn) for path in within.paths] == [
        (Direction.UPSTREAM, V3, V2)
    ]


def test_an_alias_stands_for_what_it_points_to(shop: Database) -> None:
    (path,) = paths(shop, PathsRequest(CHAMPION, V3)).paths
    assert (path.start.urn, path.direction, path.steps[-1].node.urn) == (FRAUD, Direction.UPSTREAM, V3)
    with pytest.raises(InvalidRequestError, match="same entity"):
        paths(shop, PathsRequest(CHAMPION, FRAUD))


def test_no_path_is_known_to_be_none(shop: Database) -> None:
    answer = paths(shop, PathsRequest(V3, ALONE))
    assert (answer.paths, answer.count, answer.count_is_exact, answer.complete) == ((), 0, True, True)
    assert (answer.direction, answer.shortest) == (None, None)


def test_a_walk_that_is_cut_makes_none_not_sure(load: Load, database: Database) -> None:
    runs = [urn(f"Run:hub:r{number:03}") for number in range(40)]
    versions = [urn(f"DatasetVersion:hub:made:{number}") for number in range(40)]
    end = urn("ModelVersion:hub:m:1")
    load(
        [{"urn": V3}, {"urn": end}, *({"urn": name} for name in (*runs, *versions))],
        [
            *(_edge("USED", run, V3, role="input") for run in runs),
            *(_edge("USED", runs[0], version, role="input") for version in versions),
            _edge("GENERATED_BY", end, runs[0]),
        ],
    )
    answer = paths(database, PathsRequest(V3, urn("DatasetVersion:hub:made:7"), max_walked=10))
    assert answer.complete, "nothing is made from version 7 but what its small side shows"
    answer = paths(database, PathsRequest(versions[7], V3, max_walked=10))
    assert (answer.count, answer.complete) == (0, True)
    answer = paths(database, PathsRequest(V3, end, max_walked=10))
    assert (answer.count_is_exact, answer.complete, answer.reasons) == (False, False, (Reason.SIZE,))
    assert paths(database, PathsRequest(V3, end)).count == 1


def test_a_ladder_of_diamonds_is_counted_at_once(load: Load, database: Database) -> None:
    nodes, edges = [urn("DatasetVersion:l:j:0")], []
    for rung in range(20):
        top, bottom = urn(f"DatasetVersion:l:j:{rung}"), urn(f"DatasetVersion:l:j:{rung + 1}")
        sides = [urn(f"DatasetVersion:l:{side}:{rung}") for side in "ab"]
        nodes += [*sides, bottom]
        edges += [_edge("DERIVED_FROM", side, top) for side in sides]
        edges += [_edge("DERIVED_FROM", bottom, side) for side in sides]
    load(({"urn": name} for name in nodes), edges)
    answer = paths(database, PathsRequest(nodes[0], nodes[-1]))
    assert (answer.count, answer.count_is_exact) == (1_048_576, True)
    assert (len(answer.paths), answer.shortest, answer.reasons) == (20, 40, (Reason.SIZE,))


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (PathsRequest("orders", V3), InvalidUrnError),
        (PathsRequest(V3, "orders"), InvalidUrnError),
        (PathsRequest(V3, V3), InvalidRequestError),
        (PathsRequest(V3, CHECKOUT, most=0), InvalidRequestError),
        (PathsRequest(V3, CHECKOUT, most=1_001), InvalidRequestError),
        (PathsRequest(V3, CHECKOUT, max_length=0), InvalidRequestError),
        (PathsRequest(V3, CHECKOUT, max_length=-1), InvalidRequestError),
        (PathsRequest(V3, CHECKOUT, as_of=9_000_000_000_000_000), InvalidRequestError),
        (PathsRequest(V3, urn("Deployment:shop:chekout")), NotFoundError),
        (PathsRequest(urn("DatasetVersion:shop:orders:v9"), CHECKOUT), NotFoundError),
    ],
)
def test_bad_questions_are_refused(shop: Database, request_: PathsRequest, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        paths(shop, request_)
    if error is NotFoundError:
        assert refused.value.details["suggestions"]  # type: ignore[attr-defined]
