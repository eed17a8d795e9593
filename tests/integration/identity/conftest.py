"""A server that takes tokens of a local identity provider, and clients of it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from registry.api.app import create_app
from registry.graph.database import Database
from registry.identity.local_provider import Client, Provider, User, serve_provider
from registry.settings import Settings
from tests.conftest import authorization

AUDIENCE = "lineage"
CLIENT_ID = "lineage-browser"
SECRET = "the client's secret: it has : and % in it"
ALICE, BOB = User("alice", ("data",)), User("bob")


@dataclass(frozen=True, slots=True)
class House:
    """A registry, its identity provider, and ways in."""

    url: str
    app: FastAPI
    provider: Provider

    def client(self, token: str | None = None, **more: Any) -> httpx.Client:
        """A client with that token; without one, nobody."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return httpx.Client(base_url=self.url, timeout=60, headers=headers, **more)

    def administrator(self) -> httpx.Client:
        """A client of the administrator."""
        return httpx.Client(base_url=self.url, timeout=60, headers=authorization())

    def service(self, name: str, *grants: dict[str, Any], seconds: int = 600) -> str:
        """A token for a service with these grants."""
        body = {"name": name, "expires_in": seconds, "grants": list(grants)}
        with self.administrator() as client:
            answer = client.post("/api/v1/service-tokens", json=body)
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token


@pytest.fixture(scope="module")
def house(settings: Settings, database: Database) -> Iterator[House]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = Client(CLIENT_ID, (f"{url}/sign-in/callback",), SECRET)
        provider = Provider([ALICE, BOB], [client], audience=AUDIENCE)
        with serve_provider(provider) as issuer:
            facts = {
                "oidc_issuer": issuer,
                "oidc_audience": AUDIENCE,
                "oidc_client_id": CLIENT_ID,
                "oidc_client_secret": SECRET,
            }
            own = Settings.model_validate(settings.model_dump(exclude_unset=True) | facts)
            app = create_app(own, database)
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="warning"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            assert until(lambda: server.started)
            yield House(url, app, provider)
            server.should_exit = True
            thread.join(30)


def until(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true within a time that no healthy machine needs."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
