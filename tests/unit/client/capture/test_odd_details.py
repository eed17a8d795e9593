"""What is odd in what a run is told costs that detail, and never the run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import lineage_client
from lineage_client.capture import delivery, quiet, spool, telling
from lineage_client.capture.profiles import Table, statistics
from lineage_client.capture.records import sound
from tests.unit.client.capture.test_running import Events, checked, edges, entity, version
from tests.unit.client.capture.test_secrets import RudeError


class Rude:
    """Fails at whatever it is asked."""

    steps: ClassVar[list[Any]] = []

    def __repr__(self) -> str:
        raise RuntimeError("no")

    __str__ = __repr__

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        raise RuntimeError("no")


@pytest.fixture(autouse=True)
def _said() -> Iterator[None]:
    quiet._said.clear()
    yield
    quiet._said.clear()


@pytest.fixture
def events() -> Events:
    return []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINEAGE_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("LINEAGE_CAPTURE_SEND", "off")
    (tmp_path / "in.csv").write_text("a\n1\n", encoding="utf-8")
    return tmp_path


def spooled(folder: Path) -> tuple[list[dict[str, Any]], bool]:
    """The records of the one run in the spool, and whether it came to its end."""
    (file,) = spool.waiting(folder / "spool")
    with spool.claim(file) as claimed:
        assert claimed is not None, "nobody let go of the file"
        assert claimed.damaged == []
        return [record for event in claimed.events for record in event["records"]], claimed.is_finished


ODD: list[Any] = [
    np.float32(1.5),
    np.int64(3),
    datetime(2026, 5, 4, tzinfo=UTC),
    slice(0, 3),
    Rude(),
    {1: {2}},
    [Rude()],
    b"x",
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_an_odd_detail_costs_that_detail_alone(odd: Any, folder: Path) -> None:
    with lineage_client.run("odd", attributes={"title": odd}, parameters={"p": odd}) as run:
        run.input("in.csv", "train", part=odd, columns=[odd], note=odd)
        run.model("odd", estimator=odd)
        run.model("good", version="1", estimator=Rude())
        run.metric("odd", odd, unit=odd, note=odd)
        run.metric("good", 1)
        run.column("out.csv", odd, {"in.csv": odd})
        run.relate("DEPENDS_ON", run.urn, "Team:n:t", note=odd)
    records, is_finished = spooled(folder)
    assert is_finished
    assert [item["to"] for item in records if item.get("edge") == "USED"] == [version(folder / "in.csv")]
    assert [item["attributes"]["state"] for item in records if item.get("entity") == "Run"] == ["completed"]
    assert any(item.get("urn", "").endswith("good:1") for item in records)
    assert any(item.get("attributes", {}).get("metric") == "good" for item in records)


def test_values_of_numpy_and_dates_are_told_as_what_they_are(folder: Path, events: Events) -> None:
    moment = datetime(2026, 5, 4, tzinfo=UTC)
    with lineage_client.run("told", parameters={"rate": np.float32(0.5), "at": moment}, sink=events.append) as run:
        run.input("in.csv", "train", part=slice(0, 3), columns="a")  # type: ignore[arg-type]
        run.metric("mae", np.float64(0.25))
    assert entity(events, "Run")["parameters"] == {"rate": 0.5, "at": "2026-05-04T00:00:00+00:00"}
    assert entity(events, "Evaluation")["value"] == 0.25
    (used,) = [item for item in checked(events) if item.get("edge") == "USED"]
    assert used["attributes"] == {"role": "train", "slice": "slice(0, 3, None)", "columns": ["a"]}
    assert sound({1: (np.float32(2.5), moment)}) == {"1": [2.5, moment.isoformat()]}


def test_a_record_that_cannot_be_told_costs_that_record(caplog: pytest.LogCaptureFixture) -> None:
    deep: list[Any] = []
    deep.append(deep)
    good = {"entity": "Run", "urn": "u", "attributes": {}}
    (event,) = telling.events_of("e", "t", [good, {"attributes": deep}, good])
    assert event["records"] == [good, good]
    assert "could not be told" in caplog.text


def test_a_file_of_the_spool_is_let_go_of_whatever_happens(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(telling, "closing", fail)
    with lineage_client.run("lost", inputs="in.csv"):
        pass
    records, is_finished = spooled(folder)
    assert not is_finished
    assert any(item.get("entity") == "Run" for item in records)


def test_an_event_that_is_no_json_leaves_the_end_of_its_run(tmp_path: Path) -> None:
    file = spool.SpoolFile(tmp_path)
    assert delivery._written(
        file, [{"event_id": "a", "records": [{}]}, {"event_id": "b", "records": [{"x": object()}]}]
    )
    with spool.claim(file.path) as claimed:
        assert claimed is not None
        assert claimed.is_finished
        assert claimed.events == [{"event_id": "a", "records": [{}]}, {"event_id": "b", "records": []}]


def test_a_run_that_is_given_nonsense_to_begin_with_ends_too(folder: Path, events: Events) -> None:
    odd: dict[str, Any] = {"activity": ["training"], "attributes": 5, "entry_point": 7, "repository": object()}
    with pytest.raises(RudeError), lineage_client.run("odd", sink=events.append, **odd):
        raise RudeError
    assert entity(events, "Run")["state"] == "failed"
    assert lineage_client.capture.current() is None


@pytest.mark.parametrize(
    ("values", "mean", "deviation"),
    [
        ([1e200, -1e200], 0, 1e200), ([1.7e308, -1.7e308], 0, 1.7e308), ([1.7e308, 1.7e308], 1.7e308, 0),
        ([-3.0, -1.0], -2, 1), ([1e-310, 3e-310], 2e-310, 1e-310), ([0.0, 0.0], 0, 0),
    ],
)  # fmt: skip
def test_numbers_of_any_size_have_a_distribution(values: list[float], mean: float, deviation: float) -> None:
    told = statistics(Table(2, [("x", "f")], [0], [list(values)]))["columns"]["x"]
    assert told["quantiles"]["1.0"] == max(values)
    assert sum(told["histogram"]["counts"]) == 2
    assert told["mean"] == pytest.approx(mean, rel=1e-9, abs=0)
    assert told["deviation"] == pytest.approx(deviation, rel=1e-9, abs=0)
    assert "distinct_in_sample" in statistics(Table(1, [("x", "o")], [0], [[10**400]]))["columns"]["x"]


def test_a_profile_that_fails_costs_no_edge(folder: Path, events: Events) -> None:
    with lineage_client.run("profile", inputs="in.csv", sink=events.append) as run:
        run.tables_read[str(folder / "in.csv")] = Table(1, [("a", "int")], None, [[Rude()]])
        run.tables_read[str(folder / "in.csv")].columns.append(None)  # type: ignore[arg-type]
    assert edges(events, "USED") == [(run.urn, version(folder / "in.csv"))]
