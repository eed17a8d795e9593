"""Answers limited to what came by trusted channels."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from registry.graph.database import Database
from registry.settings import Settings
from tests.integration.api.conftest import Ask

DATA = "urn:lineage:DatasetVersion:demo:wine:v1"
TRUSTED = "urn:lineage:ModelVersion:demo:sure:1"
OTHER = "urn:lineage:ModelVersion:demo:rumour:1"

STREAM = "/api/v1/lineage/stream"
WALK = """query ($urn: URN!, $trusted: Boolean!) {
  lineage(urn: $urn, direction: DOWNSTREAM, trusted: $trusted) {
    nodes { urn entity { channels trusted } } edges { downstream channels trusted } completeness { complete }
  }
  impact(urn: $urn, trusted: $trusted) { items { node { urn } path { edge { channels trusted } } } }
  search(kinds: [ModelVersion], trusted: $trusted) { totalCount edges { node { urn channels trusted } } }
  paths(from: $urn, to: "urn:lineage:ModelVersion:demo:rumour:1", trusted: $trusted) { count }
}"""


def _send(api: httpx.Client, downstream: str, channel: str | None, event: str) -> None:
    records: list[dict[str, Any]] = [
        {"entity": "ModelVersion", "urn": downstream},
        {"edge": "DERIVED_FROM", "from": downstream, "to": DATA},
    ]
    body = {"event_id": event, "channel": channel, "records": records} if channel else {"records": records}
    assert api.post("/api/v1/records", json=body).status_code == 200


@pytest.fixture(autouse=True)
def _trusting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.__dict__, "trusted_channels", "import:*")


@pytest.fixture
def told(api: httpx.Client, clean_database: Database) -> None:
    _send(api, TRUSTED, "import:mlflow", "one")
    _send(api, OTHER, None, "two")


@pytest.mark.usefixtures("told")
def test_answers_are_limited_and_say_by_which_way_each_thing_came(ask: Ask) -> None:
    everything, trusted = (ask(WALK, urn=DATA, trusted=limited) for limited in (False, True))
    assert {node["urn"] for node in everything["lineage"]["nodes"]} == {TRUSTED, OTHER}
    assert [node["urn"] for node in trusted["lineage"]["nodes"]] == [TRUSTED]
    assert {edge["downstream"]: (edge["channels"], edge["trusted"]) for edge in everything["lineage"]["edges"]} == {
        TRUSTED: (["import:mlflow"], True),
        OTHER: (["records"], False),
    }
    assert trusted["lineage"]["nodes"][0]["entity"] == {"channels": ["import:mlflow"], "trusted": True}
    assert [item["node"]["urn"] for item in trusted["impact"]["items"]] == [TRUSTED]
    assert trusted["impact"]["items"][0]["path"][0]["edge"] == {"channels": ["import:mlflow"], "trusted": True}
    assert (everything["search"]["totalCount"], trusted["search"]["totalCount"]) == (2, 1)
    assert trusted["search"]["edges"][0]["node"]["urn"] == TRUSTED
    assert (everything["paths"]["count"], trusted["paths"]["count"]) == (1, 0)


@pytest.mark.usefixtures("told")
def test_whoever_says_it_again_neither_takes_trust_away_nor_lends_it(api: httpx.Client, ask: Ask) -> None:
    _send(api, TRUSTED, None, "")
    (edge,) = ask(WALK, urn=DATA, trusted=True)["lineage"]["edges"]
    assert edge == {"downstream": TRUSTED, "channels": ["import:mlflow", "records"], "trusted": True}
    _send(api, OTHER, "attestation", "forged")  # the registry alone says so
    assert len(ask(WALK, urn=DATA, trusted=True)["lineage"]["edges"]) == 1
    _send(api, OTHER, "import:dbt", "again")
    assert len(ask(WALK, urn=DATA, trusted=True)["lineage"]["edges"]) == 2


@pytest.mark.usefixtures("told")
def test_streams_and_exports_are_limited_too(api: httpx.Client) -> None:
    for limited in (False, True):
        streamed = api.get(STREAM, params={"urn": DATA, "format": "ndjson", "trusted": str(limited).lower()})
        assert streamed.status_code == 200
        assert TRUSTED in streamed.text
        assert (OTHER in streamed.text) is not limited
        query = {"urn": DATA, "direction": "downstream", "format": "prov-json", "trusted": str(limited).lower()}
        answer = api.get("/api/v1/export", params=query)
        assert answer.status_code == 200, answer.text
        assert ("rumour" in answer.text) is not limited
        assert "sure" in answer.text
    everything = api.get("/api/v1/export", params={"everything": "true", "format": "prov-json", "trusted": "true"})
    assert everything.status_code == 400


def test_where_nothing_is_trusted_that_is_said(
    api: httpx.Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.__dict__, "trusted_channels", "")
    answer = api.post("/graphql", json={"query": WALK, "variables": {"urn": DATA, "trusted": True}}).json()
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"invalid-request"}
    assert "LINEAGE_TRUSTED_CHANNELS" in answer["errors"][0]["extensions"]["hint"]


@pytest.mark.usefixtures("told")
def test_an_entity_that_shows_what_somebody_else_said_is_not_trusted(ask: Ask, api: httpx.Client) -> None:
    def say(event: str, channel: str, **attributes: str) -> Any:
        record = {"entity": "ModelVersion", "urn": TRUSTED, "attributes": attributes}
        body = {"event_id": event, "channel": channel, "records": [record]}
        assert api.post("/api/v1/records", json=body).status_code == 200
        return ask(WALK, urn=DATA, trusted=True)

    shown = {"channels": ["import:mlflow"], "trusted": True}
    mixed = {"channels": ["import:mlflow", "records"], "trusted": False}
    first = say("three", "import:mlflow", license="MIT", title="Sure")
    assert [edge["node"] for edge in first["search"]["edges"]] == [{"urn": TRUSTED, **shown}]
    for event, channel, said in (
        ("four", "records", {"license": "none"}),
        ("five", "import:mlflow", {"title": "Sure"}),
    ):
        answer = say(event, channel, **said)
        assert answer["lineage"]["nodes"][0]["entity"] == mixed
        assert answer["search"]["totalCount"] == 0
    healed = say("six", "import:mlflow", license="MIT")
    assert healed["lineage"]["nodes"][0]["entity"] == shown
    assert healed["search"]["totalCount"] == 1
