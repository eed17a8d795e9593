"""`lineage import SOURCE WHERE` against a real registry: what is sent where a part of the source is bad."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from registry.api import allowance
from registry.api.rest import quarantine
from registry.capture.source import Captured, Progressed, Reached, Rejected
from registry.cli import errand
from registry.cli.reached import From
from registry.errors import InvalidRecordError, NotRunningError
from registry.graph.database import Database

pytestmark = pytest.mark.neo4j


class Listed:
    """Says what the test put into it."""

    name = "listed"
    summary = "A list."
    maps: Mapping[str, str] = {}
    does_not_map: Mapping[str, str] = {}

    def __init__(self, *items: Captured) -> None:
        self.items = items

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        return None

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        yield from self.items


@pytest.fixture
def registry(clean_database: Database, api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", api_url)


def run(monkeypatch: pytest.MonkeyPatch, *items: Captured, keep_good: bool = False) -> dict[str, Any]:
    monkeypatch.setattr(errand, "find_capture", lambda name: Listed(*items))
    return errand.import_source("listed", "here", {}, keep_good=keep_good, dry_run=False)


def dataset(name: str) -> dict[str, Any]:
    return {"entity": "Dataset", "namespace": "listed", "name": name}


def is_there(api: httpx.Client, name: str) -> bool:
    query = "query ($urn: URN!) { entity(urn: $urn) { urn } }"
    asked = {"query": query, "variables": {"urn": f"urn:lineage:Dataset:listed:{name}"}}
    return api.post("/graphql", json=asked).json()["data"]["entity"] is not None


def test_a_rejected_part_keeps_everything_back_unless_the_good_is_asked_for(
    registry: None, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = (dataset("good"), Rejected("line 2", "unreadable", "no"), dataset(""), dataset("fine"))
    held = run(monkeypatch, *items)
    assert (held["ok"], held["sent"], held["rejected"]) == (False, False, 2)
    assert not is_there(api, "good")
    kept = run(monkeypatch, *items, keep_good=True)
    assert (kept["ok"], kept["sent"], kept["created"], kept["rejected"]) == (False, True, 2, 2)
    assert is_there(api, "good")
    assert is_there(api, "fine")


def circle() -> list[Captured]:
    """Two versions that say of each other that they came first: no record is wrong by itself."""
    urns = [f"urn:lineage:DatasetVersion:listed:round:v{number}" for number in (1, 2)]
    return [{"edge": "REVISION_OF", "from": one, "to": two} for one, two in (urns, urns[::-1])]


def test_what_the_server_alone_can_refuse_is_named_by_what_it_is_about(
    registry: None, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidRecordError) as caught:
        run(monkeypatch, dataset("good"), *circle())
    assert "REVISION_OF" in caught.value.details["errors"][0]["message"]
    assert not is_there(api, "good")
    kept = run(monkeypatch, dataset("good"), *circle(), keep_good=True)
    assert is_there(api, "good")
    assert kept["rejected"] >= 1
    assert kept["rejections"][0]["where"].startswith("REVISION_OF")


def test_nothing_to_say_is_no_error(registry: None, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = run(monkeypatch)
    assert (answer["ok"], answer["sent"], answer["read"]) == (True, False, 0)


def test_no_server_is_told_before_the_source_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", "http://127.0.0.1:9")
    with pytest.raises(NotRunningError):
        run(monkeypatch, dataset("good"))


class Growing(Listed):
    """Reads only what the test says is new, once something was read."""

    name = "growing"
    misses: Mapping[str, str] = {}

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        yield from self.items
        yield Reached("1")


def left_of(api: httpx.Client) -> set[str]:
    return {item["where"] for item in api.get("/api/v1/quarantine").json()["entries"]}


def test_what_was_rejected_leaves_the_quarantine_once_all_came_in_well(
    registry: None, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = run(monkeypatch, dataset("good"), Rejected("row 1", "name", "no", "{}"), dataset(""), keep_good=True)
    assert (answer["rejected"], answer["quarantined"]) == (2, 2)
    assert left_of(api) == {"row 1", "Dataset:listed:"}
    run(monkeypatch, dataset("good"), Rejected("row 1", "name", "no", "{}"), dataset("mended"))
    assert left_of(api) == {"row 1", "Dataset:listed:"}, "nothing was sent"
    run(monkeypatch, dataset("good"), Rejected("row 1", "name", "no", "{}"), dataset("mended"), keep_good=True)
    assert left_of(api) == {"row 1"}
    run(monkeypatch, dataset("good"), dataset("mended"), dataset("row 1"))
    assert left_of(api) == set()


def test_what_the_server_refuses_is_put_away_with_and_without_the_good(
    registry: None, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidRecordError):
        run(monkeypatch, dataset("good"), *circle())
    assert left_of(api)
    assert all(place.startswith("REVISION_OF") for place in left_of(api))
    kept = run(monkeypatch, dataset("good"), *circle(), keep_good=True)
    assert kept["quarantined"] == kept["rejected"] == len(left_of(api))
    run(monkeypatch, dataset("good"))
    assert left_of(api) == set()


def test_reading_what_is_new_settles_what_was_read_again(
    registry: None, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grow(*items: Captured, begin: From | None = None) -> dict[str, Any]:
        monkeypatch.setattr(errand, "find_capture", lambda name: Growing(*items))
        return errand.import_source("growing", "here", {}, keep_good=True, dry_run=False, begin=begin)

    bad = [Rejected(f"row {number}", "name", "no", "{}") for number in (1, 2, 3)]
    first = grow(dataset("good"), *bad)
    assert (first["incremental"], first["quarantined"]) == (False, 3)
    again = grow(dataset("mended"), Progressed(where="row 1"), bad[1], Progressed(where="row 2"), Progressed())
    assert again["incremental"]
    assert left_of(api) == {"row 2", "row 3"}
    grow(dataset("good"), begin=From(full=True))
    assert left_of(api) == set()


@pytest.mark.parametrize(
    ("where", "options"),
    [
        ("a b'; rm -rf ~", {"x": "$(y)"}),
        ("'" * 3_000, {}),
        ("/data/\udcff\n\x1b[31m.db", {"k": "v" * 5_000}),
        ("postgresql://me:hush-hush@db/x", {"my_token": "hush-hush", "url": "http://u:hush-hush@h/p?token=hush-hush"}),
    ],
    ids=["shell", "long", "bytes", "secrets"],
)
def test_whatever_was_read_is_named_as_it_can_be(
    where: str, options: dict[str, str], registry: None, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*items: Captured) -> dict[str, Any]:
        monkeypatch.setattr(errand, "find_capture", lambda name: Listed(*items))
        return errand.import_source("_odd name", where, options, keep_good=True, dry_run=False)

    bad = Rejected("row \udcff", "name", "no \udcfe", "\udcfd", {"entity": "\udcfc"})
    answer = read(dataset("good"), bad, dataset(""))
    assert (answer["sent"], answer["rejected"], answer["quarantined"]) == (True, 2, 2)
    text = api.get("/api/v1/quarantine").text
    assert "hush" not in text
    assert {item["where"] for item in api.get("/api/v1/quarantine").json()["entries"]} == {
        "row \\udcff", "Dataset:listed:",
    }  # fmt: skip
    read(dataset("good"))
    assert left_of(api) == set()


def test_a_quarantine_that_takes_nothing_stops_no_import(
    registry: None, api: httpx.Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    little = allowance.Allowance(1)
    monkeypatch.setattr(quarantine, "_allowance", lambda request: little)
    bad = [Rejected(f"row {number}", "name", "no", "{}") for number in (1, 2)]
    answer = run(monkeypatch, dataset("good"), *bad, keep_good=True)
    assert (answer["sent"], answer["rejected"], answer["quarantined"]) == (True, 2, 0)
    assert is_there(api, "good")
    assert "could not be put into the quarantine: More than 1 parts" in " ".join(capsys.readouterr().err.split())
