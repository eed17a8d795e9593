"""Events of one run or two in any order, any number of times: the same graph."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.capture.openlineage.event import read_event
from registry.capture.openlineage.fold import Fold
from tests.unit.capture.openlineage.outcome import delivered, outcome

_TIMES = [f"2026-05-04T12:00:0{second}Z" for second in range(4)]
_COLUMNS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True)


def _facet(**values: Any) -> dict[str, Any]:
    return {"_producer": "p", "_schemaURL": "s"} | values


def _lineage(sources: list[tuple[str, str, str]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column, dataset, field in sources:
        item = {"namespace": "n", "name": dataset, "field": field, "transformations": [{"type": "DIRECT"}]}
        fields.setdefault(column, {"inputFields": []})["inputFields"].append(item)
    return _facet(fields=fields)


_DATASET_FACETS = st.fixed_dictionaries(
    {},
    optional={
        "version": st.sampled_from(["v1", "v2"]).map(lambda found: _facet(datasetVersion=found)),
        "schema": _COLUMNS.map(lambda names: _facet(fields=[{"name": name, "type": "int"} for name in names])),
        "columnLineage": st.lists(
            st.tuples(st.sampled_from("ab"), st.sampled_from(["orders", "other"]), st.sampled_from("xy")), max_size=3
        ).map(_lineage),
        "symlinks": st.just(_facet(identifiers=[{"namespace": "hive", "name": "t", "type": "TABLE"}])),
        "lifecycleStateChange": st.sampled_from(
            [
                _facet(lifecycleStateChange="DROP"),
                _facet(lifecycleStateChange="CREATE"),
                _facet(lifecycleStateChange="RENAME", previousIdentifier={"namespace": "n", "name": "old"}),
            ]
        ),
        "documentation": st.sampled_from([_facet(description="one"), _facet(_deleted=True)]),
        "ownership": st.sampled_from(
            [_facet(owners=[{"name": "team:x", "type": "MAINTAINER"}]), _facet(_deleted=True)]
        ),
        "custom": st.sampled_from([_facet(value=1), _facet(value=2), _facet(_deleted=True)]),
        "datasetType": st.sampled_from(["MODEL", "TABLE"]).map(lambda sort: _facet(datasetType=sort)),
        "storage": st.just(_facet(storageLayer="delta", fileFormat="parquet")),
        "dataQualityMetrics": st.integers(0, 3).map(lambda rows: _facet(rowCount=rows, columnMetrics={})),
        "outputStatistics": st.integers(0, 3).map(lambda rows: _facet(rowCount=rows, size=rows * 10)),
        "subset": st.sampled_from(["s3://a", "s3://b"]).map(
            lambda place: _facet(inputCondition={"type": "location", "locations": [place]})
        ),
    },
)
_DATASETS = st.lists(
    st.builds(
        lambda name, facets: {"namespace": "n", "name": name, "facets": facets},
        st.sampled_from(["orders", "report"]),
        _DATASET_FACETS,
    ),
    max_size=2,
)
_RUN_FACETS = st.fixed_dictionaries(
    {},
    optional={
        "parent": st.just(_facet(run={"runId": "above"}, job={"namespace": "j", "name": "dag"})),
        "spark": st.integers(0, 2).map(lambda value: _facet(value=value)),
        "executionParameters": st.integers(0, 2).map(lambda n: _facet(parameters=[{"name": "seed", "value": str(n)}])),
        "tags": st.sampled_from([_facet(tags=[{"key": "k", "value": "v"}]), _facet(_deleted=True)]),
        "errorMessage": st.just(_facet(message="no")),
    },
)
_EVENTS = st.builds(
    lambda time, state, inputs, outputs, run, job: {
        "eventTime": time, "eventType": state, "producer": "https://example.org/p", "inputs": inputs,
        "outputs": outputs, "run": {"runId": "r", "facets": run}, "job": {"namespace": "j", "name": "task"} | job,
    },
    st.sampled_from(_TIMES),
    st.sampled_from(["START", "RUNNING", "COMPLETE", "FAIL", "OTHER", None]),
    _DATASETS,
    _DATASETS,
    _RUN_FACETS,
    st.sampled_from([{}, {"facets": {"sql": _facet(query="SELECT 1")}}, {"facets": {"sql": _facet(_deleted=True)}}]),
)  # fmt: skip


_EVENTS_OF_TWO = st.builds(
    lambda event, run: event | {"run": event["run"] | {"runId": run}}, _EVENTS, st.sampled_from("rq")
)


@st.composite
def _orders(draw: st.DrawFn, single: st.SearchStrategy[Any] = _EVENTS_OF_TWO) -> tuple[list[Any], list[Any]]:
    events = draw(st.lists(single, min_size=1, max_size=5))
    repeated = events + draw(st.lists(st.sampled_from(events), max_size=3))
    return draw(st.permutations(events)), draw(st.permutations(repeated))


@settings(max_examples=100)
@given(_orders())
def test_runs_end_the_same_in_every_order_and_however_often_their_events_come(
    orders: tuple[list[Any], list[Any]],
) -> None:
    one, other = (outcome(delivered(events)) for events in orders)
    assert one.keys() == other.keys()
    for name, shown in one.items():
        assert shown == other[name], name


@settings(max_examples=100)
@given(st.lists(_EVENTS_OF_TWO, max_size=6))
def test_what_a_run_says_takes_nothing_from_another_run(events: list[Any]) -> None:
    together = outcome(delivered(events))
    apart = [outcome(delivered([item for item in events if item["run"]["runId"] == run])) for run in "rq"]
    assert together.keys() == apart[0].keys() | apart[1].keys()
    for name, (_, true_from, _, _) in together.items():
        assert true_from == min(found[name][1] for found in apart if name in found), name


@settings(max_examples=100)
@given(_orders(_EVENTS))
def test_a_fold_is_the_same_in_every_order(orders: tuple[list[Any], list[Any]]) -> None:
    folds = []
    for events in orders:
        fold = Fold()
        for raw in events:
            fold.add(read_event(raw))
        folds.append(fold.state)
    assert folds[0] == folds[1]


def test_a_kept_facet_that_is_deleted_goes_and_what_others_keep_stays() -> None:
    def event(second: int, facets: dict[str, Any], run: str = "r") -> dict[str, Any]:
        data = {"namespace": "n", "name": "orders", "facets": {"version": _facet(datasetVersion="v1")} | facets}
        return {
            "eventTime": _TIMES[second], "eventType": "RUNNING", "producer": "https://example.org/p",
            "inputs": [data], "outputs": [], "run": {"runId": run}, "job": {"namespace": "j", "name": "task"},
        }  # fmt: skip

    said = [
        event(0, {"custom": _facet(value=1)}),
        event(1, {"other": _facet(value=2)}, run="q"),
        event(2, {"custom": _facet(_deleted=True)}),
    ]
    for events in (said, said[::-1]):
        values = outcome(delivered(events))["urn:lineage:DatasetVersion:n:orders:v1"][0]
        assert orjson.loads(values["facets"]) == {"other": _facet(value=2)}
