"""What events say again and again is written once, and the graph is the one that writing all of it makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_schema.times import now_micros
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
_said = st.tuples(
    st.sampled_from(["in", "out"]), st.sampled_from(["orders", "raw"]), st.sampled_from(["1", None]), _facets
)
_by_hand = st.sampled_from(
    [
        {"entity": "Dataset", "urn": f"{_SETS}orders", "op": "amend", "attributes": {"description": "c"}},
        {"entity": "Dataset", "urn": f"{_SETS}orders", "op": "retract"},
        {"entity": "Dataset", "urn": f"{_SETS}raw", "op": "delete"},
        {"entity": "DatasetVersion", "urn": "urn:lineage:DatasetVersion:s3%3A//b:orders:1", "op": "retract"},
    ]
)


def _event(second: int, said: tuple[str, str, str | None, dict[str, Any]]) -> dict[str, Any]:
    role, name, version, facets = said
    place = {"inputs" if role == "in" else "outputs": [dataset(name, version, **facets)]}
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


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.lists(st.one_of(_said, _by_hand), min_size=2, max_size=6))
def test_the_graph_is_the_same_as_if_all_of_it_were_written(
    database: Database, settings: Settings, data: st.DataObject, said: list[Any]
) -> None:
    happened = [
        (second, _correction(second, item) if isinstance(item, dict) else _event(second, item))
        for second, item in enumerate(said)
    ]
    steps = list(_steps(data, data.draw(st.permutations(happened))))
    writer = Writer(database, settings)
    empty(database)
    intake = Intake(database, writer, settings)
    for step in steps:
        if "eventType" in step[0]:
            assert not any(item.error for item in intake.take([incoming(raw) for raw in step]).events)
        else:
            _write(writer, step)
    found = Graph(database)
    empty(database)
    for number, step in enumerate(steps):
        _write(writer, step if "eventType" not in step[0] else _in_full(steps[:number], step))
    expected = Graph(database)
    assert _named(found) == _named(expected)
    assert found.edges == expected.edges


def _steps(data: st.DataObject, items: list[tuple[int, dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """Events in groups as they may come, and what a person writes alone."""
    waiting: list[dict[str, Any]] = []
    for _, item in items:
        if waiting and ("eventType" not in item or data.draw(st.booleans())):
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
