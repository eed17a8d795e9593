"""A server in production: the schema is not told, and only the documents of a list are run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from graphql import get_introspection_query

from registry.api.app import create_app
from registry.errors import ConfigurationError
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import authorization
from tests.integration.hardening.target import refused

KNOWN, OTHER = "{ search { totalCount } }", "{ search { totalCount  } }"
MANIFEST = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": "count", "name": "Count", "type": "query", "body": KNOWN}],
}


@contextmanager
def serving(settings: Settings, database: Database, **more: Any) -> Iterator[TestClient]:
    app = create_app(settings.model_copy(update=more), database)
    with TestClient(app, base_url="http://127.0.0.1", headers=authorization()) as client:
        yield client


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { types { name } } }", '{ __type(name: "Query") { name } }', "{ a: __schema { description } }",
        "{ ...F } fragment F on Query { __schema { description } }", "{ ... on Query { ... { __schema { description } } } }",
        "query A { search { totalCount } } query B { __schema { description } }", get_introspection_query(),
        "{ search { totalCount } } fragment F on Query { __schema { description } }",
    ],
)  # fmt: skip
def test_the_schema_is_not_told(settings: Settings, database: Database, document: str) -> None:
    with serving(settings, database, graphql_explore=False) as client:
        refused(client.post("/graphql", json={"query": document, "operationName": None}), 400, "invalid-document")


def test_nothing_is_suggested_and_there_is_no_page(settings: Settings, database: Database) -> None:
    with serving(settings, database, graphql_explore=False) as client:
        for document in ("{ serch { totalCount } }", "{ search { totalCont } }", "{ search(frist: 1) { totalCount } }"):
            response = client.post("/graphql", json={"query": document})
            refused(response, 400, "invalid-document")
            assert "Did you mean" not in response.text
        page = client.get("/graphql", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (405, "application/json")
        assert client.post("/graphql", json={"query": "{ __typename }"}).json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("listed", [{"count": KNOWN}, MANIFEST], ids=["by id", "manifest"])
def test_only_what_is_listed_is_run(settings: Settings, database: Database, tmp_path: Path, listed: Any) -> None:
    path, digest = tmp_path / "documents.json", sha256(KNOWN.encode()).hexdigest()
    path.write_text(json.dumps(listed), encoding="utf-8")
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    unknown = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    runs: list[dict[str, Any]] = [
        {"query": KNOWN}, {"documentId": "count"}, {"documentId": f"sha256:{digest}"}, {"extensions": persisted},
        {"query": KNOWN, "extensions": persisted},
    ]  # fmt: skip
    refusals: list[dict[str, Any]] = [
        {"query": OTHER}, {"query": "{ __typename }"}, {"query": ""}, {}, {"documentId": "other"}, {"documentId": ""},
        {"extensions": unknown}, {"query": KNOWN, "extensions": unknown}, {"query": OTHER, "extensions": persisted},
        {"query": OTHER, "documentId": "count"}, {"extensions": {"persistedQuery": []}}, {"extensions": {"persistedQuery": {"sha256Hash": 5}}},
    ]  # fmt: skip
    with serving(settings, database, graphql_allow_list_file=path) as client:
        for body in runs:
            response = client.post("/graphql", json=body)
            assert response.status_code == 200, (body, response.text)
            assert response.json()["data"]["search"]["totalCount"] >= 0
        for body in refusals:
            refused(client.post("/graphql", json=body), 400, "document-not-allowed")
        told = client.post("/graphql", json={"query": OTHER}).json()["errors"][0]["extensions"]
        assert told["sha256"] == sha256(OTHER.encode()).hexdigest()


@pytest.mark.parametrize(
    "content", ["", "[]", "5", '{"a": 5}', '{"a": {"b": "c"}}', '{"a": "{ a }", "a": "{ b }"}', '{"format": "apollo-persisted-query-manifest"}']
)  # fmt: skip
def test_a_list_that_cannot_be_used_stops_the_start(
    settings: Settings, database: Database, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "documents.json"
    path.write_text(content, encoding="utf-8")
    for where in (path, tmp_path / "nowhere.json"):
        with pytest.raises(ConfigurationError, match=r"documents\.json|nowhere\.json"):
            create_app(settings.model_copy(update={"graphql_allow_list_file": where}), database)
