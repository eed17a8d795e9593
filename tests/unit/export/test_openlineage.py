"""OpenLineage: every event and facet is valid by the specification's own schemas, and what came leaves as it came."""

from __future__ import annotations

import json
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator, FormatChecker
from openlineage.client import event_v2, set_producer
from referencing import Registry, Resource

from registry.export import openlineage
from registry.export.openlineage_datasets import DATA
from registry.export.openlineage_facets import is_facet
from registry.export.subgraph import Subgraph

from .graphs import CAME, RUN_ID, edge, entity, graph, graphs, wine

_OURS = "lineageRegistry_"


@cache
def _registry(folder: Path) -> Registry[Any]:
    documents = [json.loads(path.read_text()) for path in (folder / "openlineage-spec").rglob("*.json")]
    return Registry().with_resources(
        (one["$id"], Resource.from_contents(one)) for one in documents if isinstance(one, dict) and "$id" in one
    )


def _check(folder: Path, value: Any, schema: str) -> None:
    validator = Draft202012Validator({"$ref": schema}, registry=_registry(folder), format_checker=FormatChecker())
    wrong = [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in validator.iter_errors(value)]
    assert wrong == [], schema


def _facets(value: Any) -> list[tuple[str, Any]]:
    found = []
    if isinstance(value, dict):
        for key, child in value.items():
            if key in ("facets", "inputFacets", "outputFacets") and isinstance(child, dict):
                found += list(child.items())
            elif not is_facet(child):
                found += _facets(child)
    elif isinstance(value, list):
        found += [one for child in value for one in _facets(child)]
    return found


def _events(given_: Subgraph, folder: Path) -> list[dict[str, Any]]:
    """The events, held to the standard."""
    events: list[dict[str, Any]] = json.loads(openlineage.write(given_))
    for event in events:
        _check(folder, event, event["schemaURL"])
        for name, facet in _facets(event):
            if facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/"):
                _check(folder, facet, facet["_schemaURL"])
            else:
                assert name.startswith(_OURS) or facet == CAME
    return events


def test_a_run_is_its_events_with_inputs_and_outputs(shared_data: Path) -> None:
    events = _events(wine(), shared_data)
    runs = [event for event in events if "run" in event]
    assert [event["eventType"] for event in runs] == ["START", "COMPLETE"]
    assert {event["run"]["runId"] for event in runs} == {RUN_ID}
    last = runs[-1]
    assert last["eventTime"] == "2026-05-04T11:00:00Z"
    assert (last["job"]["namespace"], last["job"]["name"]) == ("demo", "train")
    assert [one["name"] for one in last["inputs"]] == ["wine-test", "wine"]
    assert [(one["namespace"], one["name"]) for one in last["outputs"]] == [("demo", "ModelVersion:taster")]
    data = last["inputs"][1]
    assert data["facets"]["version"]["datasetVersion"] == "v3"
    assert data["facets"]["schema"]["fields"] == [{"name": "sugar", "type": "double"}]
    (source,) = data["facets"]["columnLineage"]["fields"]["sugar"]["inputFields"]
    assert source == {"namespace": "demo", "name": "raw", "field": "sucre"}
    assert data["facets"]["ownership"]["owners"] == [{"name": "urn:lineage:Team:demo:cellar", "type": "steward"}]
    assert data["inputFacets"]["lineageRegistry_edge"]["attributes"]["role"] == "train"
    assert last["outputs"][0]["facets"]["tags"]["tags"] == [
        {"key": "demo", "value": "true"},
        {"key": "wine", "value": "true"},
    ]


def test_facets_that_came_leave_unchanged(shared_data: Path) -> None:
    last = [event for event in _events(wine(), shared_data) if "run" in event][-1]
    assert last["job"]["facets"]["odd"] == CAME
    data = next(one for one in last["inputs"] if one["name"] == "wine")
    assert data["facets"]["odd"] == CAME
    kept = data["facets"]["lineageRegistry_entity"]["attributes"]
    assert kept["facets"] == {"ours": {"k": 1}}
    assert (kept["rows"], kept["size_bytes"]) == (178, 2**40)


