"""The quarantine keeps a stated amount, and says what it leaves out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from registry.graph.database import Database
from registry.quarantine import Quarantine, Refused, store
from tests.integration.openlineage.conftest import URL, dataset, event, facet


def _put(quarantine: Quarantine, number: int) -> str:
    return quarantine.keep([Refused("openlineage", "test", "no", [], b"%d" % number)])[0]


def test_long_names_are_cut_where_they_are_told_and_where_they_are_kept(api: httpx.Client) -> None:
    name = "x" * 50_000
    response = api.post(URL, json=event("START", 1, run_facets={name: 7}))
    problem = response.json()
    assert response.status_code == 422
    assert problem["errors"][0]["field"] == f"/run/facets/{name}"[:300]
    assert len(problem["detail"]) == 300
    (failed,) = api.post(f"{URL}/batch", json=[event("START", 1, run_facets={name: 7})]).json()["failed_events"]
    assert len(failed["reason"]) == 300
    entry = api.get(f"/api/v1/quarantine/{problem['quarantine_id']}").json()
    assert len(entry["errors"][0]["field"]) == len(entry["message"]) == 300
    assert (entry["cut"], len(entry["content"])) == (False, entry["bytes"])


def test_of_a_large_body_the_beginning_is_kept_and_the_entry_says_so(api: httpx.Client) -> None:
    broken: dict[str, Any] = event("START", 1, run_facets={"plan": facet(text="p" * (2 << 20))})
    del broken["eventTime"]
    name = api.post(URL, json=broken).json()["quarantine_id"]
    entry = api.get(f"/api/v1/quarantine/{name}").json()
    assert (entry["cut"], entry["kept_bytes"], len(entry["content"])) == (True, 1 << 20, 1 << 20)
    assert entry["bytes"] > 2 << 20
    again = api.post(f"/api/v1/quarantine/{name}/retry")
    assert (again.status_code, again.json()["code"]) == (400, "invalid-request")
    assert str(1 << 20) in again.json()["detail"]


def test_a_body_that_is_no_json_is_kept_in_the_same_way(api: httpx.Client) -> None:
    name = api.post(URL, content=b"{" * (3 << 20), headers={"content-type": "application/json"}).json()["quarantine_id"]
    entry = api.get(f"/api/v1/quarantine/{name}").json()
    assert (entry["cut"], entry["kept_bytes"], entry["bytes"]) == (True, 1 << 20, 3 << 20)


def test_the_entries_that_came_last_longest_ago_go_first(
    clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_ENTRIES", 3)
    quarantine = Quarantine(clean_database)
    names = [_put(quarantine, number) for number in range(3)]
    _put(quarantine, 0)  # comes again
    names.append(_put(quarantine, 3))
    kept, total = quarantine.find()
    assert total == 3
    assert {item.id for item in kept} == {names[0], names[2], names[3]}


def test_many_at_once_keep_the_bound(clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_ENTRIES", 5)
    quarantine = Quarantine(clean_database)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: _put(quarantine, number), range(60)))
    assert quarantine.find()[1] == 5


def test_dropping_while_others_trim_loses_no_more_than_was_dropped(
    clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_ENTRIES", 5)
    quarantine = Quarantine(clean_database)
    names = [_put(quarantine, number) for number in range(5)]

    def churn(number: int) -> int:
        """One more comes in, or one of the first is dropped: which of them are still there is chance."""
        if number % 4:
            _put(quarantine, 100 + number)
            return 0
        return quarantine.drop([names[number // 4]])

    with ThreadPoolExecutor(8) as threads:
        dropped = sum(threads.map(churn, range(20)))
    assert 5 - dropped <= quarantine.find()[1] <= 5


def test_column_lineage_that_multiplies_is_refused(api: httpx.Client) -> None:
    columns = facet(fields=[{"name": f"c{number}"} for number in range(1_000)])
    filters = facet(dataset=[{"namespace": "n", "name": "o", "field": f"f{number}"} for number in range(1_000)])
    response = api.post(URL, json=event("COMPLETE", 1, outputs=[dataset("o", schema=columns, columnLineage=filters)]))
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["field"] == "/outputs/0/facets/columnLineage"
