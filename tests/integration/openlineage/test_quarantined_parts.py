"""What any source could not bring in is put away, can be sent again, and leaves once it came in well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from registry.api import allowance
from registry.api.rest import ingest, quarantine
from tests.integration.openlineage.conftest import event
from tests.integration.openlineage.test_quarantine_command import document, run

_PATH = "/api/v1/quarantine"
_TEAM = {"entity": "Team", "namespace": "t", "name": "data"}
_BAD = {"entity": "Dataset", "namespace": "t", "name": "orders", "attributes": {"rows": "many"}}


@pytest.fixture(autouse=True)
def _server(api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", api_url)


def _put_away(api: httpx.Client, *entries: dict[str, Any], **more: Any) -> httpx.Response:
    body = {"source": "listed", "origin": ["a b.db", "-o", "x=1"], "round": "1"} | more
    return api.post(_PATH, json=body | {"entries": list(entries)})


def _entries(api: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(_PATH).json()["entries"]
    return found


def _is_there(api: httpx.Client, urn: str) -> bool:
    asked = {"query": "query ($urn: URN!) { entity(urn: $urn) { urn } }", "variables": {"urn": urn}}
    return api.post("/graphql", json=asked).json()["data"]["entity"] is not None


def _per_item(api: httpx.Client, *lines: bytes, **params: Any) -> dict[str, Any]:
    answer = api.post(
        "/api/v1/records", content=b"\n".join(lines), params={"mode": "per-item", **params},
        headers={"content-type": "application/x-ndjson"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_part_of_a_source_says_how_it_comes_in(api: httpx.Client) -> None:
    part = {"where": "row 7 \x1b[31m", "reason": "name", "message": "no name", "payload": "{7: ''}"}
    (name,) = _put_away(api, part).json()["ids"]
    entry = api.get(f"{_PATH}/{name}").json()
    assert (entry["form"], entry["source"], entry["where"]) == ("part", "listed", "row 7 \x1b[31m")
    assert entry["content"] == "{7: ''}"
    assert entry["again"] == "lineage import listed 'a b.db' -o x=1"
    refused = api.post(f"{_PATH}/{name}/retry")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-request")
    assert entry["again"] in refused.json()["hint"]
    shown = run("quarantine", "show", name[:8]).stdout
    assert "Once it is mended: lineage import" in shown
    assert "\x1b[31m" not in shown


def test_a_command_that_is_shown_cannot_be_smuggled_in(api: httpx.Client) -> None:
    (name,) = _put_away(api, {"where": "x"}, origin=["x.db; rm -rf ~", "$(reboot)"]).json()["ids"]
    assert api.get(f"{_PATH}/{name}").json()["again"] == "lineage import listed 'x.db; rm -rf ~' '$(reboot)'"
    for wrong in ({"source": "a b"}, {"source": "x;y"}, {"source": 3}, {"origin": ["\n"]}, {"origin": [3]}):
        assert _put_away(api, {"where": "x"}, **wrong).status_code == 400, wrong


def test_a_record_that_is_put_away_is_written_when_it_is_sent_again(api: httpx.Client) -> None:
    good = {"entity": "Dataset", "namespace": "t", "name": "late", "event_time": "2026-01-02T03:04:05Z"}
    ids = _put_away(api, {"where": "a", "record": good}, {"where": "b", "record": _BAD}).json()["ids"]
    results = document(run("quarantine", "retry", *ids, "--json"))
    assert (results["taken"], results["failed"]) == (1, 1)
    assert _is_there(api, "urn:lineage:Dataset:t:late")
    (left,) = _entries(api)
    assert left["where"] == "b"
    entity = api.post(
        "/graphql", json={"query": '{ entity(urn: "urn:lineage:Dataset:t:late") { eventTime eventId } }'}
    ).json()["data"]["entity"]
    assert entity["eventTime"].startswith("2026-01-02T03:04:05")
    assert "/again-" in entity["eventId"]
    refused = api.post(f"{_PATH}/{ids[1]}/retry")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-record")
    assert refused.json()["errors"][0]["field"] == "/attributes"


def test_an_event_that_is_put_away_is_taken_when_it_is_sent_again(api: httpx.Client) -> None:
    (name,) = _put_away(api, {"where": "a:1", "event": event("COMPLETE", 1)}, source="openlineage").json()["ids"]
    again = api.post(f"{_PATH}/{name}/retry")
    assert again.status_code == 200, again.text
    assert "Lineage-Bookmark" in again.headers
    assert _is_there(api, "urn:lineage:Run:jobs:r1")
    assert _entries(api) == []


def test_what_per_item_leaves_out_is_put_away_with_what_its_request_said(api: httpx.Client) -> None:
    lines = [orjson.dumps(_TEAM), orjson.dumps(_BAD | {"event_id": "own"}), b"{broken", b"[1]"]
    answer = _per_item(api, *lines, event_id="s", producer="me")
    assert (answer["records"], answer["failed"], answer["quarantined"]) == (1, 3, 3)
    found = {item["where"]: item for item in _entries(api)}
    assert set(found) == {"Dataset:t:orders", "line 3", "line 4"}
    assert found["Dataset:t:orders"]["errors"][0]["field"] == "/attributes"
    assert {item["source"] for item in found.values()} == {"records"}
    body = orjson.loads(api.get(f"{_PATH}/{found['Dataset:t:orders']['id']}").json()["content"])
    assert (body["event_id"], body["producer"], body["records"]) == ("own", "me", [_BAD])
    assert api.get(f"{_PATH}/{found['line 3']['id']}").json()["content"] == "{broken"
    _per_item(api, *lines, event_id="s", producer="me")
    assert {item["times"] for item in _entries(api)} == {2}, "the same again is no other"


def test_the_same_of_a_json_body_and_of_what_the_writer_alone_refuses(api: httpx.Client) -> None:
    urns = [f"urn:lineage:DatasetVersion:t:round:v{number}" for number in (1, 2)]
    circle = [{"edge": "REVISION_OF", "from": one, "to": two} for one, two in (urns, urns[::-1])]
    answer = api.post("/api/v1/records", json={"records": [_TEAM, *circle]}, params={"mode": "per-item"}).json()
    assert answer["quarantined"] == answer["failed"] >= 1
    assert {item["reason"] for item in _entries(api)} == {answer["errors"][0]["rule"]}
    assert all(item["where"].startswith("REVISION_OF") for item in _entries(api))


def test_a_stream_of_nothing_sound_does_not_wash_out_the_rest(
    api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "MOST_PUT_AWAY", 3)
    answer = _per_item(api, *[b"%d" % number for number in range(9)])
    assert (answer["failed"], answer["quarantined"]) == (9, 3)
    assert len(_entries(api)) == 3


def test_too_much_and_too_often_is_refused(api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _put_away(api, *[{"where": str(number)} for number in range(501)]).status_code == 413
    assert api.post(_PATH, content=b"x" * (quarantine.MOST_BODY_BYTES + 1)).status_code == 413
    for wrong in (b"[]", b"{", b'{"source": "x"}', b'{"source": "x", "entries": [1]}', b'{"entries": [], "more": 1}',
                  b'{"source": "x", "entries": [{"where": 3}]}', b'{"source": "x", "entries": [{"form": "event"}]}'):  # fmt: skip
        assert api.post(_PATH, content=wrong).status_code == 400, wrong
    little = allowance.Allowance(2)
    monkeypatch.setattr(quarantine, "_allowance", lambda request: little)
    assert _put_away(api, {"where": "1"}, {"where": "2"}).status_code == 200
    refused = _put_away(api, {"where": "3"})
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert len(_entries(api)) == 2


def test_a_later_round_settles_what_it_brought_in_and_nothing_else(api: httpx.Client) -> None:
    _put_away(api, {"where": "mended"}, {"where": "bad"})
    _put_away(api, {"where": "other"}, origin=["b.db"])
    _put_away(api, {"where": "bad"}, round="2")
    _put_away(api, {"where": "later"}, round="3")
    asked = {"source": "listed", "origin": ["a b.db", "-o", "x=1"], "round": "2"}
    assert api.post(f"{_PATH}/settle", json=asked).json() == {"settled": 1}
    assert {item["where"] for item in _entries(api)} == {"bad", "other", "later"}
    assert api.post(f"{_PATH}/settle", json=asked | {"round": "9", "where": ["bad"]}).json() == {"settled": 1}
    assert {item["where"] for item in _entries(api)} == {"other", "later"}
    for wrong in (
        {},
        asked | {"where": "bad"},
        asked | {"where": [3]},
        asked | {"origin": []},
        asked | {"round": ""},
        asked | {"entries": []},
    ):
        assert api.post(f"{_PATH}/settle", json=wrong).status_code == 400, wrong


def test_a_file_of_records_settles_what_was_wrong_with_it(api: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "some records.ndjson"
    file.write_text(f"{json.dumps(_TEAM)}\n{json.dumps(_BAD)}\n{{broken\n", encoding="utf-8")
    answer = run("import", str(file), "--mode", "per-item")
    assert answer.exit_code == 1
    assert "2 records kept in the quarantine" in answer.stdout
    found = {item["where"]: item for item in _entries(api)}
    assert found["line 3"]["again"] == f"lineage import '{file}'"
    file.write_text(f"{json.dumps(_TEAM)}\n{json.dumps(_BAD)}\n", encoding="utf-8")
    run("import", str(file), "--mode", "per-item")
    assert [item["where"] for item in _entries(api)] == ["Dataset:t:orders"]
    file.write_text(json.dumps(_TEAM), encoding="utf-8")
    assert run("import", str(file)).exit_code == 0
    assert _entries(api) == []


def test_a_file_of_events_is_put_away_by_events(api: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    bad = event("COMPLETE", 1) | {"eventTime": "soon"}
    file.write_text(f"{json.dumps(event('START', 1))}\n{json.dumps(bad)}\n{{broken\n", encoding="utf-8")
    assert run("import", "openlineage", str(file)).exit_code == 1
    assert not _is_there(api, "urn:lineage:Run:jobs:r1"), "nothing is sent where a part is bad"
    forms = {item["where"].rpartition(":")[2]: item["form"] for item in _entries(api)}
    assert forms == {"2": "event", "3": "part"}
    file.write_text(json.dumps(event("START", 1)), encoding="utf-8")
    assert run("import", "openlineage", str(file), "--dry-run").exit_code == 0
    assert len(_entries(api)) == 2
    assert run("import", "openlineage", str(file)).exit_code == 0
    assert _entries(api) == []


def test_files_of_one_name_in_two_folders_are_two(
    api: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, content in (("a", b"{broken"), ("b", orjson.dumps(_TEAM))):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        Path("x.ndjson").write_bytes(content)
        run("import", "x.ndjson", "--mode", "per-item")
    (left,) = _entries(api)
    assert left["again"] == f"lineage import {tmp_path}/a/x.ndjson"
    (tmp_path / "a" / "x.ndjson").write_bytes(orjson.dumps(_TEAM))
    monkeypatch.chdir(tmp_path)
    run("import", "a/x.ndjson")
    assert _entries(api) == []
