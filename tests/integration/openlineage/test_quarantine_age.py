"""The quarantine forgets what came last longer ago than the settings say, without anybody's asking."""

from __future__ import annotations

import httpx

from graph_schema.times import now_micros
from registry.graph.database import Database
from registry.quarantine import Quarantine, Refused

_DAY = 86_400_000_000
_AGE = "MATCH (q:Quarantined {id: $id}) SET q.last_received_at = $at RETURN q.id"
_ALL = "MATCH (q:Quarantined) RETURN collect(q.id)"


def _put(quarantine: Quarantine, content: bytes, days_ago: float, database: Database) -> str:
    (name,) = quarantine.keep([Refused("listed", "test", "no", [], content)])
    at = now_micros() - int(days_ago * _DAY)
    database.write(lambda tx: tx.run(_AGE, id=name, at=at).consume())
    return name


def test_old_entries_are_shown_no_more_and_deleted_when_something_comes(clean_database: Database) -> None:
    quarantine = Quarantine(clean_database, days=7)
    old, young = _put(quarantine, b"old", 7.1, clean_database), _put(quarantine, b"young", 6.9, clean_database)
    assert {item.id for item in quarantine.find()[0]} == {young}
    assert quarantine.find()[1] == 1
    (again,) = quarantine.keep([Refused("listed", "test", "no", [], b"new")])
    assert old not in clean_database.read_text(_ALL)[0][0]
    assert {item.id for item in quarantine.find()[0]} == {young, again}


def test_what_comes_again_is_young_again(clean_database: Database) -> None:
    quarantine = Quarantine(clean_database, days=7)
    name = _put(quarantine, b"x", 6.9, clean_database)
    quarantine.keep([Refused("listed", "test", "no", [], b"x")])
    assert quarantine.read(name).times == 2
    assert now_micros() - quarantine.read(name).last_received_at < _DAY


def test_looking_at_the_list_deletes_what_is_too_old(clean_database: Database, api: httpx.Client) -> None:
    gone = _put(Quarantine(clean_database), b"gone", 90.1, clean_database)
    assert api.get("/api/v1/quarantine").json()["total"] == 0
    assert clean_database.read_text(_ALL)[0][0] == []
    assert api.get(f"/api/v1/quarantine/{gone}").status_code == 404
