"""Whoever sends one wrong token after another is not looked up any more; who came in before still is."""

from __future__ import annotations

from fastapi.testclient import TestClient

from registry.api.app import create_app
from registry.api.failed_attempts import FailedAttempts
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import authorization
from tests.integration.hardening.target import refused

ASKED = {"query": "{ __typename }"}


def test_guessing(settings: Settings, database: Database) -> None:
    app = create_app(settings, database)
    app.state.failed_attempts = FailedAttempts(5)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.post("/graphql", json=ASKED, headers=authorization()).status_code == 200
        for number in range(5):
            wrong = {"Authorization": f"Bearer wrong-{number}"}
            refused(client.post("/graphql", json=ASKED, headers=wrong), 401, "unauthenticated")
        for document in (ASKED, {"query": "{ " + " ".join(f"a{i}: __typename" for i in range(30)) + " }"}):
            told = client.post("/graphql", json=document, headers={"Authorization": "Bearer wrong-again"})
            refused(told, 429, "too-many-attempts")
            assert told.headers["retry-after"]
        assert client.post("/graphql", json=ASKED, headers=authorization()).status_code == 200
        assert client.get("/healthz").status_code == 200
        refused(client.post("/graphql", json=ASKED), 401, "unauthenticated")
