"""What a change touches over HTTP: ranked, grouped, whom to tell, and every way to each item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from registry.cli.documents import DOCUMENTS
from tests.integration.api.conftest import DEPLOYMENT, MODEL, RUN, TEAM, V3, write

Ask = Callable[..., dict[str, Any]]
IMPACT = """
query ($urn: URN!, $most: Int! = 20, $depth: Int, $knownAt: DateTime) {
  impact(urn: $urn, depth: $depth, knownAt: $knownAt, limit: 200) {
    total
    items {
      node { urn }
      standing { live retired criticality stage requestsPerSecond environments { urn name stage } }
      allPaths(most: $most) { count countIsExact complete reasons paths { length summary certainty } }
    }
    byEnvironment { environment { urn name stage } count certain possible items { node { urn } } }
    byOwner { owner { urn } certain possible }
    ownersToTell {
      owners { owner { name } teams { urn } touched { certain possible items { summary } } }
      nobody { certain items { node { urn } } }
    }
  }
}
"""
SYSTEM = "urn:lineage:AISystem:demo:menu"
DIVISION = "urn:lineage:Team:demo:division"


@pytest.fixture
def served(api: httpx.Client, wine: httpx.Response) -> httpx.Response:
    records: list[dict[str, Any]] = [
        {"entity": "Deployment", "urn": DEPLOYMENT, "attributes": {"stage": "production", "requests_per_second": 8}},
        {"entity": "AISystem", "urn": SYSTEM, "attributes": {"criticality": "high"}},
        {"edge": "RELIES_ON", "from": SYSTEM, "to": DEPLOYMENT},
        {"edge": "DERIVED_FROM", "from": MODEL, "to": V3},
        {"entity": "Team", "urn": DIVISION},
        {"edge": "PART_OF", "from": TEAM, "to": DIVISION},
    ]
    return write(api, records, "served")


@pytest.mark.usefixtures("served")
def test_impact_is_ranked_grouped_and_explained_way_by_way(ask: Ask) -> None:
    answer = ask(IMPACT, urn=V3)["impact"]
    assert [item["node"]["urn"] for item in answer["items"]] == [SYSTEM, DEPLOYMENT, MODEL, RUN]
    place = {"urn": None, "name": "production", "stage": "production"}
    model = answer["items"][2]
    assert model["standing"] == {
        "live": True, "retired": False, "criticality": "high", "stage": "production", "requestsPerSecond": 8.0,
        "environments": [place],
    }  # fmt: skip
    assert (model["allPaths"]["count"], model["allPaths"]["countIsExact"], model["allPaths"]["complete"]) == (
        2,
        True,
        True,
    )
    assert [path["length"] for path in model["allPaths"]["paths"]] == [1, 2]
    assert [(group["environment"], group["count"]) for group in answer["byEnvironment"]] == [(place, 3), (None, 1)]
    (told,) = answer["ownersToTell"]["owners"]
    assert (told["owner"]["name"], [team["urn"] for team in told["teams"]]) == ("cellar", [DIVISION])
    assert (told["touched"]["certain"], len(told["touched"]["items"])) == (1, 1)
    assert answer["ownersToTell"]["nobody"]["certain"] == 3
    assert [(group["certain"], group["possible"]) for group in answer["byOwner"]] == [(1, 0), (3, 0)]


@pytest.mark.usefixtures("served")
def test_every_item_has_its_own_ways_up_to_what_was_asked(ask: Ask) -> None:
    answer = ask(IMPACT, urn=V3, most=1, depth=1)["impact"]
    for item in answer["items"]:
        assert (item["allPaths"]["count"], item["allPaths"]["complete"]) == (1, False)
        assert "DEPTH" in item["allPaths"]["reasons"]
    deep = {item["node"]["urn"]: item["allPaths"] for item in ask(IMPACT, urn=V3, most=1)["impact"]["items"]}
    assert (deep[SYSTEM]["count"], len(deep[SYSTEM]["paths"]), deep[SYSTEM]["reasons"]) == (2, 1, ["SIZE"])


@pytest.mark.usefixtures("served")
def test_parts_are_found_in_fragments_and_left_out_where_nobody_asks(ask: Ask) -> None:
    text = "query ($urn: URN!) { impact(urn: $urn) { ...A completeness { complete } } } fragment A on Impact { ...B }"
    groups = "fragment B on Impact { groups: byOwner { owner { urn } } total }"
    assert ask(f"{text} {groups}", urn=V3)["impact"] == {
        "groups": [{"owner": {"urn": TEAM}}, {"owner": None}], "total": 4, "completeness": {"complete": True},
    }  # fmt: skip
    assert ask("query ($urn: URN!) { impact(urn: $urn) { total } }", urn=V3)["impact"] == {"total": 4}


@pytest.mark.usefixtures("served")
def test_too_many_paths_are_refused(api: httpx.Client, ask: Ask) -> None:
    for most in (0, 1_001):
        answer = api.post("/graphql", json={"query": IMPACT, "variables": {"urn": V3, "most": most}}).json()
        assert answer["errors"][0]["extensions"]["code"] in ("invalid-request", "document-too-costly")
    costly = api.post("/graphql", json={"query": IMPACT, "variables": {"urn": V3, "most": 1_000}}).json()
    assert costly["errors"][0]["extensions"]["code"] == "document-too-costly"


@pytest.mark.usefixtures("served")
def test_the_document_of_the_command_line_is_answered(ask: Ask) -> None:
    variables = {"urn": V3, "software": False, "possible": True, "limit": 1000, "paths": True}
    assert ask(DOCUMENTS["impact"], **variables)["impact"]["ownersToTell"]["owners"][0]["owner"]["urn"] == TEAM
