"""A bad record names its line, its field and the rule, and never becomes part of a batch."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.times import parse_time
from registry.records import Batch, RecordError
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope

NOW = parse_time("2026-06-01T00:00:00Z")
VERSION = {"entity": "DatasetVersion", "namespace": "t", "name": "wine", "version": "v1"}
RUN, DATA = "urn:lineage:Run:t:r1", "urn:lineage:DatasetVersion:t:wine:v1"
USED = {"edge": "USED", "from": RUN, "to": DATA}


def read(*raw: Any) -> tuple[Batch, list[RecordError]]:
    reader = BatchReader(Envelope("e1", NOW))
    for line, record in enumerate(raw, start=1):
        # As it comes over the wire: whole numbers beyond 64 bits are read as floats there.
        reader.add(orjson.loads(json.dumps(record)), line)
    return reader.finish(), reader.errors


@pytest.mark.parametrize(
    ("record", "field", "rule"),
    [
        ("text", "", "type"),
        ([], "", "type"),
        (None, "", "type"),
        ({}, "", "required"),
        ({**VERSION, "edge": "USED"}, "", "required"),
        ({**VERSION, "entity": "DatasetVersoin"}, "/entity", "unknown-kind"),
        ({**VERSION, "entity": 7}, "/entity", "unknown-kind"),
        ({**USED, "edge": "USES"}, "/edge", "unknown-relation"),
        ({**USED, "edge": "MAY_BE"}, "/edge", "unknown-relation"),
        ({"entity": "DatasetVersion", "namespace": "t", "name": "wine"}, "", "required"),
        ({**VERSION, "rows": 3}, "", "unknown-field"),
        ({**VERSION, "attributes": {"rowz": 3}}, "/attributes", "unknown-field"),
        ({**VERSION, "attributes": {"rows": "many"}}, "/attributes/rows", "type"),
        ({**VERSION, "attributes": {"rows": -1}}, "/attributes/rows", "range"),
        ({**VERSION, "attributes": {"rows": 2**70}}, "/attributes/rows", "range"),
        ({**VERSION, "attributes": {"rows": None}}, "/attributes/rows", "type"),
        ({**VERSION, "attributes": {"digest": "md5"}}, "/attributes/digest", "pattern"),
        ({**VERSION, "attributes": {"description": "a\x00b"}}, "/attributes/description", "pattern"),
        ({**VERSION, "attributes": {"lifecycle": "dead"}}, "/attributes/lifecycle", "value"),
        ({**VERSION, "attributes": {"created_at": "yesterday"}}, "/attributes/created_at", "format"),
        ({**VERSION, "attributes": {"created_at": "2026-01-01T00:00:00"}}, "/attributes/created_at", "format"),
        ({**VERSION, "name": "a\x00b"}, "/name", "pattern"),
        ({**VERSION, "name": ""}, "/name", "length"),
        ({**VERSION, "name": "x" * 2000}, "/name", "length"),
        ({**VERSION, "name": " x"}, "", "urn"),
        ({**VERSION, "urn": "urn:lineage:DatasetVersion:t:wine:v2"}, "/urn", "urn"),
        ({"entity": "DatasetVersion", "urn": "urn:lineage:Dataset:t:wine"}, "/urn", "urn"),
        ({"entity": "DatasetVersion", "urn": "urn:lineage:DatasetVersion:t:wine:%"}, "/urn", "urn"),
        ({**VERSION, "op": "amend"}, "", "required"),
        ({**VERSION, "op": "explode"}, "/op", "value"),
        ({**VERSION, "event_time": "2099-01-01T00:00:00Z"}, "/event_time", "future"),
        ({**VERSION, "event_time": "0000-01-01T00:00:00Z"}, "/event_time", "format"),
        ({**VERSION, "true_from": "2026-02-01T00:00:00Z", "true_to": "2026-01-01T00:00:00Z"}, "/true_to", "interval"),
        ({**VERSION, "owners": ["urn:lineage:Dataset:t:x"]}, "/owners/0", "edge-ends"),
        ({**USED, "to": "urn:lineage:Dataset:t"}, "/to", "urn"),
        ({**USED, "to": {"kind": "DatasetVersion", "namespace": "t", "name": "x"}}, "/to", "urn"),
        ({**USED, "from": DATA, "to": RUN}, "", "edge-ends"),
        ({**USED, "attributes": {"role": "lunch"}}, "/attributes/role", "value"),
        ({**USED, "confidence": 1.5}, "/confidence", "range"),
        ({**USED, "to": "urn:lineage:Dataset:t:wine", "version_is": "exact"}, "/version_is", "version-is"),
        ({"edge": "SAME_AS", "from": RUN, "to": RUN, "attributes": {}}, "/attributes", "required"),
    ],
)
def test_each_bad_record_says_what_is_wrong(record: Any, field: str, rule: str) -> None:
    batch, errors = read(VERSION, record)
    assert len(batch.records) == 1
    assert (2, field, rule) in {(item.line, item.field, item.rule) for item in errors}
    assert all(item.message for item in errors)


def test_a_near_miss_is_suggested() -> None:
    _, errors = read({**VERSION, "entity": "DatasetVersoin"})
    assert "did you mean DatasetVersion" in errors[0].message


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*VERSION, *USED, "urn", "attributes", "op", "owners", "event_time"]), _JSON))
def test_no_json_makes_reading_fail(raw: dict[str, Any]) -> None:
    batch, errors = read(raw)
    assert bool(errors) != bool(batch.records)


@given(st.dictionaries(st.sampled_from(["rows", "digest", "facets", "tags", "created_at", "description"]), _JSON))
def test_no_attribute_makes_reading_fail(attributes: dict[str, Any]) -> None:
    batch, errors = read({**VERSION, "attributes": attributes})
    assert bool(errors) != bool(batch.records)
