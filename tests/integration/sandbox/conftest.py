"""What tests of permission over HTTP share: somebody with certain grants, and the graph outside a sandbox."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from registry.graph.database import Database

Asking = Callable[..., httpx.Client]
_COUNTER = itertools.count()


@pytest.fixture
def somebody(api: httpx.Client, clean_database: Database) -> Iterator[Asking]:
    """A client of a service that holds some grants, each (role, *namespaces)."""
    clients: list[httpx.Client] = []

    def make(name: str, *grants: dict[str, Any], agents: tuple[str, ...] = ()) -> httpx.Client:
        body = {"name": f"{name}-{next(_COUNTER)}", "expires_in": 3600, "grants": list(grants), "agents": list(agents)}
        answer = api.post("/api/v1/service-tokens", json=body)
        assert answer.status_code == 201, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['token']}", "X-Subject": answer.json()["name"]}
        client = httpx.Client(base_url=api.base_url, headers=headers, timeout=60)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def name_of(client: httpx.Client) -> str:
    return client.headers["X-Subject"]


def grant(role: str, *namespaces: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "namespaces": list(namespaces)} | more


def write(client: httpx.Client, *records: dict[str, Any], event_id: str | None = None) -> httpx.Response:
    name = event_id or f"event-{next(_COUNTER)}"
    return client.post(
        "/api/v1/records", json={"event_id": name, "event_time": "2026-01-01T00:00:00Z", "records": list(records)}
    )


_OUTSIDE = """
MATCH (n) WHERE (n:Entity OR n:EntityState) AND NOT n.namespace STARTS WITH 'sandbox:'
RETURN n.urn, n.recorded_from, properties(n) ORDER BY n.urn, n.recorded_from
"""
_EDGES_OUTSIDE = """
MATCH (a:Entity)-[r]->(b:Entity) WHERE NOT a.namespace STARTS WITH 'sandbox:'
RETURN a.urn, type(r), b.urn, properties(r) ORDER BY a.urn, type(r), b.urn, r.key, r.recorded_from
"""
_BESIDE = """
MATCH (n) WHERE n:Finding AND NOT n.urn CONTAINS ':sandbox%3A' OR n:Event AND NOT n.id STARTS WITH 'sandbox:' AND NOT n.id STARTS WITH 'openlineage:'
  OR n:StandingStatement AND NOT n.about CONTAINS ':sandbox%3A' OR n:CapturedEvent AND NOT n.about CONTAINS 'sandbox:'
RETURN labels(n), properties(n) ORDER BY coalesce(n.id, n.key)
"""


def outside(database: Database) -> list[Any]:
    """Everything that is recorded outside sandboxes, to the last property."""
    return [database.read_text(text, {}) for text in (_OUTSIDE, _EDGES_OUTSIDE, _BESIDE)]
