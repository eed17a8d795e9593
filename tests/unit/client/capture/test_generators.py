"""Generators under capture: their own work is the run's, and nothing of what happens between two steps."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

import lineage_client
from lineage_client.capture import current, watch
from tests.unit.client.capture.test_hooks import names
from tests.unit.client.capture.test_running import Events, checked, edges


@pytest.fixture
def events() -> Events:
    return []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    watch()
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv", "c.csv"):
        Path(name).write_text(name, encoding="utf-8")
    return tmp_path


def _is_under_way() -> bool:
    return current() is not None


def states(events: Events) -> list[str]:
    return [item["attributes"]["state"] for item in checked(events) if item.get("entity") == "Run"]


def test_a_run_lasts_from_the_first_step_to_the_end(folder: Path, events: Events) -> None:
    @lineage_client.captured("lines", sink=events.append)
    def lines(first: str) -> Generator[str, str, None]:
        assert current() is not None
        got = yield Path(first).read_text(encoding="utf-8")
        assert got == "sent"
        yield Path("b.csv").read_text(encoding="utf-8")

    reading = lines("a.csv")
    assert events == []
    assert next(reading) == "a.csv"
    assert not _is_under_way()
    Path("c.csv").read_text(encoding="utf-8")
    with lineage_client.run("between", sink=lambda _: None) as other:
        assert other.around is None
    assert reading.send("sent") == "b.csv"
    assert list(reading) == []
    assert states(events) == ["completed"]
    assert names(events, "USED") == {"a.csv", "b.csv"}
    assert [item["attributes"].get("parameters") for item in checked(events) if item.get("entity") == "Run"] == [
        {"first": "a.csv"}
    ]
    assert edges(events, "PART_OF") == []


def test_one_that_is_left_and_one_that_fails(folder: Path, events: Events) -> None:
    closed = []

    @lineage_client.captured("many", sink=events.append)
    def many() -> Iterator[int]:
        try:
            yield 1
            raise ValueError("no more")
        finally:
            closed.append(current() is not None)

    for _ in many():
        break
    with pytest.raises(ValueError, match="no more"):
        list(many())
    thrown = many()
    next(thrown)
    with pytest.raises(KeyError):
        thrown.throw(KeyError("x"))  # type: ignore[attr-defined]
    assert closed == [True, True, True]
    assert states(events) == ["completed", "failed", "failed"]
    assert current() is None
