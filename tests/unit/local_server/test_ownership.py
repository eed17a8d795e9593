"""The record of who holds a data folder: the keeper's word is never overwritten by somebody who only watches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry.graph.local import ownership
from registry.graph.local.layout import Layout
from registry.settings import Settings


@pytest.fixture
def layout(settings: Settings) -> Layout:
    layout = Layout.of(settings)
    layout.prepare()
    return layout


def _keeper_writes(layout: Layout, **record: Any) -> None:
    layout.state.write_text(json.dumps(record), encoding="utf-8")


def test_what_the_keeper_writes_meanwhile_stays(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    _keeper_writes(layout, keeper=1, java=2, since="now")
    read = ownership.read_record

    def read_and_then_it_ends(asked: Layout) -> dict[str, Any]:
        record = read(asked)
        _keeper_writes(layout, keeper=1, java=2, since="now", ended=3.0, code=1)
        return record

    monkeypatch.setattr(ownership, "read_record", read_and_then_it_ends)
    ownership.note_ready(layout)
    assert read(layout) == {"keeper": 1, "java": 2, "since": "now", "ended": 3.0, "code": 1}


def test_readiness_belongs_to_one_run(layout: Layout) -> None:
    assert not ownership.was_ready(layout)
    ownership.note_ready(layout)  # nothing runs: there is nothing to note
    assert not ownership.was_ready(layout)
    _keeper_writes(layout, keeper=1, java=2, since="now")
    ownership.note_ready(layout)
    assert ownership.was_ready(layout)
    for other in ({"keeper": 1, "java": 4, "since": "now"}, {"keeper": 1, "java": 2, "since": "later"}):
        _keeper_writes(layout, **other)
        assert not ownership.was_ready(layout)
    _keeper_writes(layout, keeper=1, java=2, since="now", ended=3.0)
    assert not ownership.was_ready(layout)
