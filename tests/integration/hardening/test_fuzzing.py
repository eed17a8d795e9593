"""Requests made up from the schemas that the server publishes: sound ones, and ones that are wrong in one place.

Whatever comes, the server never fails: it answers, or refuses in its own form. Both as the administrator and as somebody
who may read a little.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.graphql import nodes

from tests.integration.hardening.conftest import urn
from tests.integration.hardening.target import Target

ENDLESS = ("/api/v1/impact/changes",)
"""Streams that are followed until somebody hangs up."""
_LOCKS_OUT = ("/api/v1/keys",)
"""What takes away what the other requests need: tried by the tests of its own."""
_SECONDS = 60.0
_MOST_OF_A_REFUSAL = 40_000
Operation = Any
"""Of schemathesis, generic in what is of no matter here."""
_URNS = [urn("Dataset", "wine"), urn("Run", "train"), urn("ModelVersion", "taster:1"), "urn:lineage:Dataset", "", "x"]
_TIMES = [
    "2026-05-04T12:00:00Z",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "yesterday",
    "",
]
schemathesis.graphql.scalar("URN", st.sampled_from(_URNS).map(nodes.String))
schemathesis.graphql.scalar("DateTime", st.sampled_from(_TIMES).map(nodes.String))
schemathesis.graphql.scalar("JSON", (st.text(max_size=5) | st.just("{}")).map(nodes.String))


@pytest.fixture(scope="module")
def tokens(target: Target) -> dict[str, str]:
    """What each of two callers sends: one who may do anything, one who may read one namespace."""
    grants = [{"role": "reader", "namespaces": ["demo"]}]
    body = {"name": "fuzzing-reader", "expires_in": 86_400, "grants": grants}
    made = target.client.post("/api/v1/service-tokens", json=body)
    assert made.status_code == 201, made.text
    return {"administrator": target.client.headers["authorization"], "reader": f"Bearer {made.json()['token']}"}


def operations(target: Target) -> list[Operation]:
    schema = schemathesis.openapi.from_dict(target.client.get("/openapi.json").json())
    found: list[Operation] = [item.ok() for item in schema.get_all_operations()]  # type: ignore[union-attr]
    return [item for item in found if not item.path.startswith((*ENDLESS, *_LOCKS_OUT))]


def sent(target: Target, token: str, case: Any) -> httpx.Response | None:
    """The answer to a generated request; None for one that no HTTP client can send."""
    url = f"http://127.0.0.1:{target.port}"
    # Made up ones go: who asks is said here.
    case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "authorization"}
    try:
        response = case.call(base_url=url, headers={"Authorization": token}, timeout=_SECONDS, allow_redirects=False)
    except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
        return None
    return httpx.Response(
        response.status_code, headers=[(name, value) for name, values in response.headers.items() for value in values],
        content=response.content,
    )  # fmt: skip


def judge(case: Any, response: httpx.Response) -> None:
    """The server did not fail, and where it refused it did so in its own form."""
    about = f"{case.method} {case.formatted_path} {case.query!r} {case.body!r:.500} -> {response.text[:1_000]}"
    assert response.status_code < 500 or response.status_code == 503, about
    if response.status_code < 400:
        return
    assert len(response.content) <= _MOST_OF_A_REFUSAL, about
    assert "Traceback" not in response.text, about
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/plain"):  # what is no HTTP does not reach the application
        assert response.text == "Invalid HTTP request received.", about
        return
    answer = json.loads(response.text)
    if "errors" in answer and "code" not in answer:
        assert all(item["extensions"]["code"] != "internal" for item in answer["errors"]), about
        return
    assert kind == "application/problem+json", about
    assert {"type", "title", "status", "code", "detail", "request_id"} <= answer.keys(), about
    assert answer["code"] != "internal", about


def fuzz(target: Target, token: str, operation: Operation, mode: GenerationMode, examples: int) -> None:
    """Send so many generated requests."""

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=examples < 50, verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def probe(case: Any) -> None:
        response = sent(target, token, case)
        if response is not None:
            judge(case, response)

    probe()


def fuzz_everything(target: Target, token: str, mode: GenerationMode, examples: int) -> None:
    """Send requests to every operation, and tell of all that failed."""
    failed = []
    place = target.log.stat().st_size
    for operation in operations(target):
        try:
            fuzz(target, token, operation, mode, examples)
        except Unsatisfiable:  # nothing of that kind can be made for it
            continue
        except AssertionError as error:
            failed.append(f"{operation.label}: {str(error)[:1_500]}")
    unexpected = [line[:3_000] for line in target.log.read_text()[place:].splitlines() if "unexpected error" in line]
    assert not failed, "\n\n".join(failed)
    assert not unexpected, "\n\n".join(unexpected[:5])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("who", ["administrator", "reader"])
def test_routes(target: Target, tokens: dict[str, str], who: str, mode: GenerationMode) -> None:
    fuzz_everything(target, tokens[who], mode, examples=1)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("who", ["administrator", "reader"])
def test_routes_for_long(target: Target, tokens: dict[str, str], who: str, mode: GenerationMode) -> None:
    fuzz_everything(target, tokens[who], mode, examples=100)


def fuzz_graphql(target: Target, token: str, examples: int) -> None:
    """Send documents that are made up from the schema, to every field of its root."""
    url = f"http://127.0.0.1:{target.port}/graphql"
    schema = schemathesis.graphql.from_url(url, headers={"Authorization": token})
    for result in schema.get_all_operations():
        operation: Operation = result.ok()  # type: ignore[union-attr]

        @settings(
            max_examples=examples, deadline=None, database=None, derandomize=examples < 50,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def probe(case: Any) -> None:
            response = target.client.post("/graphql", json={"query": case.body}, headers={"Authorization": token})
            assert response.status_code in (200, 400), (case.body, response.text[:2_000])
            codes = {item["extensions"]["code"] for item in response.json().get("errors", ())}
            assert "internal" not in codes, (case.body, response.text[:2_000])

        probe()


@pytest.mark.parametrize("who", ["administrator", "reader"])
def test_documents(target: Target, tokens: dict[str, str], who: str) -> None:
    fuzz_graphql(target, tokens[who], examples=3)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("who", ["administrator", "reader"])
def test_documents_for_long(target: Target, tokens: dict[str, str], who: str) -> None:
    fuzz_graphql(target, tokens[who], examples=200)
