"""Whatever goes wrong in a route leaves it as a problem document, and nothing else leaves with it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from registry.api.logging import RequestLog
from registry.api.problems import UnexpectedErrors, install_problem_handlers
from registry.api.security import SecurityHeaders
from registry.errors import DatabaseUnavailableError, NotFoundError

CANARY = "neo4j://neo4j:kanarienvogel@db.internal"


def application() -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)
    app.add_middleware(UnexpectedErrors)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog)

    @app.get("/known")
    async def known() -> None:
        raise NotFoundError("There is no such thing.", suggestions=["a"])

    @app.get("/away")
    async def away() -> None:
        raise DatabaseUnavailableError("Neo4j does not answer.") from ConnectionError(CANARY)

    @app.get("/unexpected")
    async def unexpected() -> None:
        raise RuntimeError(CANARY)

    @app.get("/numbers/{number}")
    async def numbers(number: int) -> int:
        return number

    return app


def get(path: str, **more: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(application(), raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(more.pop("method", "GET"), path, **more)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/known", "GET", 404, "not-found"),
        ("/away", "GET", 503, "database-unavailable"),
        ("/unexpected", "GET", 500, "internal"),
        ("/numbers/x", "GET", 400, "invalid-request"),
        ("/nowhere", "GET", 404, "not-found"),
        ("/known", "DELETE", 405, "method-not-allowed"),
    ],
)
def test_every_failure_is_a_problem(path: str, method: str, status: int, code: str) -> None:
    response = get(path, method=method)
    problem = response.json()
    assert response.status_code == problem["status"] == status
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["code"] == code
    assert problem["type"] == f"urn:lineage:problem:{code}"
    assert problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "kanarienvogel" not in response.text
    assert "db.internal" not in response.text


def test_details_and_hints_are_kept() -> None:
    assert get("/known").json()["suggestions"] == ["a"]
    assert "lineage status" in get("/away").json()["hint"]
    assert get("/numbers/x").json()["errors"][0]["field"] == "/path/number"


def test_what_passes_says_when_to_come_back() -> None:
    assert get("/away").headers["retry-after"] == "1"
    assert "retry-after" not in get("/unexpected").headers


def test_a_clients_request_id_is_kept_where_it_is_harmless() -> None:
    assert get("/known", headers={"X-Request-ID": "build-42.a"}).headers["x-request-id"] == "build-42.a"
    for bad in ("a b", "x" * 65, "a\tb", '"'):
        assert get("/known", headers={"X-Request-ID": bad}).headers["x-request-id"] != bad
