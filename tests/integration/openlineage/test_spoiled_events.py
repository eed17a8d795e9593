"""An event that cannot be written fails alone: the others of its run and of its group are taken whole."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.api.rest import openlineage
from registry.capture.openlineage.mapping import total_records
from registry.errors import RegistryError
from registry.graph.database import Database
from registry.intake import composing
from registry.intake.grouping import Grouping
from registry.intake.taking import Incoming, Intake, incoming
from registry.settings import Settings
from registry.writer import Writer
from tests.integration.openlineage.conftest import URL, Graph, dataset, event, facet

_LONG = "x" * (1_024 - len("/r1/input"))
_RULE = """
[[rule]]
id = "lower-case"
kinds = ["Dataset"]
name_pattern = "[a-z]+"
"""


@pytest.fixture
def intake(database: Database, settings: Settings) -> Intake:
    return Intake(database, Writer(database, settings), settings)


def take(intake: Intake, *events: Any) -> list[Incoming]:
    return intake.take([incoming(item) for item in events]).events


def codes(items: list[Incoming]) -> list[str | None]:
    assert all(item.quarantine_id for item in items if item.error is not None)
    return [None if item.error is None else item.error.code for item in items]


def measured(second: int) -> dict[str, Any]:
    """Its profile has the longest name that there may be, which grows once the version is known."""
    return event("START", second, inputs=[dataset(_LONG, inputStatistics=facet(rowCount=1))])


def test_a_name_that_grows_too_long_spoils_nothing_for_others(intake: Intake, database: Database) -> None:
    assert codes(take(intake, measured(1))) == [None]
    named = event("RUNNING", 2, inputs=[dataset(_LONG, "v1")])
    for _ in range(2):
        assert codes(take(intake, named, event("START", 2, run="r2"))) == ["invalid-event", None]
    assert codes(take(intake, event("COMPLETE", 3, inputs=[dataset(_LONG)]))) == [None]
    graph = Graph(database)
    assert (graph.of("Run:jobs:r1")["state"], graph.of("Run:jobs:r2")["state"]) == ("completed", "running")
    assert len(graph.joined("USED")) == 1


def test_of_events_that_cannot_be_written_together_all_but_one_are_taken(intake: Intake, database: Database) -> None:
    named = event("RUNNING", 2, inputs=[dataset(_LONG, "v1")])
    found = codes(take(intake, measured(1), named, event("COMPLETE", 3), event("START", 2, run="r2")))
    assert sorted(found[:2], key=str) == [None, "invalid-event"]
    assert found[2:] == [None, None]
    assert Graph(database).of("Run:jobs:r1")["state"] == "completed"


def test_what_a_rule_refuses_is_refused_without_the_rest_of_its_run(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(_RULE, encoding="utf-8")
    intake = Intake(database, Writer(database, settings.model_copy(update={"rules_file": rules})), settings)
    bad = event("RUNNING", 2, run_facets={"of": facet(what="bad")}, outputs=[dataset("BAD", x=facet(y=1))])
    found = take(intake, event("START", 1, inputs=[dataset("orders")]), bad, event("RUNNING", 3))
    assert codes(found) == [None, "invalid-event", None]
    assert codes(take(intake, event("COMPLETE", 4, inputs=[dataset("orders", "v3")]))) == [None]
    graph = Graph(database)
    assert graph.of("Run:jobs:r1")["state"] == "completed"
    assert "bad" not in graph.of("Run:jobs:r1").get("facets", "")
    assert graph.joined("USED") == {("Run:jobs:r1", "DatasetVersion:s3%3A//b:orders:v3")}
    assert not graph.joined("GENERATED_BY")


def test_an_event_that_is_refused_leaves_nothing_behind(intake: Intake) -> None:
    take(intake, measured(1))
    named = event("FAIL", 2, inputs=[dataset(_LONG, "v1")])
    assert codes(take(intake, named)) == ["invalid-event"]
    (fold,) = intake.raw_events.folds([("run", "jobs", "r1")])
    assert fold.run_state() == "running"
    assert intake.raw_events.find().total == 1


def test_deep_nesting_fails_alone(intake: Intake) -> None:
    events = []
    for depth in range(230, 256):
        deep: dict[str, Any] = {}
        for _ in range(depth):
            deep = {"x": deep}
        events.append(event("START", 1, run=f"r{depth}", outputs=[dataset("o", deep=deep)]))
    found = codes(take(intake, *events))
    assert found == sorted(found, key=str)
    assert set(found) == {None, "invalid-event"}


def test_what_nobody_foresaw_fails_alone(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(fold: Any, touched: Any, count: int, digest: str) -> Any:
        if fold.key[2] == "read" or (fold.key[2] == "written" and count > 1):
            raise ZeroDivisionError
        return total_records(fold, touched, count, digest)

    monkeypatch.setattr(composing, "total_records", failing)
    names = ["read", "good", "written", "written", "better"]
    found = codes(take(intake, *(event("RUNNING", second, run=name) for second, name in enumerate(names))))
    assert found == ["internal", None, None, "internal", None]
    monkeypatch.undo()
    assert codes(take(intake, event("COMPLETE", 9, run="written"))) == [None]


def test_each_finding_of_a_group_is_told(database: Database, settings: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(f'{_RULE}severity = "warning"\n', encoding="utf-8")
    intake = Intake(database, Writer(database, settings.model_copy(update={"rules_file": rules})), settings)
    events = [event("START", 1, run=f"r{number}", inputs=[dataset(f"D{number}")]) for number in range(25)]
    assert len(intake.take([incoming(item) for item in events]).findings) == 25


def test_each_of_several_threads_raises_an_error_of_its_own(settings: Settings) -> None:
    def send(run: int) -> None:
        raw = event("START", 1, run=f"r{run}")
        try:
            grouping.take(incoming(raw))
        except RegistryError as error:
            failures.append(error)

    failures: list[RegistryError] = []
    with Database("bolt://127.0.0.1:1", "nobody", None) as nowhere:
        grouping = Grouping(Intake(nowhere, Writer(nowhere, settings), settings))
        threads = [threading.Thread(target=send, args=(run,)) for run in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {error.code for error in failures} == {"database-unavailable"}
    assert len({id(error) for error in failures}) == 6


def test_a_batch_whose_last_events_are_refused_has_a_bookmark(
    api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openlineage, "EVENTS_A_STEP", 1)
    response = api.post(f"{URL}/batch", json=[event("START", 1), {"run": 7}])
    assert response.json()["summary"]["failed"] == 1
    assert response.headers["lineage-bookmark"]
