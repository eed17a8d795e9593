"""What events say again and again is written once, and the graph is the one that writing all of it makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_schema.times import now_micros
from registry.capture.openlineage.event import read_event
from registry.capture.openlineage.mapping import IN_FILE, event_records
from registry.graph.database import Database
from registry.intake.taking import Intake, incoming
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer
from tests.conftest import empty
from tests.integration.openlineage.conftest import Graph, dataset, event, facet
from tests.unit.capture.openlineage.outcome import delivered

_SCHEMAS = [
    facet(fields=[{"name": "id", "type": "long"}, {"name": "at", "type": "date", "description": "when"}]),
    facet(fields=[{"name": "at", "type": "text"}, {"name": "id", "type": "long", "description": "key"}]),
    facet(fields=[{"name": "id", "type": "long"}]),
]
_SOURCES = facet(fields={"id": {"inputFields": [{"namespace": "s3://b", "name": "raw", "field": "key"}]}})
_OWNERS = facet(owners=[{"name": "team:data"}])
_SETS = "urn:lineage:Dataset:s3%3A//b:"
_GONE = facet(lifecycleStateChange="DROP")
_MOVED = facet(lifecycleStateChange="RENAME", previousIdentifier={"namespace": "s3://b", "name": "raw"})

_facets = st.fixed_dictionaries(
    {},
    optional={
        "schema": st.sampled_from(_SCHEMAS),
        "documentation": st.sampled_from([facet(description="a"), facet(description="b"), facet(_deleted=True)]),
        "ownership": st.just(_OWNERS),
        "columnLineage": st.just(_SOURCES),
        "lifecycleStateChange": st.sampled_from([_GONE, _MOVED]),
    },
)
_mention = st.tuples(
    st.sampled_from(["in", "out"]), st.sampled_from(["orders", "raw"]), st.sampled_from(["1", None]), _facets
)
_said = st.lists(_mention, min_size=1, max_size=2)
_FIELD = "urn:lineage:Field:s3%3A//b:orders.id"
_by_hand = st.sampled_from(
    [
        {"entity": "Dataset", "urn": f"{_SETS}orders", "op": "amend", "attributes": {"description": "c"}},
        {"entity": "Dataset", "urn": f"{_SETS}orders", "attributes": {"description": "d"}},
        {"entity": "Dataset", "urn": f"{_SETS}orders", "op": "retract"},
        {"entity": "Dataset", "urn": f"{_SETS}raw", "op": "delete"},
        {"entity": "DatasetVersion", "urn": "urn:lineage:DatasetVersion:s3%3A//b:orders:1", "op": "retract"},
        {"entity": "Field", "urn": _FIELD, "op": "retract"},
        {"entity": "Field", "urn": _FIELD, "op": "amend", "attributes": {"description": "e"}},
        {"entity": "Field", "urn": _FIELD, "attributes": {"data_type": "f"}},
        {"edge": "OWNED_BY", "from": f"{_SETS}orders", "to": "urn:lineage:Team:openlineage:data", "op": "retract"},
        {"edge": "DERIVED_FROM", "from": _FIELD, "to": "urn:lineage:Field:s3%3A//b:raw.key", "op": "retract"},
    ]
)
_in_file = _mention.map(lambda mention: ("file", mention))


def _event(second: int, said: list[tuple[str, str, str | None, dict[str, Any]]]) -> dict[str, Any]:
    place: dict[str, list[Any]] = {"inputs": [], "outputs": []}
    for role, name, version, facets in said:
        place["inputs" if role == "in" else "outputs"].append(dataset(name, version, **facets))
    return event("RUNNING", second, run=f"r{second % 3}", **place)


def _write(writer: Writer, documents: list[dict[str, Any]]) -> None:
    reader = BatchReader(Envelope("none", now_micros()))
    for line, document in enumerate(documents, 1):
        reader.add(document, line)
    assert not reader.errors
    writer.write(reader.finish())


def _correction(second: int, record: dict[str, Any]) -> dict[str, Any]:
    source = {"event_id": f"by-hand-{second}", "event_time": f"2026-05-04T12:00:{second:02d}Z", "reason": "wrong"}
    return record | source


def _happened(second: int, item: Any) -> dict[str, Any]:
    """An event that is sent, or what others write: ``records`` of a person, or of an event in a file."""
    if isinstance(item, list):
        return _event(second, item)
    if isinstance(item, tuple):
        return {"records": event_records(read_event(_event(second, [item[1]])), of=IN_FILE)}
    return {"records": [_correction(second, item)]}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.lists(st.one_of(_said, _by_hand, _in_file), min_size=2, max_size=6))
def test_the_graph_is_the_same_as_if_all_of_it_were_written(
    database: Database, settings: Settings, data: st.DataObject, said: list[Any]
) -> None:
    happened = list(enumerate(_happened(second, item) for second, item in enumerate(said)))
    again = data.draw(st.lists(st.sampled_from(happened), max_size=1))
    _compare(database, settings, list(_steps(data, data.draw(st.permutations([*happened, *again])))))


def _compare(database: Database, settings: Settings, steps: list[list[dict[str, Any]]]) -> None:
    writer = Writer(database, settings)
    empty(database)
    intake = Intake(database, writer, settings)
    for step in steps:
        if "eventType" in step[0]:
            assert not any(item.error for item in intake.take([incoming(raw) for raw in step]).events)
        else:
            _write(writer, step[0]["records"])
    found = Graph(database)
    empty(database)
    for number, step in enumerate(steps):
        _write(writer, _in_full(steps[:number], step) if "eventType" in step[0] else step[0]["records"])
    expected = Graph(database)
    assert _named(found) == _named(expected)
    assert found.edges == expected.edges


_PLAIN = ("in", "orders", "1", {"schema": _SCHEMAS[0], "documentation": facet(description="a"), "ownership": _OWNERS})
_LINEAGE = ("out", "orders", "1", {"schema": _SCHEMAS[0], "columnLineage": _SOURCES})
_OTHER = ("out", "orders", "1", {"schema": _SCHEMAS[1], "documentation": facet(description="b")})
_CORRECTIONS: list[dict[str, Any]] = [
    {"entity": "Dataset", "urn": f"{_SETS}orders", "op": "delete"},
    {"entity": "Dataset", "urn": f"{_SETS}orders", "attributes": {"description": "c"}},
    {"entity": "Field", "urn": _FIELD, "op": "retract"},
    {"entity": "Field", "urn": _FIELD, "op": "amend", "attributes": {"description": "e"}},
    {"edge": "OWNED_BY", "from": f"{_SETS}orders", "to": "urn:lineage:Team:openlineage:data", "op": "retract"},
    {"edge": "DERIVED_FROM", "from": _FIELD, "to": "urn:lineage:Field:s3%3A//b:raw.key", "op": "retract"},
]


@pytest.mark.parametrize("correction", _CORRECTIONS, ids=lambda record: "-".join(map(str, list(record.values())[:3:2])))
@pytest.mark.parametrize(
    ("when", "arrival"),
    [
        (20, (1, 20, 2, 30)),  # a late event comes between, and then one that says the same after it
        (5, (1, 10, 5)),  # what was heard is of a later time than the correction
    ],
)
def test_what_others_say_counts_for_its_time(
    database: Database, settings: Settings, correction: dict[str, Any], when: int, arrival: tuple[int, ...]
) -> None:
    steps = [
        [{"records": [_correction(when, correction)]} if second == when else _event(second, [_PLAIN, _LINEAGE])]
        for second in arrival
    ]
    _compare(database, settings, steps)


@pytest.mark.parametrize("last", [_PLAIN, _OTHER])
def test_of_two_wordings_in_one_event_neither_stands(
    database: Database, settings: Settings, last: tuple[str, str, str | None, dict[str, Any]]
) -> None:
    _compare(database, settings, [[_event(1, [_PLAIN, _OTHER])], [_event(3, [last])], [_event(5, [last])]])


def test_an_event_whose_id_somebody_else_has_used_is_taken(database: Database, settings: Settings) -> None:
    raw = _event(1, [_PLAIN])
    empty(database)
    writer = Writer(database, settings)
    name = event_records(read_event(raw))[0]["event_id"]
    _write(writer, [{"entity": "Team", "namespace": "x", "name": "y", "event_id": name}])
    assert not intake_errors(Intake(database, writer, settings), raw)
    assert Graph(database).joined("USED")


def intake_errors(intake: Intake, raw: dict[str, Any]) -> list[Any]:
    return [item.error for item in intake.take([incoming(raw)]).events if item.error]


def _steps(data: st.DataObject, items: list[tuple[int, dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """Events in groups as they may come, and what a person writes alone."""
    waiting: list[dict[str, Any]] = []
    for _, item in items:
        if waiting and ("records" in item or data.draw(st.booleans())):
            yield waiting
            waiting = []
        if "eventType" in item:
            waiting.append(item)
        else:
            yield [item]
    if waiting:
        yield waiting


def _in_full(before: list[list[dict[str, Any]]], step: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything that the events of a step say, after those of the steps before."""
    earlier = [item for done in before for item in done if "eventType" in item]
    return delivered([*earlier, *step])[len(delivered(earlier)) :]


def _named(graph: Graph) -> dict[str, Any]:
    """Nodes but for placeholders that nothing names any more: they stay where what named them came before its end."""
    joined = {urn for _, *ends, _ in graph.edges for urn in ends}
    return {urn: node for urn, node in graph.nodes.items() if urn in joined or not node.get("placeholder")}
