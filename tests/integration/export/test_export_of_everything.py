"""Exports without a walk: everything of a namespace or of the registry, of one state, and honest where it is cut."""

from __future__ import annotations

import io
from typing import Any

import httpx
import networkx as nx
import pytest

from registry.graph.database import Database

PATH = "/api/v1/export"
COUNT = 620
"""More than a page of a list."""


def _version(number: int, namespace: str = "t") -> str:
    return f"urn:lineage:DatasetVersion:{namespace}:d{number:03d}:v1"


@pytest.fixture
def written(api: httpx.Client, clean_database: Database) -> str:
    records: list[dict[str, Any]] = [{"entity": "DatasetVersion", "urn": _version(number)} for number in range(COUNT)]
    records += [
        {"edge": "DERIVED_FROM", "from": _version(number), "to": _version(number - 1)} for number in range(1, COUNT)
    ]
    records += [{"edge": "DERIVED_FROM", "from": _version(0), "to": _version(7, "elsewhere")}]
    answer = api.post("/api/v1/records", json={"event_id": "everything", "producer": "test", "records": records})
    assert answer.status_code == 200, answer.text
    recorded_at: str = answer.json()["recorded_at"]
    return recorded_at


def _read(api: httpx.Client, **more: Any) -> tuple[httpx.Response, Any]:
    answer = api.get(PATH, params={"format": "graphml"} | more)
    assert answer.status_code == 200, answer.text
    return answer, nx.read_graphml(io.BytesIO(answer.content), force_multigraph=True)


def test_a_namespace_comes_whole_with_what_it_leads_to(api: httpx.Client, written: str) -> None:
    answer, read = _read(api, namespace="t")
    assert (answer.headers["lineage-complete"], answer.headers["lineage-known-at"]) == ("true", written)
    listed = {urn for urn, data in read.nodes(data=True) if "depth" in data}
    assert listed == {_version(number) for number in range(COUNT)} | {
        _version(number).replace("Version", "").removesuffix(":v1") for number in range(COUNT)
    }
    assert set(read.nodes) - listed == {_version(7, "elsewhere")}
    derived = [data["walked"] for *_, data in read.edges(data=True) if data["relation"] == "DERIVED_FROM"]
    assert (len(derived), derived.count(False)) == (COUNT, 1)


def test_everything_is_everything(api: httpx.Client, written: str) -> None:
    answer, read = _read(api, everything=True, kinds="DatasetVersion")
    assert {urn for urn, data in read.nodes(data=True) if "depth" in data} == {
        *(_version(number) for number in range(COUNT)), _version(7, "elsewhere"),
    }  # fmt: skip
    assert answer.headers["content-disposition"] == 'attachment; filename="lineage.everything.graphml"'


def test_it_is_of_the_asked_time_and_says_where_it_is_cut(api: httpx.Client, written: str) -> None:
    late = {"entity": "DatasetVersion", "urn": _version(999)}
    api.post("/api/v1/records", json={"event_id": "late", "producer": "test", "records": [late]}).raise_for_status()
    assert _version(999) in _read(api, namespace="t")[1].nodes
    assert _version(999) not in _read(api, namespace="t", known_at=written)[1].nodes
    answer, read = _read(api, namespace="t", limit=510)
    assert (answer.headers["lineage-complete"], answer.headers["lineage-reasons"]) == ("false", "size")
    assert len([urn for urn, data in read.nodes(data=True) if "depth" in data]) == 510
    refused = api.get(PATH, params={"format": "graphml", "namespace": "t", "limit": 510, "complete": True})
    assert refused.json()["code"] == "incomplete-export"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "invalid-request"),
        ({"namespace": "t", "everything": True}, "invalid-request"),
        ({"namespace": "t", "urn": _version(1)}, "invalid-request"),
        ({"namespace": "no such"}, "not-found"),
        ({"namespace": "t", "kinds": "Nothing"}, "invalid-request"),
        ({"namespace": "t", "known_at": "1999-01-01T00:00:00Z"}, "not-found"),
    ],
)
def test_bad_questions_are_refused(api: httpx.Client, written: str, more: dict[str, Any], code: str) -> None:
    assert api.get(PATH, params={"format": "graphml"} | more).json()["code"] == code
