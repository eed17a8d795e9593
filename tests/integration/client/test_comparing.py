"""The notebook client's comparisons against a real registry: two times, two versions, and what was not all seen."""

from __future__ import annotations

import asyncio
import json
import pickle
import warnings
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from lineage_client import AsyncClient, Client, IncompleteAnswerWarning, InvalidRequestError, LineageDiff, NotFoundError

from .conftest import DEPLOYMENT, MODEL, TRAINING, TUNED, URN, V1, V3, write

SECOND, RETRAINING = URN("ModelVersion", "taster:2"), URN("Run", "train-3")


@pytest.fixture
def retrained(client: Client, api: httpx.Client) -> Client:
    """The client, with a second version of the model that another run made from other data."""
    run = {"entity": "Run", "urn": TRAINING, "attributes": {"seed": 1, "parameters": {"rate": 0.1}}}
    again = {"entity": "Run", "urn": RETRAINING, "attributes": {"seed": 1, "parameters": {"rate": 0.2}}}
    write(api, "client-retrained", [
        run, again, {"entity": "ModelVersion", "urn": SECOND},
        {"edge": "USED", "from": RETRAINING, "to": V1, "attributes": {"role": "train"}, "evidence": "observed"},
        {"edge": "GENERATED_BY", "from": SECOND, "to": RETRAINING, "evidence": "observed"},
    ])  # fmt: skip
    return client


def _pairs(answer: LineageDiff) -> set[tuple[str | None, str | None]]:
    return {(item.before.urn if item.before else None, item.after.urn if item.after else None) for item in answer}


def test_two_versions_correspond(retrained: Client) -> None:
    answer = retrained.diff(MODEL, SECOND)
    assert (answer.before.urn, answer.after.urn, answer.direction) == (MODEL, SECOND, "upstream")
    assert _pairs(answer) == {(MODEL, SECOND), (TRAINING, RETRAINING), (V3, V1)}
    assert {item.change for item in answer} == {"replaced"}
    assert (answer.complete, answer.reasons, answer.node_counts.replaced) == (True, (), 3)
    (runs,) = answer.runs
    assert (runs.before.urn, runs.after.urn) == (TRAINING, RETRAINING)
    rate = {item.name: (item.before, item.after) for item in runs.attributes}["parameters.rate"]
    assert rate == (0.1, 0.2)
    assert answer.summary in repr(answer)
    assert repr(answer).startswith("What changed upstream, from taster v1 to taster v2\n")
    assert runs.sentence in answer._repr_html_()
    rows = {row["attribute"]: row for row in answer.to_polars("attributes").to_dicts() if row["of"] == "run"}
    assert json.loads(rows["parameters.rate"]["after"]) == 0.2
    assert set(answer.to_pandas()["after"]) == {SECOND, RETRAINING, V1}
    assert answer.to_arrow("edges").num_rows == len(answer.edges) == 2
    assert pickle.loads(pickle.dumps(answer)) == answer


def test_two_times_by_what_was_recorded(client: Client, api: httpx.Client) -> None:
    before = datetime.now(UTC)
    retraction = {"op": "retract", "reason": "It was another version."}
    write(api, "client-corrected", [
        {"edge": "USED", "from": TRAINING, "to": V3, "attributes": {"role": "train"}} | retraction,
        {"edge": "USED", "from": TRAINING, "to": URN("DatasetVersion", "grapes:v1"), "attributes": {"role": "train"}},
        {"entity": "Deployment", "urn": DEPLOYMENT, "attributes": {"lifecycle": "deprecated"}},
    ])  # fmt: skip
    answer = client.diff(DEPLOYMENT, from_known_at=before)
    assert [item.node.urn for item in answer.added] == [URN("DatasetVersion", "grapes:v1")]
    assert [item.node.urn for item in answer.removed] == [V3]
    (deployment,) = answer.changed
    (told,) = deployment.attributes
    assert (deployment.node.urn, told.name, told.change, told.after) == (DEPLOYMENT, "lifecycle", "added", "deprecated")
    assert {(item.change, item.edge.upstream) for item in answer.edges} == {
        ("added", URN("DatasetVersion", "grapes:v1")), ("removed", V3),
    }  # fmt: skip
    assert answer.before.known_at == before
    assert answer.after.known_at > before
    assert (answer.node_counts.unchanged, answer.edge_counts.unchanged) == (3, 3)
    back = client.diff(DEPLOYMENT, from_known_at=before, to_known_at=before)
    assert (back.nodes, back.edges, back.node_counts.unchanged) == ((), (), 5)
    assert "Nothing changed." in repr(back)


