"""Comparing walks on a real database: against what an independent search finds at both times, and as people ask."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from graph_schema.times import format_time, now_micros, parse_time
from registry.errors import InvalidRequestError, InvalidUrnError, NotFoundError
from registry.graph.database import Database
from registry.lineage.answer import Direction, Edge, LineageAnswer, Node, Reason
from registry.lineage.diff.answer import Difference, LineageDiff
from registry.lineage.diff.diff import lineage_diff
from registry.lineage.diff.request import DiffRequest
from registry.lineage.request import NodeFilter, WalkRequest
from registry.lineage.walk import lineage
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer
from tests.integration.lineage.facts import Graph
from tests.integration.lineage.generated_graphs import graphs

Load = Callable[[Iterable[dict[str, Any]], Iterable[dict[str, Any]]], None]

_tick = st.integers(0, 9)


@st.composite
def _questions(draw: st.DrawFn, urns: tuple[str, ...]) -> DiffRequest:
    times = sorted((draw(_tick), draw(_tick)))
    known = sorted((draw(_tick), draw(_tick)))
    by_truth, by_record = draw(st.booleans()), draw(st.booleans())
    before = WalkRequest(
        draw(st.sampled_from(urns)),
        draw(st.sampled_from((Direction.UPSTREAM, Direction.DOWNSTREAM, Direction.BOTH))),
        draw(st.sampled_from((None, None, 2))),
        draw(st.sampled_from(((), (), ("Run",), ("DatasetVersion",)))),
        as_of=times[0] if by_truth or not by_record else None,
        known_at=known[0] if by_record else None,
        limit=draw(st.sampled_from((1000, 1000, 2))),
    )
    same_kind = [urn for urn in urns if urn.split(":")[2] == before.urn.split(":")[2] and urn != before.urn]
    to = draw(st.sampled_from((None, *same_kind)))
    return DiffRequest(
        before, to,
        draw(st.sampled_from((times[1], None))) if before.as_of is not None else None,
        draw(st.sampled_from((known[1], None))) if before.known_at is not None else None,
    )  # fmt: skip


@settings(
    max_examples=10, deadline=None, report_multiple_bugs=False, phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(data=st.data())
def test_the_diff_leads_from_the_one_answer_to_the_other(load: Load, database: Database, data: st.DataObject) -> None:
    graph: Graph = data.draw(graphs())
    graph.load(load)
    for _ in range(4):
        request = data.draw(_questions(graph.urns))
        note(str(request))
        sides = [_walked(database, side) for side in _of_one_sort(request)]
        if None in sides and (request.to is not None or sides == [None, None]):
            with pytest.raises(NotFoundError):
                lineage_diff(database, request)
            continue
        found = lineage_diff(database, request)
        before, after = sides
        assert (found.before.there, found.after.there) == (before is not None, after is not None)
        assert _applied(found.nodes, _nodes(before)) == _nodes(after)
        assert _applied(found.edges, _edges(before)) == _edges(after)
        complete = [side is None or side.completeness.complete for side in sides]
        assert found.complete == all(complete)
        assert all(item.sure == complete[1] for item in found.nodes if item.change is Difference.REMOVED)
        assert all(item.sure == complete[0] for item in found.nodes if item.change is Difference.ADDED)
        assert lineage_diff(database, request).nodes == found.nodes


def _of_one_sort(request: DiffRequest) -> tuple[WalkRequest, WalkRequest]:
    """Both sides; where one is about a time and the other about now, now is a time, without what is planned."""
    before, after = request.before, request.after
    timeless = [side.as_of is None and side.known_at is None for side in (before, after)]
    if timeless == [True, False]:
        before = replace(before, as_of=now_micros())
    if timeless == [False, True]:
        after = replace(after, as_of=now_micros())
    return before, after


def _walked(database: Database, request: WalkRequest) -> LineageAnswer | None:
    try:
        return lineage(database, request)
    except NotFoundError:
        return None


def _nodes(answer: LineageAnswer | None) -> Counter[Node]:
    return Counter() if answer is None else Counter((*answer.start, *answer.nodes))


def _edges(answer: LineageAnswer | None) -> Counter[Edge]:
    return Counter() if answer is None else Counter(answer.edges)


def _applied(differences: Any, to: Counter[Any]) -> Counter[Any]:
    found = Counter(to)
    for item in differences:
        if item.before is not None:
            assert found[item.before] > 0
            found[item.before] -= 1
    found.update(item.after for item in differences if item.after is not None)
    return +found


URN = "urn:lineage:{}:shop:{}".format
V3, V4 = (URN("DatasetVersion", f"orders:v{number}") for number in (3, 4))
M6, M7 = (URN("ModelVersion", f"fraud:{number}") for number in (6, 7))
R811, R812 = URN("Run", "811"), URN("Run", "812")
EXTRA, FEATURE = URN("DatasetVersion", "clicks:v1"), URN("FeatureVersion", "velocity:1")
_COUNTER = itertools.count()

Say = Callable[..., int]


@pytest.fixture
def say(clean_database: Database, settings: Settings) -> Say:
    """Write records of a day of May; when that was recorded."""
    writer = Writer(clean_database, settings)

    def _say(day: int, *records: dict[str, Any]) -> int:
        reader = BatchReader(Envelope(f"diff-{next(_COUNTER)}", now_micros(), _day(day)))
        for line, record in enumerate(records, start=1):
            reader.add(record, line)
        assert not reader.errors
        return writer.write(reader.finish()).written.recorded_at

    return _say


def _day(day: int) -> int:
    return parse_time(f"2026-05-{day:02}T00:00:00Z")


def _entity(urn: str, **attributes: Any) -> dict[str, Any]:
    return {"entity": urn.split(":")[2], "urn": urn, "attributes": attributes}


def _edge(relation: str, downstream: str, upstream: str, **more: Any) -> dict[str, Any]:
    return {"edge": relation, "from": downstream, "to": upstream, "evidence": "observed"} | more


def _training(run: str, model: str, data: str, **parameters: Any) -> list[dict[str, Any]]:
    return [
        _entity(run, parameters=parameters, seed=parameters.pop("seed"), code_commit=parameters.pop("commit")),
        _edge("USED", run, data, attributes={"role": "train"}),
        _edge("GENERATED_BY", model, run),
    ]


@pytest.fixture
def two_models(say: Say, database: Database) -> Database:
    say(4, _entity(V3, rows=100, digest="sha256:aa"), _entity(M6),
        *_training(R811, M6, V3, seed=1, commit="abc", rate=0.1, net={"depth": 3}),
        _edge("EXECUTED_IN", R811, URN("Environment", "gpu")),
        _edge("DEPENDS_ON", R811, "urn:lineage:LibraryVersion:pypi:torch:2.1"))  # fmt: skip
    say(6, _entity(V4, rows=120, digest="sha256:bb"), _entity(M7),
        *_training(R812, M7, V4, seed=2, commit="abc", rate=0.2, net={"depth": 3}),
        _edge("USED", R812, EXTRA, attributes={"role": "input"}),
        _edge("EXECUTED_IN", R812, URN("Environment", "gpu")),
        _edge("DEPENDS_ON", R812, "urn:lineage:LibraryVersion:pypi:torch:2.2"))  # fmt: skip
    return database


def _told(found: LineageDiff) -> list[str]:
    return [item.sentence for item in found.nodes]


def test_two_versions_of_a_model(two_models: Database) -> None:
    found = lineage_diff(two_models, DiffRequest(WalkRequest(M6), M7))
    assert _told(found) == [
        "fraud v7, compared with fraud v6: nothing else differs.",
        "run 812 took the place of run 811: seed went from 1 to 2; parameters.rate went from 0.1 to 0.2.",
        "clicks v1 is new, 2 steps upstream.",
        "orders v4 took the place of orders v3: digest went from sha256:aa to sha256:bb; rows went from 100 to 120.",
    ]
    assert [item.sentence for item in found.edges] == [
        "fraud v7 was made by run 812, as fraud v6 did run 811.",
        "New: run 812 read clicks v1.",
        "run 812 trained on orders v4, as run 811 did orders v3.",
    ]
    (run,) = found.runs
    assert run.sentence == (
        "run 812 made the one, run 811 the other: seed went from 1 to 2; parameters.rate went from 0.1 to 0.2; "
        "dependencies.torch went from 2.1 to 2.2."
    )
    assert (found.complete, found.before.there, found.after.there) == (True, True, True)
    assert found.summary == "1 added, 3 replaced; 3 edges changed."
    assert found.before.known_at == found.after.known_at


def test_two_versions_of_data_seen_from_below(two_models: Database) -> None:
    found = lineage_diff(two_models, DiffRequest(WalkRequest(V3, Direction.DOWNSTREAM), V4))
    changed = {(item.before.urn, item.after.urn) for item in found.nodes if item.before and item.after}
    assert changed == {(V3, V4), (R811, R812), (M6, M7)}
    assert found.node_counts.added == found.node_counts.removed == 0


def test_two_times_of_one_thing(say: Say, database: Database) -> None:
    say(4, _entity(V3, lifecycle="active"), *_training(R811, M6, V3, seed=1, commit="abc", rate=0.1))
    before = now_micros()
    say(5, _entity(V3, lifecycle="deprecated", title="Orders"),
        _edge("USED", R811, EXTRA, attributes={"role": "input"}),
        _edge("USED", R811, V3, attributes={"role": "train"}, evidence="declared", confidence=0.5))  # fmt: skip
    say(6, _edge("GENERATED_BY", M6, R811, op="retract", reason="it was another run"), _edge("GENERATED_BY", M6, R812))
    by_record = lineage_diff(database, DiffRequest(WalkRequest(M6, known_at=before)))
    assert _told(by_record) == [
        "run 812 took the place of run 811: not described yet.", "orders v3 is gone, 2 steps upstream.",
    ]  # fmt: skip
    run = lineage_diff(database, DiffRequest(WalkRequest(R811, known_at=before)))
    assert _told(run) == [
        "clicks v1 is new, 1 step upstream.",
        "orders v3: lifecycle went from active to deprecated; title is Orders now.",
    ]
    assert [item.sentence for item in run.edges] == ["New: run 811 read clicks v1."]
    by_truth = lineage_diff(database, DiffRequest(WalkRequest(R811, as_of=_day(4) + 1), to_time=_day(5) + 1))
    assert _told(by_truth) == ["clicks v1 is new, 1 step upstream."]


def test_what_was_not_there_yet_is_all_new(say: Say, database: Database) -> None:
    say(3, _entity(FEATURE))
    before = now_micros()
    say(4, _entity(V3), *_training(R811, M6, V3, seed=1, commit="abc"))
    found = lineage_diff(database, DiffRequest(WalkRequest(M6, known_at=before)))
    assert (found.before.there, found.after.there, found.complete) == (False, True, True)
    assert {(item.change, item.after and item.after.urn) for item in found.nodes} == {
        (Difference.ADDED, urn) for urn in (M6, R811, V3)
    }
    assert found.runs == ()
    nothing = DiffRequest(WalkRequest(M6, known_at=before), to_known_at=before)
    with pytest.raises(NotFoundError):
        lineage_diff(database, nothing)


def test_an_asset_by_an_alias_at_two_times(two_models: Database, say: Say) -> None:
    alias = URN("Alias", "fraud/champion")
    say(5, _edge("POINTS_TO", alias, M6, true_from="2026-05-05T00:00:00Z", true_to="2026-05-07T00:00:00Z"))
    say(7, _edge("POINTS_TO", alias, M7, true_from="2026-05-07T00:00:00Z"))
    model = WalkRequest(URN("Model", "fraud"), versions="champion", as_of=_day(6))
    found = lineage_diff(two_models, DiffRequest(model))
    assert found.nodes[0].sentence == "fraud v7, compared with fraud v6: nothing else differs."


def test_an_incomplete_side_makes_the_comparison_incomplete(two_models: Database) -> None:
    found = lineage_diff(two_models, DiffRequest(WalkRequest(M6, limit=2), M7))
    assert (found.complete, found.reasons, found.before.completeness.complete) == (False, (Reason.SIZE,), True)
    assert [item.sentence for item in found.nodes if not item.sure] == [
        "orders v3 may be gone: the newer side is not complete."
    ]
    back = lineage_diff(two_models, DiffRequest(WalkRequest(M7, limit=3), M6))
    assert back.complete
    deep = lineage_diff(two_models, DiffRequest(WalkRequest(M6, depth=1), M7))
    assert deep.reasons == (Reason.DEPTH,)
    assert deep.before.completeness.cursor is None


def test_filters_hold_on_both_sides(two_models: Database) -> None:
    only = WalkRequest(M6, kinds=("DatasetVersion",))
    assert _told(lineage_diff(two_models, DiffRequest(only, M7)))[1:] == [
        "clicks v1 is new, 2 steps upstream.",
        "orders v4 took the place of orders v3: digest went from sha256:aa to sha256:bb; rows went from 100 to 120.",
    ]
    rolled = lineage_diff(two_models, DiffRequest(replace(only, report=NodeFilter(namespaces=("other",))), M7))
    assert len(rolled.nodes) == 1


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (DiffRequest(WalkRequest("orders")), InvalidUrnError),
        (DiffRequest(WalkRequest(M6), "orders"), InvalidUrnError),
        (DiffRequest(WalkRequest(M6)), InvalidRequestError),
        (DiffRequest(WalkRequest(M6), M6), InvalidRequestError),
        (DiffRequest(WalkRequest(M6), V3), InvalidRequestError),
        (DiffRequest(WalkRequest(M6, as_of=9), to_time=8), InvalidRequestError),
        (DiffRequest(WalkRequest(M6), to_time=8), InvalidRequestError),
        (DiffRequest(WalkRequest(M6, known_at=9), to_known_at=8), InvalidRequestError),
        (DiffRequest(WalkRequest(M6, as_of=now_micros() + 10**10)), InvalidRequestError),
        (DiffRequest(WalkRequest(M6, depth=0), M7), InvalidRequestError),
        (DiffRequest(WalkRequest(M6, also=(M7,)), M7), InvalidRequestError),
        (DiffRequest(WalkRequest(M6), URN("ModelVersion", "fraud:8")), NotFoundError),
        (DiffRequest(WalkRequest(URN("ModelVersion", "fraud:8")), M6), NotFoundError),
    ],
)
def test_what_cannot_be_compared_is_refused(
    two_models: Database, request_: DiffRequest, error: type[Exception]
) -> None:
    with pytest.raises(error):
        lineage_diff(two_models, request_)


def test_times_are_told_as_they_are_written(say: Say, database: Database) -> None:
    say(4, _entity(V3), *_training(R811, M6, V3, seed=1, commit="abc"))
    before = now_micros()
    say(8, {"entity": "DatasetVersion", "urn": V3, "op": "delete", "reason": "retention"})
    (item,) = lineage_diff(database, DiffRequest(WalkRequest(M6, known_at=before))).nodes
    (told,) = item.attributes
    assert (told.name, told.before, told.after) == ("true_to", None, format_time(_day(8)))
    assert item.sentence == "orders v3: ended 2026-05-08."


def test_what_is_planned_is_no_difference_between_a_time_and_now(load: Load, database: Database) -> None:
    version, run = "urn:lineage:DatasetVersion:t:planned:1", "urn:lineage:Run:t:planned"
    used = {"relation": "USED", "downstream": run, "upstream": version, "role": "input", "family": "data"}
    load([{"urn": version}, {"urn": run}], [used | {"true_from": 4_000_000_000_000_000}])
    base = WalkRequest(version, Direction.DOWNSTREAM)
    found = lineage_diff(database, DiffRequest(replace(base, as_of=1_000_000_000_000_000)))
    assert (found.nodes, found.edges) == ((), ())
    assert [node.urn for node in lineage(database, base).nodes] == [run], "now, what is planned counts"
