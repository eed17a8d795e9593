"""Health, metrics, pages and the description of the routes."""

from __future__ import annotations

import re

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from registry.graph.database import Database
from registry.settings import Settings


def test_health(api: httpx.Client) -> None:
    assert api.get("/healthz").json() == {"status": "ok"}
    ready = api.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


def test_metrics_name_routes_never_paths(api: httpx.Client) -> None:
    api.get("/api/v1/events/some-secret-event-name")
    api.get("/nowhere/secret-path")
    api.post("/graphql", json={"query": "{ nothing }"})
    response = api.get("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(response.text)}
    labels = [sample.labels for sample in families["lineage_http_requests"].samples]
    assert {"method": "POST", "route": "/graphql", "status": "400"} in labels
    assert {"method": "GET", "route": "unmatched", "status": "404"} in labels
    assert "lineage_http_request_seconds" in families
    assert "lineage_query_seconds" in families
    assert any(name.startswith("process_") for name in families)
    assert "secret" not in response.text


def test_every_route_is_described(api: httpx.Client) -> None:
    document = api.get("/openapi.json").json()
    assert document["info"]["description"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), (method, path)
            assert operation.get("description"), (method, path)


@pytest.mark.parametrize("path", ["/graphql", "/docs"])
def test_pages_ask_no_other_site(api: httpx.Client, path: str) -> None:
    page = api.get(path, params={"query": "{ x }"}, headers={"accept": "text/html,*/*"})
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assets = re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', page.text)
    assert assets
    for asset in assets:
        assert "//" not in asset
        answer = api.get(f"/{asset}")
        assert answer.status_code == 200, asset
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "{ x }" not in page.text  # filled in by the page, so nothing of the address is echoed


def test_the_small_page_stands_in_for_graphiql(settings: Settings, database: Database, tmp_path: object) -> None:
    from registry.api.pages import query_page

    page = query_page(settings.model_copy(update={"cache_dir": tmp_path}))
    assert b"query.js" in page.body
    assert b"graphiql" not in page.body


@pytest.mark.parametrize(
    "name", ["nothing.js", "../app.py", "..%2f..%2fsettings.py", "%2e%2e/settings.py", "graphiql.html"]
)
def test_only_known_assets_are_served(api: httpx.Client, name: str) -> None:
    assert api.get(f"/graphql/assets/{name}").status_code == 404