def test_two_times_by_what_was_true(client: Client) -> None:
    day = datetime(2026, 5, 4, tzinfo=UTC)
    answer = client.diff(MODEL, from_time=day, to_time=day + timedelta(days=1))
    assert (answer.before.as_of, answer.after.as_of) == (day, day + timedelta(days=1))
    assert answer.before.known_at == answer.after.known_at
    assert [item.node.urn for item in answer.added] == [item.node.urn for item in answer] == [TRAINING, V3]
    assert {item.change for item in answer.edges} == {"added"}
    assert "from taster v1 (true at 2026-05-04 00:00:00 UTC) to taster v1 (true at 2026-05-05" in repr(answer)
    with pytest.raises(InvalidRequestError, match="later than"):
        client.diff(MODEL, from_time=day + timedelta(days=1), to_time=day)


def test_what_was_not_there_yet_is_all_new(client: Client, api: httpx.Client) -> None:
    before = datetime.now(UTC)
    write(api, "client-second", [{"edge": "DERIVED_FROM", "from": SECOND, "to": MODEL}])
    answer = client.diff(SECOND, from_known_at=before)
    assert (answer.before.there, answer.before.start, answer.after.there) == (False, (), True)
    assert [item.node.urn for item in answer.added] == [SECOND, MODEL, TRAINING, V3]
    assert "Of taster v2, nothing is recorded on the older side." in repr(answer)


def test_options_hold_on_both_sides(retrained: Client) -> None:
    data = retrained.diff(MODEL, SECOND, kinds=["DatasetVersion"])
    assert _pairs(data) == {(MODEL, SECOND), (V3, V1)}
    below = retrained.diff(MODEL, SECOND, direction="downstream")
    assert {item.node.urn for item in below.removed} == {TUNED, DEPLOYMENT}
    assert _pairs(retrained.diff(MODEL, SECOND, roll_up=True))


def test_a_side_that_is_not_all_seen_is_told(retrained: Client) -> None:
    with pytest.warns(IncompleteAnswerWarning, match="of the older side, there is more .*Raise limit") as caught:
        answer = retrained.diff(V3, V1, direction="downstream", possible=False, limit=3)
    assert caught[0].filename == __file__
    assert (answer.complete, answer.reasons) == (False, ("size",))
    assert (answer.before.completeness.complete, answer.after.completeness.complete) == (False, True)
    with pytest.warns(IncompleteAnswerWarning, match="Raise depth"):
        assert retrained.diff(MODEL, SECOND, depth=1).reasons == ("depth",)


def test_what_cannot_be_compared_is_refused(client: Client) -> None:
    for other in (None, MODEL, V3):
        with pytest.raises(InvalidRequestError) as caught:
            client.diff(MODEL, other)
        assert caught.value.hint
    with pytest.raises(NotFoundError):
        client.diff(MODEL, SECOND)


def test_the_asynchronous_client_compares_the_same(retrained: Client, api_url: str) -> None:
    now = datetime.now(UTC)

    async def ask(depth: int | None = None) -> LineageDiff:
        async with AsyncClient(api_url) as other:
            return await other.diff(
                "ModelVersion:demo:taster:1", SECOND, from_known_at=now, to_known_at=now, depth=depth
            )

    assert asyncio.run(ask()) == retrained.diff(MODEL, SECOND, from_known_at=now, to_known_at=now)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(ask(depth=1))
    assert [(each.category, each.filename) for each in caught] == [(IncompleteAnswerWarning, __file__)]
