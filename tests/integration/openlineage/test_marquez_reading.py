"""Answers in Marquez's form: counted right, honest about where they end, exact about which run and which version."""

from __future__ import annotations

from typing import Any

import httpx
import neo4j
import pytest

from registry.intake import raw_events
from registry.marquez import questions, reading
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
    monkeypatch.setattr(reading, "MOST_NODES", 2)
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


_NAMED = {
    name: text
    for name, text in vars(questions).items()
    if isinstance(text, str) and name.isupper() and not name.startswith("_") and ("$urn" in text or "$name}" in text)
}
_VALUES = {"urn": "u", "urns": ["u"], "name": "n", "version": None, "open": 0, "limit": 1, "offset": 0}


@pytest.mark.usefixtures("chain")
def test_what_is_asked_by_name_scans_no_label(neo4j_server: Any) -> None:
    assert len(_NAMED) == 14
    auth = None if neo4j_server.password is None else (neo4j_server.username, neo4j_server.password)
    with (
        neo4j.GraphDatabase.driver(neo4j_server.uri, auth=auth) as driver,
        driver.session(database=neo4j_server.database) as session,
    ):
        for name, text in _NAMED.items():
            summary = session.run(f"EXPLAIN {text}", _VALUES).consume()
            assert "Scan" not in str(summary.plan), name
