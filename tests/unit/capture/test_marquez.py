"""What the capture makes of a Marquez: its events, what it lists beyond them, and answers that are none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema.times import to_micros
from registry.capture.marquez import server
from registry.capture.marquez.capture import MarquezCapture
from registry.capture.marquez.late import late_events
from registry.capture.source import Progressed, Reached, Rejected, Unmapped
from registry.errors import InvalidRequestError, InvalidSourceError, TooLargeError
from tests.unit.capture.marquez_answers import TIME, FakeMarquez, dataset, job, marquez, run, run_event

ODD = "Zoë/ünï:cödé 100% 🦆.."
FACET = {"_producer": "https://example.org", "_schemaURL": "https://example.org/facet.json"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_PAUSE_SECONDS", 0.0)


@pytest.fixture
def fake() -> FakeMarquez:
    return FakeMarquez()


@pytest.fixture
def url(fake: FakeMarquez) -> Iterator[str]:
    with marquez(fake) as url:
        yield url


def read(url: str, **options: str) -> list[Any]:
    return list(MarquezCapture().read(url, options))


def short(urn: str) -> str:
    return urn.removeprefix("urn:lineage:")


def entities(items: list[Any]) -> set[str]:
    return {short(item["urn"]) for item in items if isinstance(item, dict) and "entity" in item and "op" not in item}


def edges(items: list[Any]) -> set[tuple[str, str, str]]:
    return {
        (item["edge"], short(item["from"]), short(item["to"]))
        for item in items
        if isinstance(item, dict) and "edge" in item and "op" not in item
    }


def said(items: list[Any], urn: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        if isinstance(item, dict) and short(item.get("urn", "")) == urn:
            found |= item.get("attributes", {})
    return found


def left_out(items: list[Any]) -> list[Rejected]:
    return [item for item in items if isinstance(item, Rejected)]


def test_events_are_read_by_pages_and_what_they_name_is_not_told_again(fake: FakeMarquez, url: str) -> None:
    outputs = [{"namespace": "s3://lake", "name": "orders", "facets": {}}]
    fake.events = [run_event(f"r{number}", "COMPLETE", outputs=outputs) for number in range(130)]
    fake.other_events = 3
    fake.jobs = {"etl": [job("load")]}
    fake.runs = {("etl", "load"): [run(f"r{number}") for number in range(130)]}
    fake.datasets = {"s3://lake": [dataset("orders", description="Said in Marquez alone.")]}
    items = read(url)
    assert len({name for name in entities(items) if name.startswith("Run:")}) == 130
    assert left_out(items) == []
    assert {item["producer"] for item in items if isinstance(item, dict)} == {"https://example.org/producer"}
    assert sum(item.things for item in items if isinstance(item, Progressed)) == 133 == MarquezCapture().count(url, {})
    assert [query["offset"] for path, query in fake.asked if path == "/events/lineage" and "sortDirection" in query] == [
        "0", "100",
    ]  # fmt: skip
    assert read(url)[:-1] == items[:-1], "the same source gives the same documents"
    assert isinstance(items[-1], Reached)


def test_what_has_no_events_is_told_as_the_events_would_have_told_it(fake: FakeMarquez, url: str) -> None:
    fake.jobs = {
        "etl": [
            job("load", location="https://github.com/o/r/load.py", description="Loads."),
            job(
                "idle",
                inputs=[{"namespace": "s3://lake", "name": "raw"}],
                outputs=[{"namespace": "s3://lake", "name": "orders"}],
            ),
        ]
    }
    fake.runs = {("etl", "load"): [run(
        "r1", args={"day": "1"},
        inputDatasetVersions=[{"datasetVersionId": {"namespace": "s3://lake", "name": "raw", "version": "d224"}, "facets": {}}],
        outputDatasetVersions=[{"datasetVersionId": {"namespace": "s3://lake", "name": "orders", "version": "16e0"}, "facets": {}}],
    ), run("r2", "RUNNING", endedAt=None), run("r3", "NEW", startedAt=None, endedAt=None)]}  # fmt: skip
    fake.datasets = {"s3://lake": [
        dataset("orders", description="Orders.", tags=["PII"], fields=[
            {"name": "id", "type": "INTEGER", "tags": ["KEY"], "description": "The key."}],
            columnLineage=[{"name": "id", "inputFields": [{"namespace": "s3://lake", "dataset": "raw", "field": "no"}]}]),
        dataset("raw"),
    ]}  # fmt: skip
    made = {"id": "r1", "jobVersion": {"namespace": "etl", "name": "load"}}
    fake.versions = {("s3://lake", "orders"): [
        {"version": "16e0", "createdAt": TIME, "createdByRun": made, "facets": {}},
        {"version": "aaaa", "createdAt": TIME, "createdByRun": None, "facets": {}},
    ]}  # fmt: skip
    items = read(url)
    assert left_out(items) == []
    assert {"Job:etl:load", "Job:etl:idle", "Run:etl:r1", "Run:etl:r2", "Run:etl:r3"} <= entities(items)
    assert edges(items) >= {
        ("INSTANCE_OF", "Run:etl:r1", "Job:etl:load"),
        ("USED", "Run:etl:r1", "DatasetVersion:s3%3A//lake:raw:*"),
        ("GENERATED_BY", "DatasetVersion:s3%3A//lake:orders:r1", "Run:etl:r1"),
        ("DERIVED_FROM", "DatasetVersion:s3%3A//lake:orders:*", "DatasetVersion:s3%3A//lake:raw:*"),
        ("DERIVED_FROM", "Field:s3%3A//lake:orders.id", "Field:s3%3A//lake:raw.no"),
    }
    assert "DatasetVersion:s3%3A//lake:orders:aaaa" in entities(items), "a version that no run made has Marquez's name"
    assert "DatasetVersion:s3%3A//lake:raw:d224" not in entities(items), "which version it read is a guess of Marquez's"
    first = said(items, "Run:etl:r1")
    assert (first["state"], first["parameters"]) == ("completed", {"day": "1"})
    assert (said(items, "Run:etl:r2")["state"], "state" in said(items, "Run:etl:r3")) == ("running", False)
    assert said(items, "Job:etl:load")["external_url"] == "https://github.com/o/r/load.py"
    orders = said(items, "Dataset:s3%3A//lake:orders")
    assert (orders["description"], orders["tags"]) == ("Orders.", ["PII"])
    assert said(items, "Field:s3%3A//lake:orders.id")["tags"] == ["KEY"]


def test_outputs_that_only_versions_tell_are_those_of_the_run(fake: FakeMarquez, url: str) -> None:
    fake.jobs = {"etl": [job("load")]}
    fake.runs = {("etl", "load"): [run("r1")]}
    fake.datasets = {"s3://lake": [dataset("orders")]}
    made = {"id": "r1", "jobVersion": {"namespace": "etl", "name": "load"}}
    fake.versions = {("s3://lake", "orders"): [{"version": "16e0", "createdAt": TIME, "createdByRun": made}]}
    assert ("GENERATED_BY", "DatasetVersion:s3%3A//lake:orders:r1", "Run:etl:r1") in edges(read(url))


def test_odd_names_come_through_paths_and_back(fake: FakeMarquez, url: str) -> None:
    fake.jobs = {ODD: [job(ODD, ODD), job("..", ODD)]}
    fake.runs = {(ODD, ODD): [run("r/1:ö")], (ODD, ".."): [run("up")]}
    fake.datasets = {ODD: [dataset(ODD, ODD)]}
    items = read(url)
    assert left_out(items) == []
    assert sum(name.startswith(("Job:", "Run:", "Dataset:")) for name in entities(items)) == 5


def test_names_that_marquez_made_up_are_not_told_beside_the_real_ones(fake: FakeMarquez, url: str) -> None:
    parent = {"run": {"runId": "scheduled__2026"}, "job": {"namespace": "etl", "name": "dag.task"}}
    event = run_event("no uuid", "COMPLETE", "app.sql")
    event["run"]["facets"] = {"parent": FACET | parent}
    fake.events = [event]
    # As Java makes them: UUID.nameUUIDFromBytes("no uuid"), and by the name "etl.dag.scheduled__2026" of a URL.
    own, above = (
        str(UUID(bytes=md5(b"no uuid").digest(), version=3)),
        str(uuid3(NAMESPACE_URL, "etl.dag.scheduled__2026")),
    )
    child = job("dag.task.app.sql", simpleName="app.sql", parentJobName="dag.task")
    fake.jobs = {"etl": [child, job("dag")]}
    fake.runs = {("etl", "dag.task.app.sql"): [run(own), run("later")], ("etl", "dag"): [run(above)]}
    named = entities(read(url))
    assert {name for name in named if name.startswith("Run:")} == {
        "Run:etl:no%20uuid", "Run:etl:scheduled__2026", "Run:etl:later",
    }  # fmt: skip
    assert {name for name in named if name.startswith("Job:")} == {"Job:etl:app.sql", "Job:etl:dag.task"}


def test_one_namespace_alone_is_read(fake: FakeMarquez, url: str) -> None:
    fake.events = [run_event("r1", "COMPLETE"), run_event("r2", "COMPLETE", namespace="other")]
    fake.jobs = {"etl": [job("load")], "other": [job("load", "other")]}
    assert {name for name in entities(read(url, namespace="etl")) if name.startswith("Run")} == {"Run:etl:r1"}
    whole = MarquezCapture().whole_of
    assert (whole({}), whole({"namespace": "etl"}), whole({"namespace": "etl", "whole": "yes"})) == (None, None, "etl")


def test_a_marquez_without_a_list_of_events_is_read_by_its_lists(fake: FakeMarquez, url: str) -> None:
    fake.answers["/events/lineage"] = lambda _: (404, {"code": 404})
    fake.jobs = {"etl": [job("load")]}
    items = read(url)
    assert "Job:etl:load" in entities(items)
    assert ["no list of them" in item.what for item in items if isinstance(item, Unmapped)] == [True]
    assert MarquezCapture().count(url, {}) is None


def test_parts_that_cannot_be_taken_are_told_and_the_rest_is_kept(fake: FakeMarquez, url: str) -> None:
    fake.events = [run_event("r1", "COMPLETE"), run_event("r2", "COMPLETE") | {"eventTime": "soon"}, {"run": 3}]
    fake.jobs = {"etl": [job("x" * 5_000), {"name": None}]}
    items = read(url)
    assert "Run:etl:r1" in entities(items)
    assert len(left_out(items)) == 4
    assert all(item.message and item.where and item.payload for item in left_out(items))


def test_who_asks_is_told_by_key_or_by_the_address(
    fake: FakeMarquez, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEZ_API_KEY", "the-key")
    read(f"{url}/api/v1/")
    assert fake.headers[-1]["Authorization"] == "Bearer the-key"
    read(url.replace("http://", "http://ann:p%2Fw@"))
    assert fake.headers[-1]["Authorization"] == "Basic YW5uOnAvdw=="


def _documents(items: list[Any]) -> list[Any]:
    return [item for item in items if isinstance(item, dict)]


def test_what_is_new_is_read_with_all_that_its_runs_said_before(fake: FakeMarquez, url: str) -> None:
    def at(day: int, name: str, state: str, **more: Any) -> dict[str, Any]:
        return run_event(name, state, **more) | {"eventTime": f"2026-05-{day:02d}T12:00:00Z"}

    raw, exact = dataset("raw"), {"version": {**FACET, "datasetVersion": "v7"}}
    named = {"namespace": raw["namespace"], "name": raw["name"]}
    fake.events = [
        *(at(1, f"old{number}", state) for number in range(120) for state in ("START", "COMPLETE")),
        *(at(9, f"past{number}", "COMPLETE") for number in range(150)),
        at(9, "long", "START", inputs=[named | {"facets": {}}]),
        at(20, "long", "COMPLETE", inputs=[named | {"facets": exact}]),
        at(20, "new", "START"),
        at(20, "broken", "START") | {"job": None},
    ]
    since = "2026-05-19T00:00:00Z"
    whole, part = read(url), read(url, since=since)
    runs = {name for name in entities(part) if name.startswith("Run:")}
    assert runs == {"Run:etl:long", "Run:etl:new"}
    assert len(left_out(part)) == 1
    of_these = [item for item in _documents(whole) if "Run:etl:long" in str(item) or "Run:etl:new" in str(item)]
    assert [item for item in of_these if item not in _documents(part)] == [], "what they add up to is the same"
    assert [item for item in _documents(part) if item not in _documents(whole)] == []
    assert isinstance(part[-1], Reached)
    pages = [query for path, query in fake.asked if path == "/events/lineage" and query.get("sortDirection") == "desc"]
    assert len(pages) == 2, "older pages are not asked for once each run is known to have begun"
    assert MarquezCapture().count(url, {"since": since}) is None
    assert [type(item) for item in read(url, since=part[-1].mark)] == [Reached], "nothing is new"
    assert _documents(read(url, since="a mark of another time")) == _documents(whole)


def test_of_the_lists_only_what_is_new_is_read(fake: FakeMarquez, url: str) -> None:
    new = "2026-05-20T12:00:00Z"
    fake.jobs = {"etl": [job("load", updatedAt=new), job("old"), job("made", createdAt=new)]}
    fake.runs = {
        ("etl", "load"): [run("r2", createdAt=new, startedAt=new, endedAt=new), *(run(f"r1-{n}") for n in range(250))],
        ("etl", "old"): [run("r0")],
    }
    fake.datasets = {"s3://lake": [dataset("orders"), dataset("fresh", createdAt=new)]}
    items = read(url, since="2026-05-19T00:00:00Z")
    assert {name for name in entities(items) if not name.startswith("DatasetVersion")} == {
        "Run:etl:r2", "Job:etl:load", "Job:etl:made", "Dataset:s3%3A//lake:fresh",
    }  # fmt: skip
    assert sum("/runs" in path for path, _ in fake.asked) == 3, "two jobs, and one page more of the one with many"


def _same_page(query: dict[str, str]) -> tuple[int, Any]:
    return 200, {"events": [run_event("r1", "COMPLETE")] * int(query["limit"])}


def _endless(query: dict[str, str]) -> tuple[int, Any]:
    first, count = int(query["offset"]), int(query["limit"])
    events = [run_event(f"r{first + number}", "START") for number in range(count)]
    return 200, {"events": events, "totalCount": 10}


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/namespaces", (200, b'{"namespaces": [{"name": "et'), "cut short"),
        ("/namespaces", (200, b"<html>Welcome</html>"), "no JSON"),
        ("/namespaces", (200, {"experiments": []}), "no list of namespaces"),
        ("/namespaces", (200, ["etl"]), "no list of namespaces"),
        ("/namespaces", (200, {"namespaces": ["etl"]}), "no list of namespaces"),
        ("/namespaces", (200, {"namespaces": [{"title": "etl"}]}), "something without name"),
        ("/namespaces", (404, {}), "status 404"),
        ("/namespaces", (302, b""), "status 302"),
        ("/namespaces", (401, b"who?"), "refuses: status 401"),
        ("/namespaces", (503, b"later"), "status 503"),
        ("/namespaces/etl/jobs", (500, {"code": 500}), "status 500"),
        ("/namespaces", (200, b'{"namespaces": [{"name": ' + b"[" * 900 + b"]" * 900 + b"}]}"), "deeper"),
        ("/events/lineage", _same_page, "same page again"),
        ("/events/lineage", _endless, "behind its own end"),
    ],
)  # fmt: skip
def test_answers_that_are_none_end_the_reading_with_a_clear_error(
    fake: FakeMarquez, url: str, path: str, answer: Any, said: str
) -> None:
    fake.jobs = {"etl": []}
    fake.answers[path] = answer if callable(answer) else lambda _: answer
    with pytest.raises(InvalidSourceError) as caught:
        read(url)
    assert said in caught.value.message


def test_what_passes_is_tried_again(fake: FakeMarquez, url: str) -> None:
    calls = iter([503, 429])
    fake.answers["/namespaces"] = lambda _: (next(calls, 200), {"namespaces": []})
    assert [type(item) for item in read(url)] == [Reached]


def test_an_answer_that_is_too_long_is_not_kept(fake: FakeMarquez, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_BYTES", 10_000)
    fake.events = [run_event("r1", "COMPLETE", inputs=[{"namespace": "x", "name": "y" * 20_000}])]
    with pytest.raises(TooLargeError):
        read(url)


@pytest.mark.parametrize(
    "where", ["", "marquez", "ftp://host", "http://", "http://[::1", "file:///etc/passwd", "http://127.0.0.1:0"]
)
def test_what_is_no_address_is_said(where: str) -> None:
    with pytest.raises(InvalidSourceError, match="no address"):
        read(where)


def test_where_nothing_answers_is_said_without_the_password() -> None:
    with pytest.raises(InvalidSourceError) as caught:
        read("http://ann:hunter2@127.0.0.1:1")
    assert "hunter2" not in str(caught.value.as_problem())


@pytest.mark.parametrize("options", [{"colour": "red"}, {"whole": "perhaps"}, {"whole": "yes"}])
def test_options_that_are_none_are_refused_before_anything_is_asked(options: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError):
        MarquezCapture().whole_of(options)
    with pytest.raises(InvalidRequestError):
        MarquezCapture().count("http://127.0.0.1:1", options)
    with pytest.raises(InvalidRequestError):
        read("http://127.0.0.1:1", **options)


_DAYS = st.integers(0, 70)
_TOLD = st.lists(
    st.tuples(_DAYS, st.sampled_from("abcde"), st.sampled_from(("START", "RUNNING", "COMPLETE"))), max_size=25
)


@settings(max_examples=50)
@given(_TOLD, _DAYS)
def test_what_came_since_a_day_has_each_of_its_runs_from_the_beginning(
    told: list[tuple[int, str, str]], day: int
) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    events = [
        run_event(name, state) | {"eventTime": (first + timedelta(days=at)).isoformat(), "at": at}
        for at, name, state in sorted(told, reverse=True)
    ]
    found = list(late_events(iter(events), to_micros(first + timedelta(days=day))))
    assert [item for item in found if item["at"] >= day] == [item for item in events if item["at"] >= day]
    late = {item["run"]["runId"] for item in events if item["at"] >= day}
    assert {item["run"]["runId"] for item in found} == late
    for name in late:
        of_run = [item for item in events if item["run"]["runId"] == name]
        begun = [item["at"] for item in of_run if item["eventType"] == "START"]
        since = max(begun) if begun else 0
        wanted = [item for item in of_run if item["at"] >= max(since, day - 30)]
        assert [item for item in wanted if item not in found] == []
