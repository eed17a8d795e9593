"""Marquez's own Python client reads from the registry what OpenLineage events wrote."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from marquez_client import MarquezClient  # type: ignore[import-untyped]
from marquez_client.errors import APIError  # type: ignore[import-untyped]

from tests.integration.openlineage.conftest import URL, dataset, event, events_of, facet, send

_JOBS = "testColumnLevelLineage"
_SELECT = "019127df-0850-72bc-b214-b255290588a6"
_CREATE = "open_lineage_integration_create_table.execute_create_hive_table_as_select_command.default_tbl1"
_OUT = "/tmp/cll_test/tbl1"


@pytest.fixture
def marquez(api: httpx.Client, api_url: str, scenarios: Path) -> MarquezClient:
    for item in events_of(scenarios / "CLL"):
        send(api, item)
    return MarquezClient(url=api_url, timeout_ms=30_000, api_key=os.environ["LINEAGE_TOKEN"])


def test_namespaces_datasets_jobs_and_runs(marquez: MarquezClient) -> None:
    assert _JOBS in {item["name"] for item in marquez.list_namespaces()["namespaces"]}
    assert marquez.get_namespace(_JOBS)["name"] == _JOBS
    found = marquez.get_dataset("file", _OUT)
    assert [(item["name"], item["type"]) for item in found["fields"]] == [
        ("ident", "integer"), ("trans", "string"), ("agg", "long"),
    ]  # fmt: skip
    assert found["currentVersion"] == _SELECT
    assert _OUT in {item["name"] for item in marquez.list_datasets("file")["datasets"]}
    (version,) = marquez.list_dataset_versions("file", _OUT)["versions"]
    assert version["createdByRun"]["id"] == _SELECT
    job = marquez.get_job(_JOBS, _CREATE)
    assert {item["name"] for item in job["inputs"]} == {f"/tmp/cll_test/cll_source{number}" for number in (1, 2)}
    assert [item["name"] for item in job["outputs"]] == [_OUT]
    assert job["latestRun"]["state"] == "COMPLETED"
    assert _CREATE in {item["name"] for item in marquez.list_jobs(_JOBS)["jobs"]}
    assert [item["id"] for item in marquez.list_job_runs(_JOBS, _CREATE)["runs"]] == [_SELECT]
    assert marquez.get_job_run(_SELECT)["durationMs"] == 564


def test_column_lineage(marquez: MarquezClient) -> None:
    graph = marquez.get_column_lineage_by_dataset("file", _OUT)["graph"]
    columns = {item["id"]: item["data"]["inputFields"] for item in graph}
    sources = {(item["dataset"], item["field"]) for item in columns[f"datasetField:file:{_OUT}:agg"]}
    assert sources == {
        ("/tmp/cll_test/cll_source1", "a"), ("/tmp/cll_test/cll_source1", "b"),
        ("/tmp/cll_test/cll_source2", "a"), ("/tmp/cll_test/cll_source2", "c"),
    }  # fmt: skip
    one = marquez.get_column_lineage_by_dataset_field("file", "/tmp/cll_test/cll_source2", "c", with_downstream=True)
    assert {item["id"] for item in one["graph"]} == {
        "datasetField:file:/tmp/cll_test/cll_source2:c", f"datasetField:file:{_OUT}:agg",
    }  # fmt: skip


def test_events_and_what_is_not_there(marquez: MarquezClient, scenarios: Path) -> None:
    found = marquez.list_events()
    sent = sorted(events_of(scenarios / "CLL"), key=lambda item: str(item["eventTime"]))
    assert found["totalCount"] == len(sent)
    assert sorted(found["events"], key=lambda item: str(item["eventTime"])) == sent
    with pytest.raises(APIError):
        marquez.get_dataset("file", "/nothing")


def test_sources_and_tags(marquez: MarquezClient, api: httpx.Client) -> None:
    told = facet(name="warehouse", uri="pg://h:5432/shop")
    labels = facet(tags=[{"key": "pii", "value": "high"}, {"key": "gold"}])
    send(api, event("COMPLETE", 1, outputs=[dataset("o", "1", dataSource=told, tags=labels), dataset("p", "1")]))
    sources = {item["name"]: item for item in marquez.list_sources()["sources"]}
    assert set(sources) == {"file", "file:/tmp/cll_test", "warehouse", "s3://b"}
    assert (sources["warehouse"]["type"], sources["warehouse"]["connectionUrl"]) == ("PG", "pg://h:5432/shop")
    for name in ("o", "p"):
        assert marquez.get_source(marquez.get_dataset("s3://b", name)["sourceName"])["name"] in sources
    assert len(marquez.list_sources(limit=1, offset=1)["sources"]) == 1
    with pytest.raises(APIError):
        marquez.get_source("nothing")
    assert [item["name"] for item in marquez.list_tags()["tags"]] == ["gold", "pii=high"]
    assert [item["name"] for item in marquez.list_tags(limit=1, offset=1)["tags"]] == ["pii=high"]


def test_the_graph_around_a_data_set_with_colons_in_its_names(api: httpx.Client) -> None:
    made, read = dataset("t:a/b", "1", "pg://h:5432"), dataset("c:d", "2", "pg://h:5432")
    send(api, event("COMPLETE", 1, inputs=[read], outputs=[made]))
    send(api, event("COMPLETE", 2, run="r2", inputs=[made], outputs=[dataset("e")]))
    answer = api.get(URL, params={"nodeId": "dataset:pg://h:5432:t:a/b"}).json()
    assert answer["complete"] is True
    nodes = {item["id"]: item for item in answer["graph"]}
    assert list(nodes) == sorted(nodes)
    assert set(nodes) == {"dataset:pg://h:5432:c:d", "dataset:pg://h:5432:t:a/b", "dataset:s3://b:e", "job:jobs:etl"}
    assert nodes["dataset:s3://b:e"]["inEdges"] == [{"origin": "job:jobs:etl", "destination": "dataset:s3://b:e"}]
    behind = api.get("/api/v1/runlineage/upstream", params={"runId": "r2"}).json()["runs"]
    assert [item["run"]["id"] for item in behind] == ["r2", "r1"]
    assert behind[0]["inputs"][0]["producedByRunId"] == "r1"
    assert api.get(URL, params={"nodeId": "dataset:no:such"}).status_code == 404
    assert api.get(URL, params={"nodeId": "nonsense"}).status_code == 400
