"""Ways against a brute-force search: every way there is, in order, rightly counted, and honest where it is cut."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.lineage.answer import Certainty, Direction, Edge, Node, Reason
from registry.lineage.paths.answer import Path, Paths
from registry.lineage.paths.components import components_of
from registry.lineage.paths.steps import Place, Step
from registry.lineage.paths.ways import Terrain, ways

NAMES = tuple(f"urn:lineage:DatasetVersion:t:{letter}:1" for letter in "abcdefg")


def _edge(downstream: str, upstream: str, relation: str = "DERIVED_FROM", key: str = "", family: str = "data") -> Edge:
    return Edge(
        downstream, upstream, relation, family, None, "observed", 1.0, "exact", "e", "test", 0, None, 0, key
    )  # fmt: skip


def _node(urn: str) -> Node:
    kind, namespace, name, version = urn.split(":")[2:]
    return Node(urn, kind, namespace, name, version, False, False, None, None, 0, Certainty.CERTAIN)


@dataclass(frozen=True)
class Country:
    """A generated terrain: steps may be doubtful, and places may be told apart by how they were come to."""

    steps: tuple[Step, ...]
    joins: tuple[Edge, ...]
    starts: frozenset[str]
    ends: frozenset[str]

    @property
    def terrain(self) -> Terrain:
        return Terrain(_node, self.steps, self.joins)

    def spots(self) -> dict[str, frozenset[str]]:
        """What means the same, grown until nothing changes."""
        spots = {name: frozenset({name}) for name in NAMES}
        for _ in NAMES:
            for edge in self.joins:
                both = spots[edge.downstream] | spots[edge.upstream]
                spots |= dict.fromkeys(both, both)
        return spots

    def every_way(self) -> list[tuple[Step, ...]]:
        """Every way, found by trying everything. A way of no steps is one between two names for one thing."""
        spots = self.spots()
        starts, ends = ({spots[name] for name in names} for names in (self.starts, self.ends))
        found: list[tuple[Step, ...]] = []

        def onward(way: tuple[Step, ...], here: frozenset[str], came: int, seen: set[frozenset[str]]) -> None:
            if here in ends:
                found.append(way)
                return
            for step in set(self.steps):
                there = spots[step.far.urn]
                if step.near.urn in here and step.near.came == came and there not in seen | starts:
                    onward((*way, step), there, step.far.came, seen | {there})

        for start in starts:
            onward((), start, False, {start})
        return found


@st.composite
def countries(draw: st.DrawFn) -> Country:
    names = NAMES[: draw(st.integers(2, len(NAMES)))]
    some = st.sampled_from(names)
    acyclic = draw(st.booleans())
    steps = []
    for number in range(draw(st.integers(1, 18))):
        near, far = draw(some), draw(some)
        if acyclic:
            near, far = min(near, far), max(near, far)
        edge = _edge(far, near, draw(st.sampled_from(("DERIVED_FROM", "USED"))), key=str(number // 2 % 4))
        turned = not acyclic and draw(st.integers(0, 5)) == 0
        marks = draw(st.sampled_from(((False, False),) * 4 + ((False, True), (True, False), (True, True))))
        near_place, far_place = Place(near, marks[0]), Place(far, marks[1])
        if turned:
            near_place, far_place = Place(far, marks[0]), Place(near, marks[1])
        steps.append(Step(near_place, far_place, edge, certain=draw(st.integers(0, 3)) > 0))
    # Where an edge leads to and how surely depends on the edge and its direction, not on how it was come to.
    traits = {(step.near.urn, step.far.urn, step.edge): (step.far, step.certain) for step in steps}
    unique = {
        (step.near, far, step.edge): Step(step.near, far, step.edge, certain)
        for step in steps
        for far, certain in [traits[step.near.urn, step.far.urn, step.edge]]
    }
    joins = tuple(
        _edge(one, other, "SAME_AS", family="identity")
        for one, other in draw(st.lists(st.tuples(some, some), max_size=3))
        if one != other
    )
    starts = draw(st.frozensets(some, min_size=1, max_size=2))
    ends = draw(st.frozensets(some, min_size=1, max_size=2)) - starts
    return Country(tuple(unique.values()), joins, starts, ends)


def _steps_of(path: Path) -> tuple[tuple[str, str, Edge], ...]:
    """The steps of a path that are not from one name to another of the same thing."""
    here, found = path.start.urn, []
    for step in path.steps:
        assert here in step.edge[:2]
        assert step.node.urn in step.edge[:2]
        if step.edge.relation != "SAME_AS":
            found.append((here, step.node.urn, step.edge))
        here = step.node.urn
    return tuple(found)


def _shown(way: tuple[Step, ...]) -> tuple[tuple[str, str, Edge], ...]:
    return tuple((step.near.urn, step.far.urn, step.edge) for step in way)


def _rank(way: tuple[Step, ...]) -> tuple[int, int]:
    return len(way), sum(not step.certain for step in way)


@settings(max_examples=400, deadline=None)
@given(country=countries(), max_length=st.one_of(st.none(), st.integers(1, 5)))
def test_all_ways_are_found_in_order_and_counted(country: Country, max_length: int | None) -> None:
    every = country.every_way()
    truth = [way for way in every if max_length is None or len(way) <= max_length]
    answer = ways(country.terrain, country.starts, country.ends, most=1_000, max_length=max_length)
    assert (answer.count, answer.count_is_exact) == (len(truth), True)
    assert sorted(map(repr, map(_steps_of, answer.paths))) == sorted(map(repr, map(_shown, truth)))
    by_steps = {repr(_shown(way)): way for way in truth}
    ranks = [_rank(by_steps[repr(_steps_of(path))]) for path in answer.paths]
    assert ranks == sorted(map(_rank, truth))
    for path, rank in zip(answer.paths, ranks, strict=True):
        _check_path(country, path, rank)
    assert answer.reasons == ((Reason.DEPTH,) if len(every) > len(truth) else ())
    assert answer.complete == (not answer.reasons)


def _check_path(country: Country, path: Path, rank: tuple[int, int]) -> None:
    assert path.start.urn in country.starts
    assert path.steps[-1].node.urn in country.ends
    assert path.length == path.steps[-1].node.depth == rank[0]
    assert path.certainty is path.steps[-1].node.certainty
    assert (path.certainty is Certainty.CERTAIN) == (rank[1] == 0)
    names = [path.start.urn, *(step.node.urn for step in path.steps)]
    assert len(names) == len(set(names))
    assert path.summary.endswith(".")


@settings(max_examples=200, deadline=None)
@given(country=countries(), most=st.integers(1, 6), work=st.sampled_from((0, 1, 3, 10, 300_000)))
def test_what_is_cut_is_the_beginning_of_all_and_says_so(country: Country, most: int, work: int) -> None:
    everything = ways(country.terrain, country.starts, country.ends, most=1_000)
    answer = ways(country.terrain, country.starts, country.ends, most=most, work=work)
    assert answer.paths == everything.paths[: len(answer.paths)]
    assert len(answer.paths) <= answer.count <= everything.count
    assert answer.count == everything.count or not answer.count_is_exact
    assert answer.complete == (answer.paths == everything.paths and answer.count_is_exact)
    if work > 10_000:
        assert len(answer.paths) == min(most, everything.count)
        assert answer.count_is_exact
    assert answer == ways(country.terrain, country.starts, country.ends, most=most, work=work)


@settings(max_examples=200, deadline=None)
@given(country=countries(), order=st.randoms(use_true_random=False))
def test_order_depends_on_names_alone(country: Country, order: object) -> None:
    steps, joins = list(country.steps), list(country.joins)
    order.shuffle(steps)  # type: ignore[attr-defined]
    order.shuffle(joins)  # type: ignore[attr-defined]
    shuffled = Terrain(_node, steps, joins)
    answer = ways(country.terrain, country.starts, country.ends, most=7)
    assert ways(shuffled, country.starts, country.ends, most=7) == answer


@settings(max_examples=200, deadline=None)
@given(country=countries())
def test_told_from_the_other_end_they_are_the_same_ways(country: Country) -> None:
    down = ways(country.terrain, country.starts, country.ends, most=50)
    up = ways(country.terrain, country.starts, country.ends, most=50, direction=Direction.UPSTREAM)
    assert [path.summary for path in up.paths] == [path.summary for path in down.paths]
    for one, other in zip(down.paths, up.paths, strict=True):
        assert [step.edge for step in other.steps] == [step.edge for step in reversed(one.steps)]
        assert other.start.urn == one.steps[-1].node.urn
        assert [step.node.urn for step in other.steps][-1] == one.start.urn
        assert (other.length, other.certainty) == (one.length, one.certainty)


def _diamonds(count: int) -> list[Step]:
    """A ladder of diamonds: two ways through each, one after the other."""
    steps = []
    for rung in range(count):
        top, left, right, bottom = (
            f"urn:lineage:DatasetVersion:t:{name}:1"
            for name in (f"j{rung:03}", f"l{rung:03}", f"r{rung:03}", f"j{rung + 1:03}")
        )
        for near, far in ((top, left), (top, right), (left, bottom), (right, bottom)):
            steps.append(Step(Place(near), Place(far), _edge(far, near), certain=True))
    return steps


@pytest.mark.parametrize("rungs", [20, 200])
def test_more_ways_than_can_be_listed_are_counted_exactly(rungs: int) -> None:
    top, bottom = ("urn:lineage:DatasetVersion:t:j000:1",), (f"urn:lineage:DatasetVersion:t:j{rungs:03}:1",)
    answer = ways(Terrain(_node, _diamonds(rungs)), top, bottom, most=20)
    assert (answer.count, answer.count_is_exact, len(answer.paths)) == (2**rungs, True, 20)
    assert (answer.complete, answer.reasons) == (False, (Reason.SIZE,))
    assert len({tuple(step.edge for step in path.steps) for path in answer.paths}) == 20
    exactly = ways(Terrain(_node, _diamonds(20)), top, ("urn:lineage:DatasetVersion:t:j020:1",), most=20, max_length=40)
    assert (exactly.count, exactly.count_is_exact, Reason.DEPTH in exactly.reasons) == (2**20, True, False)


def test_many_dead_ends_hide_no_way() -> None:
    """Among things that all lead to each other, where a search that goes ahead tries millions of dead ends."""
    crowd = [f"urn:lineage:DatasetVersion:t:c{number:02}:1" for number in range(30)]
    start, end = "urn:lineage:DatasetVersion:t:a:1", "urn:lineage:DatasetVersion:t:z:1"
    pairs = [(start, crowd[0]), *((one, other) for one in crowd for other in crowd if one != other), (crowd[0], end)]
    steps = [Step(Place(near), Place(far), _edge(far, near), certain=True) for near, far in pairs]
    answer = ways(Terrain(_node, steps), (start,), (end,), most=20)
    assert (len(answer.paths), answer.complete) == (1, True)
    through = [*steps, Step(Place(crowd[7]), Place(end), _edge(end, crowd[7]), certain=True)]
    answer = ways(Terrain(_node, through), (start,), (end,), most=20)
    assert [path.length for path in answer.paths] == [2, 3] + [4] * 18
    assert answer.count > 20
    assert not answer.count_is_exact


def test_what_the_walk_left_out_makes_nothing_sure() -> None:
    start, end = NAMES[:2]
    step = Step(Place(start), Place(end), _edge(end, start), certain=True)
    found = ways(Terrain(_node, [step], reasons=(Reason.SIZE,)), (start,), (end,), most=5)
    nothing = ways(Terrain(_node, [], reasons=(Reason.SIZE,)), (start,), (end,), most=5)
    for answer, count in ((found, 1), (nothing, 0)):
        assert (answer.count, answer.count_is_exact, answer.complete) == (count, False, False)
        assert answer.reasons == (Reason.SIZE,)
    assert ways(Terrain(_node, []), (start,), (end,), most=5) == Paths((), 0, True, False, True, ())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(0, 7), max_size=4), min_size=8, max_size=8))
def test_components_are_what_reaches_each_other(onward: list[list[int]]) -> None:
    def reached(node: int) -> set[int]:
        seen, waiting = {node}, [node]
        while waiting:
            new = set(onward[waiting.pop()]) - seen
            seen |= new
            waiting += new
        return seen

    component = components_of(onward)
    for one in range(8):
        for other in range(8):
            mutual = other in reached(one) and one in reached(other)
            assert (component[one] == component[other]) == mutual
            if other in reached(one) and not mutual:
                assert component[one] < component[other]
