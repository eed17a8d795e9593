"""How assets look that versions are rolled up into: as they were recorded then, and nothing of what was taken back."""

from __future__ import annotations

from typing import Any

import pytest

from registry.graph.database import Database
from registry.lineage.request import Direction, WalkRequest
from tests.integration.lineage.comparing import compare_at_once
from tests.integration.lineage.facts import Fact, Graph, Load, State, urn_of
from tests.integration.lineage.truth import Truths

RAW, CLEAN, ASSET = urn_of("DatasetVersion:t:raw:1"), urn_of("DatasetVersion:t:clean:1"), urn_of("Dataset:t:clean")
_MADE = Fact("DERIVED_FROM", CLEAN, RAW, "", ())


def _graph(*asset: State) -> Graph:
    return Graph({RAW: (State(),), CLEAN: (State(),)} | ({ASSET: asset} if asset else {}), (_MADE,))


@pytest.mark.parametrize(
    ("asset", "known_at", "shown"),
    [
        pytest.param((State(title="Clean"),), None, (False, "Clean"), id="as it was recorded"),
        pytest.param((State(title="Clean", recorded_to=3),), None, (True, None), id="taken back"),
        pytest.param((State(title="Clean", recorded_to=3),), 2, (False, "Clean"), id="before it was taken back"),
        pytest.param((State(title="Clean", recorded_from=3),), 2, (True, None), id="before it was heard of"),
        pytest.param((), None, (True, None), id="never heard of"),
        pytest.param(
            (State(title="Old", recorded_to=3), State(title="New", recorded_from=3)), 2, (False, "Old"), id="as it was"
        ),
    ],
)
@pytest.mark.parametrize("start", [RAW, CLEAN])
def test_an_asset_looks_as_it_was_recorded(
    load: Load, database: Database, asset: tuple[State, ...], known_at: int | None, shown: Any, start: str
) -> None:
    graph = _graph(*asset)
    graph.load(load)
    direction = Direction.DOWNSTREAM if start == RAW else Direction.UPSTREAM
    request = WalkRequest(start, direction, roll_up=True, known_at=known_at)
    answer = compare_at_once(database, Truths(graph, request), request)
    (found,) = (node for node in (*answer.start, *answer.nodes) if node.urn == ASSET)
    assert (found.placeholder, found.title, found.members) == (*shown, (CLEAN,))


def test_an_asset_that_was_taken_back_is_asked_about_by_name(load: Load, database: Database) -> None:
    """Who asks about a time at which it was true is shown what was said of it."""
    graph = Graph({ASSET: (State(title="Clean", recorded_to=3),)}, ())
    graph.load(load)
    request = WalkRequest(ASSET, Direction.DOWNSTREAM, roll_up=True, as_of=1)
    answer = compare_at_once(database, Truths(graph, request), request)
    assert [(node.urn, node.title) for node in answer.start] == [(ASSET, "Clean")]
