"""Secrets and sensitive values are planted, everything is made to fail, and nothing of them comes out anywhere."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from registry.api.app import create_app
from registry.api.logging import configure_logging
from registry.errors import RegistryError
from registry.export.formats import FORMATS
from registry.graph.database import Database
from registry.secrecy.key_encryption import KeySource, new_key_text
from registry.secrecy.vault import Vault
from registry.settings import Settings, load_settings
from tests.conftest import authorization
from tests.integration.secrecy.conftest import stored_anywhere

CANARY = "canary7f3a"
PASSWORD = f"{CANARY}/p@ss:word"
LEAKY = f"cannot reach neo4j://reader:{PASSWORD}@db.example.org:7687 password={CANARY} Bearer {CANARY}{CANARY}"
PERSON = {"entity": "Person", "namespace": "demo", "name": "ann", "attributes": {"contact": f"{CANARY}@example.org"}}


@contextmanager
def logged(settings: Settings) -> Iterator[io.StringIO]:
    """All that a server with these settings logs, down to debug."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging(settings.model_copy(update={"log_level": "debug", "log_format": "json"}))
    text = io.StringIO()
    root.handlers[0].setStream(text)  # type: ignore[attr-defined]
    try:
        yield text
    finally:
        root.handlers, root.level = handlers, level


@contextmanager
def client_of(settings: Settings, database: Database) -> Iterator[TestClient]:
    with TestClient(
        create_app(settings, database), base_url="http://127.0.0.1", raise_server_exceptions=False
    ) as client:
        client.headers.update(authorization())
        yield client


def assert_silent(text: str, *also: str) -> None:
    for secret in (CANARY, *also):
        assert secret not in text, text[max(0, text.index(secret) - 300) :][:700]


