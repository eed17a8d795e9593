"""Every route and every field says what it needs, and nobody gets past that: found by itself, whatever is added."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from registry.api.access import check_declared, declared_routes, needs
from registry.api.graphql.access import declared_permission, enforce_permissions, root_fields
from registry.api.graphql.schema import build_schema
from registry.permission.role import Permission
from tests.integration.identity.conftest import House

PUBLIC = {
    ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/graphql"), ("GET", "/docs"), ("GET", "/openapi.json"),
    ("GET", "/graphql/assets/{name}"), ("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/sign-in/ways"),
    ("GET", "/sign-in/start"), ("GET", "/sign-in/callback"), ("POST", "/sign-out"),
}  # fmt: skip
"""All that somebody may ask without a credential. Whoever adds a line here lets everybody in there."""

ROLES = ("reader", "contributor", "approver", "auditor")
GRANTED = {
    "reader": {"read", "export"},
    "contributor": {"read", "export", "write"},
    "approver": {"read", "export", "approve", "write"},  # there are kinds that only approvers write
    "auditor": {"read", "export", "read-sensitive", "audit"},
}


def paths(app: FastAPI) -> list[tuple[str, str, Permission]]:
    found = []
    for route in declared_routes(app):
        assert route.needed is not None, route.path
        found += [(method, route.path, route.needed.permission) for method in route.methods]
    return found


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "0" * 32, path)


def asked(client: httpx.Client, method: str, path: str) -> httpx.Response:
    return client.request(method, filled(path), json={} if method in ("POST", "PUT", "PATCH") else None)


def code_of(answer: httpx.Response) -> str | None:
    """The code of the error that an answer is; GraphQL has its own form of errors."""
    said = answer.json()
    code: str | None = said["errors"][0]["extensions"]["code"] if answer.url.path == "/graphql" else said.get("code")
    return code


def test_every_route_declares_what_it_needs(house: House) -> None:
    found = {(method, path) for method, path, _ in paths(house.app)}
    described = {(method.upper(), path) for path, methods in house.app.openapi()["paths"].items() for method in methods}
    missing = {(method, re.sub(r":path\}", "}", path)) for method, path in found}
    assert described <= missing, "what is described is served by a route that was found"
    assert {(method, path) for method, path, needed in paths(house.app) if needed is Permission.PUBLIC} == PUBLIC


def test_a_route_without_a_declaration_is_not_served(house: House) -> None:
    app = FastAPI()
    app.router.routes.clear()

    async def forgotten() -> None: ...

    app.add_api_route("/forgotten", forgotten)
    with pytest.raises(RuntimeError, match="/forgotten"):
        check_declared(app)
    plain = FastAPI(openapi_url=None)
    plain.router.routes.append(Route("/plain", forgotten))
    with pytest.raises(RuntimeError, match="/plain"):
        check_declared(plain)
    needs(Permission.READ)(forgotten)
    check_declared(plain)


def test_nobody_gets_anywhere_without_a_credential(house: House) -> None:
    with house.client() as nobody:
        for method, path, needed in paths(house.app):
            if needed is Permission.PUBLIC:
                continue
            answer = asked(nobody, method, path)
            assert (answer.status_code, code_of(answer)) == (401, "unauthenticated"), (method, path)
            assert answer.headers["www-authenticate"] == 'Bearer realm="lineage"'


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_what_it_may_not_do_and_nothing_else(house: House, role: str) -> None:
    token = house.service(f"{role}-of-routes", {"role": role, "namespaces": ["*"]})
    wrong = []
    with house.client(token) as client:
        for method, path, needed in paths(house.app):
            if needed is Permission.PUBLIC or path == "/api/v1/impact/changes":
                continue
            answer = asked(client, method, path)
            allowed = needed is Permission.SIGNED_IN or needed.value in GRANTED[role]
            code = code_of(answer) if answer.status_code in (401, 403) else None
            if (code == "permission-denied") is allowed or code == "unauthenticated":
                wrong.append((method, path, needed.value, answer.status_code))
    assert wrong == []


def test_somebody_without_any_grant_may_say_who_they_are_and_no_more(house: House) -> None:
    with house.client(house.provider.issue("bob")) as client:
        for method, path, needed in paths(house.app):
            if needed in (Permission.PUBLIC, Permission.SIGNED_IN):
                continue
            answer = asked(client, method, path)
            assert (answer.status_code, code_of(answer)) == (403, "permission-denied"), (method, path)
        answer = client.post("/graphql", json={"query": "{ search { totalCount } }"})
        assert (answer.json()["data"], answer.json()["errors"][0]["extensions"]["code"]) == (None, "permission-denied")


def test_every_root_field_declares_what_it_needs() -> None:
    schema = build_schema()._schema
    found = dict(root_fields(schema))
    assert {"Query.impact", "Query.search", "Query.vocabulary"} <= set(found)
    assert len(found) == sum(
        len(root.fields) for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root
    )
    assert all(declared_permission(field) is not None for field in found.values())
    for field in found.values():
        field.extensions.clear()
        with pytest.raises(RuntimeError, match="declared permission"):
            enforce_permissions(schema)
        break


def arguments(field: Any) -> str:
    """Values for the arguments that a field needs."""
    made = []
    for name, argument in field.args.items():
        kind = str(argument.type)
        if kind.endswith("!") and argument.default_value.__class__.__name__ == "UndefinedType":
            value = '"urn:lineage:Dataset:demo:wine"' if "URN" in kind else '"x"'
            made.append(f"{name}: {value}")
    return f"({', '.join(made)})" if made else ""


@pytest.mark.parametrize("granted", [None, *ROLES])
def test_every_root_field_is_refused_to_who_may_not_ask_it(house: House, granted: str | None) -> None:
    token = (
        house.provider.issue("bob")
        if granted is None
        else house.service(f"{granted}-of-fields", {"role": granted, "namespaces": ["*"]})
    )
    allowed = {"signed-in"} | GRANTED.get(granted or "", set())
    with house.client(token) as client:
        for name, field in root_fields(build_schema()._schema):
            selection = "" if "Int" in str(field.type) or "Boolean" in str(field.type) else "{ __typename }"
            document = f"{{ {name.partition('.')[2]}{arguments(field)} {selection} }}"
            answer = client.post("/graphql", json={"query": document}).json()
            codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
            needed = declared_permission(field)
            assert needed is not None
            assert ("permission-denied" in codes) is (needed.value not in allowed), (name, granted, answer)
            assert "invalid-document" not in codes, answer


def test_a_field_is_refused_under_any_name_and_through_fragments(house: House) -> None:
    documents = [
        "{ a: scheduledSources { name } b: vocabulary { kinds { name } } }",
        "query Q { ...F } fragment F on Query { scheduledSources { name } }",
        "query Q { ... on Query { x: scheduledSources { name } } }",
        "query Q($no: Boolean = true) { scheduledSources @include(if: $no) { name } }",
    ]
    with house.client(house.provider.issue("bob")) as client:
        for document in documents:
            answer = client.post("/graphql", json={"query": document}).json()
            assert answer["errors"][0]["extensions"]["code"] == "permission-denied"
            assert answer["data"] is None


def test_the_metrics_are_the_administrators_unless_a_setting_opens_them(house: House) -> None:
    with house.administrator() as administrator, house.client() as nobody:
        assert administrator.get("/metrics").status_code == 200
        assert nobody.get("/metrics").status_code == 401
        house.app.state.settings = house.app.state.settings.model_copy(update={"metrics_public": True})
        try:
            assert nobody.get("/metrics").status_code == 200
        finally:
            house.app.state.settings = house.app.state.settings.model_copy(update={"metrics_public": False})
