"""Column lineage that multiplies: what a small event may come to is bounded before it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from registry.capture.openlineage import lineage_facets
from registry.capture.openlineage.capture import OpenLineageCapture
from registry.capture.openlineage.event import read_event
from registry.capture.openlineage.lineage_facets import too_many_columns
from registry.capture.openlineage.mapping import event_records
from registry.capture.source import Rejected
from registry.errors import InvalidEventError


def _event(facets: dict[str, Any], output_facets: dict[str, Any] | None = None) -> dict[str, Any]:
    output = {"namespace": "n", "name": "made", "facets": facets, "outputFacets": output_facets or {}}
    return {
        "eventTime": "2026-05-04T12:00:00Z",
        "eventType": "COMPLETE",
        "run": {"runId": "r"},
        "job": {"namespace": "n", "name": "j"},
        "outputs": [output],
    }


def _schema(columns: int) -> dict[str, Any]:
    return {"fields": [{"name": f"c{number}"} for number in range(columns)]}


def _filters(inputs: int) -> dict[str, Any]:
    return {"dataset": [{"namespace": "n", "name": "read", "field": f"f{number}"} for number in range(inputs)]}


@pytest.mark.parametrize("apart", [False, True], ids=["in one place", "in two"])
def test_a_product_of_columns_and_filters_is_refused(apart: bool) -> None:
    schema, lineage = {"schema": _schema(5_000)}, {"columnLineage": _filters(5_000)}
    raw = _event(schema, lineage) if apart else _event(schema | lineage)
    problem = too_many_columns(raw)
    assert problem is not None
    assert problem.details["errors"][0]["field"] == "/outputs/0/facets/columnLineage"
    assert "25000000" in problem.message
    with pytest.raises(InvalidEventError):
        event_records(read_event(raw))


def test_data_sets_of_an_event_count_together() -> None:
    raw = _event({"schema": _schema(250), "columnLineage": _filters(250)})
    assert too_many_columns(raw) is None
    raw["outputs"] *= 2
    problem = too_many_columns(raw)
    assert problem is not None
    assert problem.details["errors"][0]["field"] == "/outputs/1/facets/columnLineage"


def test_up_to_the_bound_every_pair_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    nested = {"fields": [{"name": "a", "fields": [{"name": "b"}, {"name": "c"}]}]}
    raw = _event({"schema": nested, "columnLineage": _filters(4)})
    monkeypatch.setattr(lineage_facets, "MOST_PAIRS", 12)
    assert too_many_columns(raw) is None
    assert len([record for record in event_records(read_event(raw)) if record.get("edge") == "DERIVED_FROM"]) == 12
    monkeypatch.setattr(lineage_facets, "MOST_PAIRS", 11)
    assert too_many_columns(raw) is not None


@pytest.mark.parametrize(
    "facets",
    [7, {"schema": []}, {"schema": {"fields": [1, {"fields": 2}]}, "columnLineage": {"fields": [], "dataset": {}}},
     {"columnLineage": {"fields": {"a": 1, "b": {"inputFields": 2}}}, "lineage": {"fields": {"c": []}}}],
)  # fmt: skip
def test_what_is_not_sound_counts_for_nothing(facets: Any) -> None:
    assert too_many_columns(_event(facets)) is None
    for raw in (None, [1], {"inputs": {"facets": facets}, "outputs": [1, None], "dataset": 7}):
        assert too_many_columns(raw) is None


def test_a_file_is_read_within_the_same_bound(tmp_path: Path) -> None:
    raw = _event({"schema": _schema(250), "columnLineage": _filters(250)})
    sound = _event({"schema": _schema(2), "columnLineage": _filters(2)})
    raw["outputs"] *= 2  # each alone is within the bound
    file = tmp_path / "events.ndjson"
    file.write_bytes(orjson.dumps(raw) + b"\n" + orjson.dumps(sound))
    read = list(OpenLineageCapture().read(str(file), {}))
    (rejected,) = [item for item in read if isinstance(item, Rejected)]
    assert (rejected.reason, rejected.event) == ("invalid-event", raw)
    assert "125000" in rejected.message
    assert any(isinstance(item, dict) for item in read)


def test_an_event_too_large_to_be_sent_again_is_not_held_whole(tmp_path: Path) -> None:
    raw = _event({"schema": _schema(2)}) | {"eventTime": "soon", "note": "n" * 2_000_000}
    file = tmp_path / "events.json"
    file.write_bytes(orjson.dumps(raw))
    (rejected,) = [item for item in OpenLineageCapture().read(str(file), {}) if isinstance(item, Rejected)]
    assert rejected.event is None
    assert 0 < len(rejected.payload) < 100_000


def test_an_event_names_so_many_columns_and_no_more() -> None:
    half = {"schema": {"fields": [{"name": f"c{number}"} for number in range(10_000)]}}
    raw = _event(half)
    raw["inputs"] = [{"namespace": "n", "name": "i", "facets": half}]
    assert too_many_columns(raw) is None
    raw["inputs"].append({"namespace": "n", "name": "j", "facets": {"schema": {"fields": [{"name": "one"}]}}})
    problem = too_many_columns(raw)
    assert problem is not None
    assert "20001 columns" in problem.message