def test_exceptions_of_any_layer_show_nothing(
    clean_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError(LEAKY)

    with logged(settings) as log, client_of(settings, clean_database) as client:
        monkeypatch.setattr("registry.lineage.entity.read_entities", fail)
        monkeypatch.setattr("registry.secrecy.key_list.list_keys", fail)
        monkeypatch.setattr("registry.api.rest.keys.list_keys", fail)
        monkeypatch.setattr("registry.writer.transaction.write_entities", fail)
        bodies = [
            client.post("/graphql", json={"query": '{ entity(urn: "urn:lineage:Person:demo:ann") { title } }'}),
            client.get("/api/v1/keys"),
            client.post("/api/v1/records", json={"event_id": "one", "records": [PERSON]}),
        ]
        assert {body.status_code for body in bodies} <= {200, 500}
        for body in bodies:
            assert_silent(body.text, PASSWORD)
    assert "unexpected error" in log.getvalue() or "RuntimeError" in log.getvalue()
    assert log.getvalue().count("***") >= 3, "what was thrown is in the log, but for its secrets"
    assert_silent(log.getvalue(), PASSWORD)


def test_bad_input_is_not_told_back_where_it_is_sensitive(clean_database: Database, settings: Settings) -> None:
    labelled = settings.model_copy(update={"sensitive_fields": "Dataset.description,Dataset.facets.note"})
    told: list[str] = []
    with logged(labelled) as log, client_of(labelled, clean_database) as client:
        dataset = {"entity": "Dataset", "namespace": "demo", "name": "orders"}
        for attributes in (
            {"description": [CANARY]}, {"description": CANARY, "modality": 7}, {"facets": {"note": CANARY}, "tags": "x"},
        ):  # fmt: skip
            for mode in ("atomic", "per-item"):
                bad = {"event_id": f"bad-{len(told)}", "records": [dataset | {"attributes": attributes}]}
                told.append(client.post("/api/v1/records", json=bad, params={"mode": mode}).text)
        told.append(
            client.post(
                "/api/v1/records",
                json={"event_id": "b", "records": [PERSON | {"attributes": {"contact": {"a": CANARY}}}]},
            ).text
        )
        told.append(client.get("/api/v1/quarantine").text)
        told.append(
            client.post("/api/v1/records", content=f'{{"{CANARY}": ', headers={"Content-Type": "application/json"}).text
        )
    for text in told:
        assert_silent(text)
    assert_silent(log.getvalue())
    assert not stored_anywhere(clean_database, CANARY)


def test_exports_and_lists_have_nothing_of_it(clean_database: Database, settings: Settings) -> None:
    version = {
        "entity": "DatasetVersion",
        "namespace": "demo",
        "name": "orders",
        "version": "v1",
        "owners": ["urn:lineage:Person:demo:ann"],
    }
    with client_of(settings, clean_database) as client:
        assert client.post("/api/v1/records", json={"event_id": "one", "records": [PERSON, version]}).status_code == 200
        asked = 0
        for name in FORMATS:
            for urn in ("urn:lineage:DatasetVersion:demo:orders:v1", "urn:lineage:Person:demo:ann"):
                answer = client.get("/api/v1/export", params={"urn": urn, "format": name})
                asked += answer.status_code == 200
                assert CANARY.encode() not in answer.content
        assert asked
        for path in (
            "/api/v1/schemas",
            "/openapi.json",
            "/metrics",
            "/api/v1/namespaces",
            "/readyz",
            "/api/v1/audit/entries",
        ):
            assert_silent(client.get(path).text)


def test_a_database_that_is_down_or_refuses_tells_no_password(settings: Settings, clean_database: Database) -> None:
    down = settings.model_copy(update={"neo4j_uri": "bolt://127.0.0.1:1", "neo4j_password": None})
    refusing = settings.model_copy(update={"neo4j_username": "nobody-here"})
    for mine in (down, refusing):
        secret = Settings.model_validate(
            mine.model_dump() | {"neo4j_password": PASSWORD, "ledger_key": f"PRIVATE+KEY+{CANARY}"}
        )
        with logged(secret) as log, Database.from_settings(secret) as database:
            with pytest.raises(RegistryError) as caught:
                database.verify()
            assert_silent(caught.value.diagnostics(), PASSWORD)
            logging.getLogger("canary").error(LEAKY, exc_info=caught.value)
            logging.getLogger("canary").error("key %s", f"PRIVATE+KEY+{CANARY}+x")
        assert_silent(log.getvalue(), PASSWORD)


@pytest.mark.parametrize(
    "name", ["NEO4J_URI", "LINEAGE_PORT", "LINEAGE_KEY_ENCRYPTION_KEY", "LINEAGE_SENSITIVE_FIELDS"]
)
def test_settings_that_cannot_be_used_are_named_without_their_value(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    value = f"neo4j://reader:{CANARY}@db.example.org" if name == "NEO4J_URI" else CANARY
    monkeypatch.setenv(name, value)
    with pytest.raises(RegistryError) as caught:
        _use_settings()
    if name != "LINEAGE_SENSITIVE_FIELDS":  # names of fields are no secrets
        assert_silent(caught.value.diagnostics())
    assert name.removeprefix("LINEAGE_").split("_")[0].lower() in caught.value.diagnostics().lower().replace("-", "_")


def _use_settings() -> None:
    settings = load_settings()
    Vault(settings)
    KeySource(settings).find()


def test_no_secret_is_in_a_dump_of_the_settings(tmp_path: Path) -> None:
    key = new_key_text()
    file = tmp_path / "key"
    file.write_text(key)
    settings = Settings.model_validate(
        {"neo4j_password": PASSWORD, "ledger_key": CANARY, "key_encryption_key_file": file, "key_encryption_key": key}
    )
    for shown in (
        repr(settings),
        str(settings),
        str(settings.model_dump()),
        settings.model_dump_json(),
        f"{settings.__dict__}",
    ):
        assert_silent(shown, PASSWORD, key)


def test_wrong_credentials_are_not_told_back(clean_database: Database, settings: Settings) -> None:
    with logged(settings) as log, client_of(settings, clean_database) as client:
        for header in (f"Bearer {CANARY}{CANARY}", f"Basic {CANARY}", CANARY):
            answer = client.get("/api/v1/keys", headers={"Authorization": header})
            assert answer.status_code == 401
            assert_silent(answer.text)
            assert_silent(str(dict(answer.headers)))
        client.get(f"/api/v1/keys?token={CANARY}")
    assert_silent(log.getvalue())
