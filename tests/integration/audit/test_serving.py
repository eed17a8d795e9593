"""Servers keep the ledger: two of one database share it, and when they stop everything is signed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from registry.audit.finding import Found
from registry.audit.publication import Publication
from registry.audit.verification import verify
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import authorization
from tests.integration.api.test_serve import server


@pytest.mark.nightly
def test_two_servers_keep_one_ledger_and_sign_all_of_it_when_they_stop(
    clean_database: Database, ledger_settings: Settings
) -> None:
    folder = {"LINEAGE_LEDGER_DIR": str(ledger_settings.ledger_dir), "LINEAGE_LEDGER_PUBLISH_SECONDS": "0.2"}
    with server(ledger_settings, **folder) as one, server(ledger_settings, **folder) as two:
        assert one.stdout is not None
        assert two.stdout is not None
        urls = [one.stdout.readline().strip(), two.stdout.readline().strip()]

        def write(number: int) -> int:
            body = {
                "event_id": f"event-{number}",
                "records": [
                    {
                        "entity": "Run",
                        "namespace": "demo",
                        "name": f"train-{number % 7}",
                        "attributes": {"title": str(number)},
                    }
                ],
            }
            headers = {"content-type": "application/json"} | authorization()
            url = f"{urls[number % 2]}/api/v1/records"
            return httpx.post(url, content=json.dumps(body), headers=headers, timeout=60).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(write, range(60))) == {200}
        for process in (one, two):
            process.terminate()
            process.communicate(timeout=60)
            assert process.returncode == 0
    publication = Publication(clean_database, ledger_settings)
    head = publication.stored.head()
    signed = publication.log().checkpoint()
    assert signed is not None
    assert signed.checkpoint.size == head.frontier.size
    found: list[Found] = []
    report = verify(publication, found.append, lambda *_: None, graph=True)
    assert found == []
    assert report.unsigned == 0
