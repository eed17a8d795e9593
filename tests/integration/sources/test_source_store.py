"""Who may run a source, and what is kept of its runs: several servers, one database."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from registry.errors import InvalidRequestError, NotFoundError
from registry.graph.database import Database
from registry.sources.file import read_sources
from registry.sources.outcome import Outcome, State, failure
from registry.sources.store import MOST_RUNS, Claim, SourceStore
from tests.integration.sources.conftest import write_list

pytestmark = pytest.mark.neo4j

_DUE = "MATCH (s:ScheduledSource {name: 'a'}) SET s.next_at = 0"
_LET_GO = "MATCH (s:ScheduledSource {name: 'a'}) SET s.held_until = 1"
_UNSEEN = "MATCH (s:ScheduledSource {name: 'a'}) SET s.seen_at = 1"
DONE = Outcome(State.SUCCEEDED, {"created": 3}, "", {"created": 3})
OPTIONS = 'capture = "dbt"\nwhere = "x"\ndo = "sync"\n'


@pytest.fixture
def store(clean_database: Database, tmp_path: Path) -> SourceStore:
    """A store in which the source ``a`` is due."""
    found = SourceStore(clean_database)
    found.register(read_sources(write_list(tmp_path / "s.toml", a=OPTIONS + 'every = "1h"')))
    clean_database.execute_schema(_DUE)
    return found


def claimed(store: SourceStore, holder: str) -> Claim:
    claim = store.claim("a", holder)
    assert claim is not None
    return claim


def test_of_many_servers_one_runs_it(store: SourceStore) -> None:
    claims: list[Claim | None] = []
    start = threading.Barrier(8)

    def try_it(number: int) -> None:
        start.wait()
        claims.append(store.claim("a", f"server-{number}"))

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [claim for claim in claims if claim is not None]
    assert (len(claims), len(won)) == (8, 1)
    assert store.read("a")["running"] == won[0].run
    assert store.due() == []


def test_a_run_whose_server_is_gone_is_told_as_stopped_and_taken_over(store: SourceStore, database: Database) -> None:
    first = claimed(store, "one")
    assert store.claim("a", "two") is None
    database.execute_schema(_LET_GO)
    assert store.due() == ["a"]
    second = claimed(store, "two")
    assert store.run("a", first.run)["state"] == "stopped"
    assert not store.renew(first)
    assert not store.finish(first, DONE, next_at=0, failures=0), "what it found late is not taken for the other's"
    assert store.renew(second)
    assert store.finish(second, DONE, next_at=0, failures=0)
    assert (store.run("a", second.run)["found"], store.read("a")["last"]["run"]) == ({"created": 3}, second.run)


def test_failures_in_a_row_are_counted_until_it_succeeds(store: SourceStore, database: Database) -> None:
    for failures in (1, 2):
        claim = claimed(store, "one")
        assert claim.failures == failures - 1
        store.finish(claim, failure("It broke at https://user:secret@host/."), next_at=0, failures=failures)
    source = store.read("a")
    assert (source["failures"], source["last_success_at"]) == (2, None)
    assert source["last"]["message"] == "It broke at https://host/."
    store.finish(claimed(store, "one"), DONE, next_at=0, failures=0)
    assert (store.read("a")["failures"], store.read("a")["last_success_at"] is not None) == (0, True)


def test_it_is_asked_for_once_until_it_begins(store: SourceStore) -> None:
    claim = claimed(store, "one")
    asked = store.ask("a")
    assert store.ask("a") == asked
    assert store.run("a", asked)["state"] == "waiting"
    assert store.claim("a", "two") is None, "never two at once, not even when asked for"
    store.finish(claim, DONE, next_at=2**52, failures=0)
    assert store.due() == ["a"]
    assert claimed(store, "two").run == asked
    assert store.run("a", asked)["state"] == "running"


def test_a_new_schedule_holds_at_once_and_an_old_one_stays(store: SourceStore, tmp_path: Path) -> None:
    store.finish(claimed(store, "one"), DONE, next_at=2**52, failures=0)
    before = store.read("a")["next_at"]
    store.register(read_sources(write_list(tmp_path / "s.toml", a=OPTIONS + 'every = "1h"')))
    assert store.read("a")["next_at"] == before
    store.register(read_sources(write_list(tmp_path / "s.toml", a=OPTIONS + 'every = "2h"')))
    assert store.read("a")["next_at"] < before


def test_only_so_many_runs_are_kept(store: SourceStore, database: Database) -> None:
    database.execute_schema(
        f"UNWIND range(1, {MOST_RUNS + 20}) AS n "
        "CREATE (:SourceRun {id: 'old-' + n, source: 'a', state: 'succeeded', started_at: n})"
    )
    last = claimed(store, "one")
    store.finish(last, DONE, next_at=0, failures=0)
    runs, total = store.runs("a", limit=2, offset=0)
    assert (total, [run["id"] for run in runs]) == (MOST_RUNS, [last.run, f"old-{MOST_RUNS + 20}"])
    assert "report" not in runs[0]


def test_what_is_on_no_list_any_more_is_said_and_can_be_forgotten(
    store: SourceStore, database: Database, api: httpx.Client
) -> None:
    with pytest.raises(InvalidRequestError, match="on the list"):
        store.forget("a")
    store.finish(claimed(store, "one"), DONE, next_at=0, failures=0)
    database.execute_schema(_UNSEEN)
    assert (store.read("a")["active"], store.read("a")["next_at"]) == (False, None)
    answer = api.post("/api/v1/scheduled-sources/a/runs", json={})
    assert (answer.status_code, "no running server" in answer.json()["detail"].lower()) == (400, True)
    assert api.delete("/api/v1/scheduled-sources/a").json() == {"forgotten": "a"}
    with pytest.raises(NotFoundError):
        store.runs("a", limit=1, offset=0)
    assert database.read_text("MATCH (r:SourceRun) RETURN count(r)")[0][0] == 0


@pytest.mark.parametrize("path", ["/nothing", "/nothing/runs", "/nothing/runs/" + "0" * 32])
def test_what_is_not_there_is_said(api: httpx.Client, clean_database: Database, path: str) -> None:
    answer = api.get(f"/api/v1/scheduled-sources{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_names_and_ids_that_are_none_are_refused(api: httpx.Client, clean_database: Database) -> None:
    for path in ("/A", "/a%20b", "/a/runs/x", "/a/runs?limit=0", "/a/runs?limit=51"):
        assert api.get(f"/api/v1/scheduled-sources{path}").status_code in (400, 422), path
    assert api.get("/api/v1/scheduled-sources").json() == {"sources": []}


def test_a_page_of_another_site_cannot_start_a_run(api: httpx.Client, store: SourceStore) -> None:
    for headers in ({}, {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}):
        answer = api.post("/api/v1/scheduled-sources/a/runs", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert store.read("a")["asked"] is None
