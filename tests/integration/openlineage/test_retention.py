"""Events are let go of as they came after so many days; what they said stays."""

from __future__ import annotations

import pytest

from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.intake import raw_events
from registry.intake.taking import Intake, incoming
from registry.settings import Settings
from registry.writer import Writer
from tests.integration.openlineage.conftest import Graph, dataset, event

_AGE = "MATCH (n) WHERE n:CapturedEvent OR n:CapturedFold SET n.received_at = n.received_at - 3 * 86400000000"


def test_old_events_go_and_what_they_said_stays(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_events, "_AT_ONCE", 2)
    kept = settings.model_copy(update={"openlineage_event_days": 2})
    forever, intake = (
        Intake(database, Writer(database, settings), settings),
        Intake(database, Writer(database, kept), kept),
    )
    old = [event("START", second, run=f"r{second}", inputs=[dataset("orders", "v1")]) for second in range(5)]
    taken = forever.take([incoming(item) for item in old])
    database.execute_schema(_AGE)
    digest = taken.events[0].ready.event.digest if taken.events[0].ready else ""
    assert (forever.raw_events.find().total, intake.raw_events.find().total) == (5, 0)
    with pytest.raises(NotFoundError):
        intake.raw_events.read(digest)
    for second in range(10, 14):
        intake.take([incoming(event("START", second, run=f"r{second}"))])
    assert forever.raw_events.find().total == intake.raw_events.find().total == 4
    assert forever.raw_events.folds([("run", "jobs", "r0")]) == []
    assert len(Graph(database).joined("USED")) == 5
