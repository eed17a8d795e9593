"""Lineage facets that are broken or deleted: refused with the field, or left out."""

from __future__ import annotations

from typing import Any

import pytest

from registry.capture.openlineage.event import read_event
from registry.errors import InvalidEventError
from tests.unit.capture.openlineage.outcome import delivered


def _event(job: dict[str, Any], output: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventType": "COMPLETE", "eventTime": "2026-05-04T12:00:00Z", "run": {"runId": "r"},
        "job": {"namespace": "jobs", "name": "etl", "facets": job},
        "outputs": [{"namespace": "n", "name": "report", "facets": output}],
    }  # fmt: skip


@pytest.mark.parametrize("field", [{}, [], 7, {"a": 1}], ids=str)
def test_a_column_that_is_no_text_is_refused(field: Any) -> None:
    source = {"type": "DATASET", "namespace": "n", "name": "orders", "field": field}
    with pytest.raises(InvalidEventError) as caught:
        read_event(_event({}, {"lineage": {"fields": {"x": {"inputs": [source]}}}}))
    assert caught.value.details["errors"][0]["field"] == "/outputs/0/facets/lineage/fields/x/inputs/0/field"


@pytest.mark.parametrize(
    "entry", [{"type": "DATASET", "namespace": "n", "name": "other"}, {"type": "DATASET"}, 7], ids=str
)
def test_a_deleted_lineage_facet_says_nothing(entry: Any) -> None:
    raw = _event({"lineage": {"_deleted": True, "entries": [entry]}}, {})
    assert [mention.name for mention in read_event(raw).mentions] == ["report"]
    assert delivered([raw])
