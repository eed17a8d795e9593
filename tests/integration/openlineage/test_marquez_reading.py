"""Answers in Marquez's form: counted right, honest about where they end, exact about which run and which version."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import neo4j
import pytest

from queries import marquez as questions
from registry.intake import raw_events
from registry.marquez import around
from tests.integration.openlineage.conftest import URL, dataset, event, facet, send

_COLUMNS = "/api/v1/column-lineage"
_BEHIND = "/api/v1/runlineage/upstream"


def _columns(source: str) -> dict[str, Any]:
    item = {"namespace": "s3://b", "name": source, "field": "x"}
    return {"columnLineage": facet(fields={"x": {"inputFields": [item]}}), "schema": facet(fields=[{"name": "x"}])}


@pytest.fixture
def chain(api: httpx.Client) -> None:
    """a, b, c and d, each made from the one before by a run of a job of its own, and column x with them."""
    for second, (source, made) in enumerate([("a", "b"), ("b", "c"), ("c", "d")]):
        said = event(
            "COMPLETE", second, run=f"r{made}", inputs=[dataset(source, f"r{source}")],
            outputs=[dataset(made, **_columns(source))],
        )  # fmt: skip
        send(api, said | {"job": {"namespace": "jobs", "name": made}})


def test_lists_count_all_that_there_is(api: httpx.Client) -> None:
    for number in range(3):
        send(api, event("COMPLETE", number, run=f"r{number}", outputs=[dataset("o", f"v{number}")]))
    for path, part in (("s3:%2F%2Fb/datasets/o/versions", "versions"), ("jobs/jobs/etl/runs", "runs")):
        for offset, shown in ((0, 1), (2, 1), (3, 0)):
            page = api.get(f"/api/v1/namespaces/{path}", params={"limit": 1, "offset": offset}).json()
            assert (len(page[part]), page["totalCount"]) == (shown, 3), (path, offset)


def _asked(api: httpx.Client, path: str, **params: Any) -> tuple[int, bool]:
    answer = api.get(path, params=params).json()
    return len(answer["graph"] if "graph" in answer else answer["runs"]), answer["complete"]


@pytest.mark.usefixtures("chain")
def test_complete_is_false_where_depth_cuts(api: httpx.Client) -> None:
    lineage = [_asked(api, URL, nodeId="dataset:s3://b:d", depth=depth) for depth in (0, 1, 5, 6)]
    assert lineage == [(1, False), (2, False), (6, False), (7, True)]
    columns = [_asked(api, _COLUMNS, nodeId="dataset:s3://b:d", depth=depth) for depth in (0, 1, 2, 3)]
    assert columns == [(1, False), (2, False), (3, False), (4, True)]
    runs = [_asked(api, _BEHIND, runId="rd", depth=depth) for depth in (0, 1, 2)]
    assert runs == [(1, False), (2, False), (3, True)]


@pytest.mark.usefixtures("chain")
def test_complete_is_false_where_size_cuts(api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(around, "MOST_NODES", 2)
    assert _asked(api, URL, nodeId="dataset:s3://b:d") == (2, False)
    assert _asked(api, _COLUMNS, nodeId="dataset:s3://b:d") == (2, False)
    assert _asked(api, _BEHIND, runId="rd") == (2, False)


def test_a_sign_in_a_name_is_no_version(api: httpx.Client) -> None:
    send(api, event("COMPLETE", 1, outputs=[dataset("a#b", "1", **_columns("o")), dataset("plain", "1")]))
    nodes = api.get(URL, params={"nodeId": "dataset:s3://b:a#b"}).json()["graph"]
    assert "dataset:s3://b:a#b" in {node["id"] for node in nodes}
    assert api.get(_COLUMNS, params={"nodeId": "datasetField:s3://b:a#b:x"}).status_code == 200
    for name in ("dataset:s3://b:plain#1", "dataset:s3://b:a#b#1"):
        for path in (URL, _COLUMNS):
            refused = api.get(path, params={"nodeId": name})
            assert (refused.status_code, refused.json()["code"]) == (400, "invalid-request")
            assert "version" in refused.json()["detail"]
    assert api.get(URL, params={"nodeId": "dataset:s3://b:none#1"}).status_code == 404


def test_runs_are_told_apart_by_their_namespace_and_slices_lead_on(api: httpx.Client) -> None:
    condition = {"inputCondition": {"type": "location", "locations": ["p=1"]}}
    send(api, event("COMPLETE", 1, run="same", inputs=[dataset("mine", "1")], outputs=[dataset("m", "1")]))
    other = event("COMPLETE", 2, run="same", inputs=[dataset("theirs", "1")], outputs=[dataset("t", "1")])
    send(api, other | {"job": {"namespace": "elsewhere", "name": "etl"}})
    send(api, event("COMPLETE", 3, run="last", inputs=[dataset("m", "1", subset=facet(**condition))]))
    answer = api.get(_BEHIND, params={"runId": "last"}).json()
    assert [(run["job"]["namespace"], run["run"]["id"]) for run in answer["runs"]] == [
        ("jobs", "last"),
        ("jobs", "same"),
    ]
    assert answer["runs"][0]["inputs"] == [
        {"namespace": "s3://b", "name": "m", "version": "1", "producedByRunId": "same"}
    ]
    assert [item["name"] for item in answer["runs"][1]["inputs"]] == ["mine"]
    assert answer["complete"] is True


def test_events_are_told_up_to_a_size(api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = [event("RUNNING", second, run_facets={"plan": facet(text="p" * 1_000)}) for second in range(5)]
    for one in sent:
        send(api, one)
    whole = api.get("/api/v1/events/lineage", params={"sortDirection": "asc"}).json()
    assert (whole["events"], whole["complete"], whole["totalCount"]) == (sent, True, 5)
    monkeypatch.setattr(raw_events, "MOST_BYTES", 3_500)
    part = api.get("/api/v1/events/lineage", params={"sortDirection": "asc"}).json()
    assert (part["events"], part["complete"], part["totalCount"]) == (sent[:2], False, 5)
    assert len(part["about"]) == 2
    monkeypatch.setattr(raw_events, "MOST_BYTES", 1)
    rest = api.get("/api/v1/events/lineage", params={"sortDirection": "asc", "offset": 4}).json()
    assert (rest["events"], rest["complete"]) == (sent[4:], True)


_VALUES = {
    "urn": "u", "urns": ["u"], "name": "n", "namespace": "n", "version": None, "open": 0, "limit": 1, "offset": 0,
}  # fmt: skip


@pytest.mark.usefixtures("chain")
def test_lists_of_a_namespace_come_from_an_index_in_its_order(neo4j_server: Any) -> None:
    asked = {query.name.partition("/")[2]: query.text for query in questions.QUERIES}
    auth = None if neo4j_server.password is None else (neo4j_server.username, neo4j_server.password)
    with (
        neo4j.GraphDatabase.driver(neo4j_server.uri, auth=auth) as driver,
        driver.session(database=neo4j_server.database) as session,
    ):
        for name in ("datasets", "jobs"):
            plan = session.run(f"EXPLAIN {asked[name]}", _VALUES).consume().plan
            steps = _main_steps(plan)
            assert "NodeIndexSeek@neo4j" in steps, name
            assert not {"Sort@neo4j", "Top@neo4j"} & set(steps), name


def _main_steps(plan: Any) -> list[str]:
    """The operators that a row of the question itself goes through, without its subqueries."""
    return [plan["operatorType"], *(_main_steps(plan["children"][0]) if plan.get("children") else ())]


def test_a_namespace_is_answered_by_its_name_alone(api: httpx.Client) -> None:
    send(api, event("COMPLETE", 1, outputs=[dataset("o", "1", "pg://h:5432")]))
    for name in ("pg://h:5432", "jobs"):
        found = api.get(f"/api/v1/namespaces/{quote(name, safe='')}").json()
        assert (found["name"], found["createdAt"][:10]) == (name, "2026-05-04")
    assert api.get("/api/v1/namespaces/nothing").status_code == 404


def test_an_answer_sees_the_write_that_its_bookmark_stands_for(api: httpx.Client) -> None:
    sent = api.post(URL, json=event("COMPLETE", 1, outputs=[dataset("o", "1")]))
    headers = {"Lineage-Bookmark": sent.headers["Lineage-Bookmark"]}
    assert api.get("/api/v1/jobs/runs/r1", headers=headers).json()["state"] == "COMPLETED"
    refused = api.get("/api/v1/jobs/runs/r1", headers={"Lineage-Bookmark": "no bookmark"})
    assert refused.status_code == 400


def test_a_run_names_the_versions_that_it_read_and_made(api: httpx.Client) -> None:
    condition = {"inputCondition": {"type": "location", "locations": ["p=1"]}}
    inputs = [dataset("a", "1"), dataset("b", "2", subset=facet(**condition)), dataset("c")]
    send(api, event("COMPLETE", 1, inputs=inputs, outputs=[dataset("o", "3")]))
    (listed,) = api.get("/api/v1/namespaces/jobs/jobs/etl/runs").json()["runs"]
    run = api.get("/api/v1/jobs/runs/r1").json()
    assert run == listed
    assert [(item["name"], item["version"]) for item in run["inputVersions"]] == [("a", "1"), ("b", "2")]
    assert run["outputVersions"] == [{"namespace": "s3://b", "name": "o", "version": "3"}]


def test_a_version_of_a_data_set_has_its_own_columns_and_its_run(api: httpx.Client) -> None:
    for number, names in ((1, "ab"), (2, "abc")):
        schema = facet(fields=[{"name": name, "type": "int"} for name in names])
        made = dataset("o", f"v{number}", schema=schema)
        send(api, event("COMPLETE", number, run=f"r{number}", outputs=[made]))
    path = "/api/v1/namespaces/s3:%2F%2Fb/datasets/o/versions"
    found = {item["version"]: item for item in api.get(path).json()["versions"]}
    assert {name: [column["name"] for column in item["fields"]] for name, item in found.items()} == {
        "v1": ["a", "b"], "v2": ["a", "b", "c"],
    }  # fmt: skip
    assert found["v1"]["createdByRun"]["id"] == "r1"
    assert found["v1"]["createdByRun"]["state"] == "COMPLETED"
    assert found["v2"]["id"] == {"namespace": "s3://b", "name": "o", "version": "v2"}
    assert api.get(f"{path}/v1").json() == found["v1"]
    assert api.get(f"{path}/v3").status_code == 404


def test_a_job_has_the_version_that_its_inputs_and_outputs_make(api: httpx.Client) -> None:
    path = "/api/v1/namespaces/jobs/jobs/etl"
    seen = []
    for number, name in ((1, "a"), (2, "a"), (3, "b")):
        send(api, event("COMPLETE", number, run=f"r{number}", outputs=[dataset(name, f"v{number}")]))
        (version,) = api.get(f"{path}/versions").json()["versions"]
        assert api.get(path).json()["currentVersion"] == version["version"]
        assert api.get(f"{path}/versions/{version['version']}").json() == version
        seen.append(version["version"])
    assert seen[0] == seen[1] != seen[2]
    assert api.get(f"{path}/versions/{seen[0]}").status_code == 404


def test_facets_of_a_run_and_of_its_job(api: httpx.Client) -> None:
    said = event("COMPLETE", 1, run_facets={"x": facet(y=1)}, job_facets={"z": facet(w=2)})
    send(api, said)
    path = "/api/v1/jobs/runs/r1/facets"
    assert api.get(path).json()["facets"]["x"]["y"] == 1
    assert api.get(path, params={"type": "job"}).json()["facets"]["z"]["w"] == 2
    assert api.get(path, params={"type": "dataset"}).status_code == 400


def test_search_finds_data_sets_and_jobs_by_words(api: httpx.Client) -> None:
    send(api, event("COMPLETE", 1, inputs=[dataset("etl_b")], outputs=[dataset("etl_a", "1"), dataset("o", "1")]))

    def names(**asked: Any) -> list[str]:
        answer = api.get("/api/v1/search/", params=asked)
        assert answer.status_code == 200, answer.text
        assert answer.json()["totalCount"] >= len(answer.json()["results"])
        return [item["nodeId"] for item in answer.json()["results"]]

    everything = ["job:jobs:etl", "dataset:s3://b:etl_a", "dataset:s3://b:etl_b"]
    assert names(q="etl") == names(q="ET%") == names(q="_etl_", sort="NAME") == everything
    assert names(q="etl", filter="dataset") == names(q="etl", filter="DATASET") == everything[1:]
    assert names(q="etl", filter="JOB", sort="UPDATE_AT") == everything[:1]
    assert names(q="etl", namespace="jobs") == everything[:1]
    assert names(q="%") == names(q="") == names(q="nothing") == names(q="etl", limit=0) == []
    for wrong in ({"q": "x", "filter": "run"}, {"q": "x", "sort": "size"}, {}):
        assert api.get("/api/v1/search", params=wrong).status_code == 400, wrong
