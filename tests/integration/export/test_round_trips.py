"""What came in comes out, and comes in again as the same: OpenLineage over HTTP, CycloneDX by its capture."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import httpx
import networkx as nx
import orjson
import pytest
from spdx_python_model import v3_0_1

from graph_schema.urn import Urn
from registry.capture.registered import offers
from registry.export.openlineage_facets import is_facet
from registry.graph.database import Database
from tests.integration.openlineage import conftest as events_of


def _export(api: httpx.Client, format_: str, urn: str, **more: Any) -> httpx.Response:
    asked: dict[str, Any] = {"format": format_, "urn": urn, "direction": "both"}
    answer = api.get("/api/v1/export", params=asked | more)
    assert answer.status_code == 200, answer.text
    return answer


def _edges(api: httpx.Client, urn: str) -> set[tuple[str, str, str]]:
    read: Any = nx.read_graphml(io.BytesIO(_export(api, "graphml", urn).content), force_multigraph=True)
    return {(below, above, data["relation"]) for below, above, data in read.edges(data=True)}


def _post(api: httpx.Client, events: list[Any]) -> None:
    answer = api.post("/api/v1/lineage/batch", json=events)
    assert answer.status_code in (200, 201), answer.text
    assert answer.json().get("status", "success") == "success", answer.text


def _datasets(events: list[Any], side: str) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for event in events:
        for one in event.get(side, []):
            found.setdefault((one["namespace"], one["name"]), {}).update(one.get("facets", {}))
    return found


@pytest.mark.parametrize(
    "scenario", ["CLL", "spark_dataproc_simple_producer_test", pytest.param("airflow", marks=pytest.mark.nightly)]
)
def test_openlineage_goes_round(api: httpx.Client, clean_database: Database, shared_data: Path, scenario: str) -> None:
    folder = shared_data / "openlineage-compatibility" / "scenarios" / scenario / "events"
    sent = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    _post(api, sent)
    for run_id in sorted({event["run"]["runId"] for event in sent}):
        of_run = [event for event in sent if event["run"]["runId"] == run_id]
        urn = f"urn:lineage:Run:{_part(of_run[0]['job']['namespace'])}:{run_id}"
        edges = _edges(api, urn)
        events = _export(api, "openlineage", urn).json()
        came = [event for event in events if event.get("run", {}).get("runId") == run_id]
        assert {(event["job"]["namespace"], event["job"]["name"]) for event in came} == {
            (event["job"]["namespace"], event["job"]["name"]) for event in of_run
        }
        for side in ("inputs", "outputs"):
            given, got = _datasets(of_run, side), _datasets(came, side)
            assert set(got) == set(given)
            for name, facets in given.items():
                _same_facets(facets, got[name])
        _post(api, events)
        assert _edges(api, urn) == edges, "the same events again lead to the same lineage"


def _part(text: str) -> str:
    return str(Urn.of("Job", text, "x")).removeprefix("urn:lineage:Job:").removesuffix(":x")


def _same_facets(given: dict[str, Any], got: dict[str, Any]) -> None:
    """Facets that we have no place of our own for are the same; columns and their sources say the same."""
    for name, facet in given.items():
        if not is_facet(facet):
            continue
        if name == "schema":
            fields = [(one["name"], one.get("type")) for one in facet.get("fields") or []]
            assert [(one["name"], one.get("type")) for one in got.get("schema", {}).get("fields", [])] == fields
        elif name not in ("columnLineage", "version", "symlinks", "ownership", "documentation", "lifecycleStateChange"):
            assert got[name] == facet, name


def test_cyclonedx_goes_round(api: httpx.Client, clean_database: Database, shared_data: Path, tmp_path: Path) -> None:
    capture = offers()["cyclonedx"].load()
    source = shared_data / "cyclonedx" / "valid-machine-learning-1.7.json"
    (given,) = json.loads(source.read_text())["components"]
    names = _take(api, capture, source)
    model = next(name for name in names if ":ModelVersion:" in name)
    edges = _edges(api, model)
    answer = _export(api, "cyclonedx", model)
    made = next(one for one in answer.json()["components"] if one["bom-ref"] == model)
    for key in ("type", "publisher", "group", "name", "version", "description"):
        assert made[key] == given[key]
    for key in ("quantitativeAnalysis", "considerations"):
        assert made["modelCard"][key] == given["modelCard"][key]
    again = tmp_path / "again.cdx.json"
    again.write_bytes(answer.content)
    assert model in _take(api, capture, again, own="yes")
    assert _edges(api, model) >= edges


def test_what_facets_say_comes_back_where_they_have_a_place_of_their_own(
    api: httpx.Client, clean_database: Database
) -> None:
    """As far as all of it has: the sort of a symlink, for example, has none."""
    run = "0190c3f2-5d0e-7c37-9a4e-0d9a1b2c3d4e"
    source = {"namespace": "s3://b", "name": "raw", "field": "c"}
    made = events_of.dataset(
        "clean", "v1",
        schema=events_of.facet(fields=[{"name": "a", "type": "int", "description": "d"}, {"name": "b", "type": "text"}]),
        columnLineage=events_of.facet(fields={"a": {"inputFields": [source]}}),
        symlinks=events_of.facet(identifiers=[{"namespace": "hive", "name": "db.t", "type": "symlink"}]),
        ownership=events_of.facet(owners=[{"name": "team:x", "type": "MAINTAINER"}, {"name": "user:ann"}]),
        documentation=events_of.facet(description="doc"), tags=events_of.facet(tags=[{"key": "k", "value": "v"}, {"key": "l", "value": "true"}]),
        storage=events_of.facet(storageLayer="delta", fileFormat="parquet"),
    )  # fmt: skip
    made["outputFacets"] = {"outputStatistics": events_of.facet(rowCount=3, size=30, fileCount=1)}
    read = events_of.dataset("raw", "v9")
    assertions = [{"assertion": "not_null", "success": True, "column": "c"}]
    read["inputFacets"] = {
        "dataQualityAssertions": events_of.facet(assertions=assertions),
        "dataQualityMetrics": events_of.facet(rowCount=4, columnMetrics={"c": {"nullCount": 0}}),
        "inputStatistics": events_of.facet(rowCount=4, size=9, fileCount=2),
    }
    of_run = {
        "processing_engine": events_of.facet(version="3.5", name="spark", openlineageAdapterVersion="1"),
        "environmentVariables": events_of.facet(environmentVariables=[{"name": "A", "value": "B"}]),
        "executionParameters": events_of.facet(parameters=[{"key": "p", "name": "p", "value": "1"}]),
        "nominalTime": events_of.facet(nominalStartTime="2026-05-04T12:00:00Z"),
        "tags": events_of.facet(tags=[{"key": "a", "value": "b"}]),
    }
    of_job = {
        "sql": events_of.facet(query="SELECT 1"), "documentation": events_of.facet(description="j"),
        "ownership": events_of.facet(owners=[{"name": "team:j"}]),
    }  # fmt: skip
    sent = events_of.event("COMPLETE", 9, run=run, inputs=[read], outputs=[made], run_facets=of_run, job_facets=of_job)
    _post(api, [sent])
    urn = f"urn:lineage:Run:jobs:{run}"
    edges, events = _edges(api, urn), _export(api, "openlineage", urn).json()
    (came,) = [one for one in events if one.get("run", {}).get("runId") == run]
    pairs = [(of_run, came["run"]["facets"]), (of_job, came["job"]["facets"])]
    for side, part in (("inputs", "inputFacets"), ("outputs", "outputFacets")):
        (given,), (got,) = sent[side], [one for one in came[side] if one["name"] in ("raw", "clean")]
        pairs += [(given["facets"], got["facets"]), (given[part], got[part])]
    for given, got in pairs:
        for name, said in given.items():
            assert _said(got[name]) == _said(said), name
    _post(api, events)
    assert _edges(api, urn) == edges


def _said(value: dict[str, Any]) -> dict[str, Any]:
    """A facet without who says it; owners are in no order."""
    told = {name: item for name, item in value.items() if not name.startswith("_")}
    return told | ({"owners": sorted(told["owners"], key=str)} if "owners" in told else {})


@pytest.mark.parametrize(
    ("name", "start"), [("ai-example02", ":ModelVersion:"), ("dataset-example01", ":DatasetVersion:")]
)
def test_spdx_goes_round(
    api: httpx.Client, clean_database: Database, shared_data: Path, tmp_path: Path, name: str, start: str
) -> None:
    capture = offers()["spdx"].load()
    source = shared_data / "spdx" / f"{name}.json"
    given = {one["spdxId"]: one for one in json.loads(source.read_text())["@graph"] if "spdxId" in one}
    begin = sorted(one for one in _take(api, capture, source) if start in one)[0]
    edges = _edges(api, begin)
    content = _export(api, "spdx", begin).content
    v3_0_1.JSONLDDeserializer().read(io.BytesIO(content), v3_0_1.SHACLObjectSet())
    made = [one for one in json.loads(content)["@graph"] if one.get("type") in _SPDX_TYPES]
    assert made
    states = {one["subject"]: json.loads(one["statement"]) for one in json.loads(content)["@graph"] if "subject" in one}
    for one in made:
        came = given.get(states[one["spdxId"]]["attributes"].get("external_id", ""))
        for key, value in (came or {}).items():
            assert key in _SPDX_REFERENCES or one[key] == value
    assert any(states[one["spdxId"]]["attributes"].get("external_id") in given for one in made)
    again = tmp_path / "again.spdx.json"
    again.write_bytes(content)
    assert begin in _take(api, capture, again, own="yes")
    assert _edges(api, begin) >= edges


_SPDX_TYPES = ("ai_AIPackage", "dataset_DatasetPackage", "software_Package", "software_File", "build_Build")
_SPDX_REFERENCES = ("spdxId", "creationInfo", "originatedBy", "suppliedBy")


def _take(api: httpx.Client, capture: Any, source: Path, **options: str) -> set[str]:
    records = [one for one in capture.read(str(source), options) if isinstance(one, dict)]
    body = b"".join(orjson.dumps(one) + b"\n" for one in records)
    answer = api.post("/api/v1/records", content=body, headers={"content-type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    return {one["urn"] for one in records if "entity" in one}