def test_what_was_derived_without_a_run_is_said_too(shared_data: Path) -> None:
    events = [event["dataset"] for event in _events(wine(), shared_data) if "dataset" in event]
    found = {one["name"]: one["facets"].get("lineage", {}).get("inputs", []) for one in events}
    assert [(one["name"], one["type"]) for one in found["wine"]] == [("raw", "DATASET")]
    assert [one["name"] for one in found["ModelVersion:taster"]] == ["ModelVersion:base"]
    assert found["ModelVersion:taster"][0]["lineageRegistry_edge"]["attributes"]["relation"] == "finetune"


def test_every_event_says_how_complete_the_whole_is(shared_data: Path) -> None:
    for event in _events(wine(reasons=("size",)), shared_data):
        about = event.get("run") or event["dataset"]
        told = about["facets"]["lineageRegistry_export"]
        assert (told["complete"], told["reasons"]) == (False, ["size"])
        assert told["left_out"] == {"Alias": 1, "Deployment": 1, "Evaluation": 1}


@pytest.mark.parametrize(
    ("state", "said"),
    [("failed", "FAIL"), ("aborted", "ABORT"), ("running", "RUNNING"), ("unknown", "OTHER"), (None, "OTHER")],
)
def test_states_are_never_better_than_they_were(shared_data: Path, state: str | None, said: str) -> None:
    more: dict[str, Any] = {} if state is None else {"state": state}
    run = entity("Run", "nightly/7", **more)
    (event,) = _events(graph([run], []), shared_data)
    assert event["eventType"] == said
    assert event["run"]["runId"] == str(uuid.uuid5(uuid.NAMESPACE_URL, run.urn))
    assert (event["job"]["namespace"], event["job"]["name"]) == ("demo", "nightly/7")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graphs())
def test_whatever_the_names_events_are_valid(shared_data: Path, given_: Subgraph) -> None:
    events = _events(given_, shared_data)
    assert openlineage.write(given_) == openlineage.write(given_)
    runs = {event["run"]["facets"]["lineageRegistry_entity"]["urn"] for event in events if "run" in event}
    assert runs == {one.urn for one in given_.of_kinds("Run")}
    said = {
        one["facets"]["lineageRegistry_entity"]["urn"]
        for event in events
        for one in [
            *event.get("inputs", []),
            *event.get("outputs", []),
            *([event["dataset"]] if "dataset" in event else []),
        ]
    }
    assert said == {one.urn for one in given_.entities if one.kind in DATA}


def test_the_client_of_the_standard_takes_the_runs() -> None:
    set_producer("https://example.org/test")
    last = [event for event in json.loads(openlineage.write(wine())) if "run" in event][-1]
    run, job = event_v2.Run(last["run"]["runId"]), event_v2.Job(last["job"]["namespace"], last["job"]["name"])
    state = event_v2.RunState(last["eventType"])
    inputs = [event_v2.InputDataset(one["namespace"], one["name"]) for one in last["inputs"]]
    made = event_v2.RunEvent(eventTime=last["eventTime"], run=run, job=job, eventType=state, inputs=inputs)
    assert made.run.runId == RUN_ID


@pytest.mark.parametrize(("run", "named"), [("nightly-7", True), (RUN_ID, False)], ids=["by a word", "by a UUID"])
def test_an_output_that_is_called_by_its_run_keeps_its_name_where_the_run_loses_its_own(
    shared_data: Path, run: str, named: bool
) -> None:
    maker, made = entity("Run", run, depth=0), entity("DatasetVersion", "d", run, depth=0)
    (event,) = [
        one for one in _events(graph([maker, made], [edge(made, "GENERATED_BY", maker)]), shared_data) if "run" in one
    ]
    version = event["outputs"][0]["facets"].get("version", {}).get("datasetVersion", event["run"]["runId"])
    assert version == run
    assert ("version" in event["outputs"][0]["facets"]) is named
