"""A server whose keys are in a key service: it starts only when they work, and lives through an absence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.audit.finding import Found
from registry.audit.publication import Publication
from registry.audit.verification import verify
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import authorization
from tests.integration.api.test_serve import server as serving
from tests.unit.key_services.transit_server import TransitServer, transit_server

KEYS = {"LINEAGE_LEDGER_KEY": "vault:transit/ledger", "LINEAGE_KEY_ENCRYPTION_KEY": "vault:transit/kek"}


@pytest.fixture
def server() -> Iterator[TransitServer]:
    with transit_server() as running:
        yield running


def environment(server: TransitServer, folder: Path) -> dict[str, str]:
    """What a server is told: where the service is, by a file with the token."""
    token = folder / "token"
    token.write_text(server.token)
    places = {"LINEAGE_DATA_DIR": str(folder / "data"), "LINEAGE_LEDGER_PUBLISH_SECONDS": "0.2"}
    return KEYS | places | {"VAULT_ADDR": server.url, "VAULT_TOKEN_FILE": str(token)}


def person(name: str, contact: str) -> dict[str, Any]:
    return {"entity": "Person", "namespace": "demo", "name": name, "attributes": {"contact": contact}}


def write(url: str, event: str, record: dict[str, Any]) -> tuple[int, str | None]:
    answer = httpx.post(
        f"{url}/api/v1/records", json={"event_id": event, "records": [record]}, headers=authorization(), timeout=60
    )
    return answer.status_code, answer.json().get("code")


def trouble(url: str) -> str | None:
    ledger = httpx.get(f"{url}/readyz").json().get("ledger")
    return None if ledger is None else str(ledger["code"])


def until(url: str, wanted: str | None) -> None:
    """Wait until that is what is wrong with the ledger; the time limit of tests ends it else."""
    while trouble(url) != wanted:
        time.sleep(0.1)


@pytest.mark.nightly
def test_a_server_does_not_start_without_its_keys(
    clean_database: Database, settings: Settings, server: TransitServer, tmp_path: Path
) -> None:
    told = environment(server, tmp_path)
    server.stop()
    with serving(settings, **told) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (3, "key-service-unavailable\n")
    assert server.token not in err


@pytest.mark.nightly
def test_a_server_lives_through_an_absence(
    clean_database: Database, settings: Settings, server: TransitServer, tmp_path: Path
) -> None:
    with serving(settings, **environment(server, tmp_path)) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert write(url, "e1", person("ann", "ann@example.org")) == (200, None)
        server.stop()
        assert write(url, "e2", person("ann", "ann@example.com")) == (200, None)
        assert write(url, "e3", {"entity": "Run", "namespace": "demo", "name": "train"}) == (200, None)
        assert write(url, "e4", person("bob", "bob@example.org")) == (503, "key-service-unavailable")
        until(url, "key-service-unavailable")
        server.start()
        until(url, None)
        while (answer := write(url, "e4", person("bob", "bob@example.org"))) == (503, "key-service-unavailable"):
            time.sleep(0.2)  # it is left alone for some seconds
        assert answer == (200, None)
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    for secret in (server.token, "bob@example.org"):
        assert secret not in err
    facts = {"data_dir": tmp_path / "data", "ledger_key": KEYS["LINEAGE_LEDGER_KEY"], "key_encryption_key": None}
    publication = Publication(
        clean_database, Settings.model_validate(settings.model_dump() | facts | server.settings())
    )
    found: list[Found] = []
    report = verify(publication, found.append, lambda *_: None, graph=True)
    assert (found, report.unsigned, report.verified) == ([], 0, True)
