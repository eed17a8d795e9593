"""What a run keeps in memory, and what it lets go of."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import lineage_client
from lineage_client.capture import delivery, profiles
from tests.unit.client.capture.test_running import Events, entity


def test_of_tables_only_what_is_told_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: Events = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(profiles, "MOST_TABLES", 1)
    frame = pd.DataFrame({"a": [1]})
    for name in ("in.csv", "too.csv"):
        frame.to_csv(name, index=False)
    with lineage_client.run("tables", inputs=["in.csv", "too.csv"], sink=events.append) as run:
        for name in ("in.csv", "too.csv"):
            profiles.note_frame(run, name, frame, whole=True)
    (table,) = run.tables_read.values()
    assert table.sample == []
    assert entity(events, "Profile")["statistics"]["columns"]["a"]["mean"] == 1
    assert entity(events, "Run")["facets"]["capture"]["tables_left_out"] == 1


class Sink:
    """A sink that cannot be hashed."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, event: dict[str, Any]) -> None:
        self.events.append(event)


def test_any_sink_is_told_of_an_environment_once_and_may_go() -> None:
    sink, told = Sink(), list[dict[str, Any]]()
    environment = {"event_id": "environment", "records": []}
    for _ in range(2):
        for target in (sink, told.append):
            delivery.ToSink(target).finish([{"event_id": "run", "records": []}], environment)
    for events in (sink.events, told):
        assert [event["event_id"] for event in events] == ["environment", "run", "run"]
    gone = weakref.ref(sink)
    del sink, target
    assert gone() is None
