"""Every read at two times, over HTTP: what was so then, as it was known by then, page by page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest

from tests.integration.api.conftest import DATASET, RUN, TEAM, URN, V1, V2, V3, Ask, write

pytestmark = pytest.mark.usefixtures("wine")

V4 = URN("DatasetVersion", "wine:v4")


def _write_on(api: httpx.Client, day: int, records: list[dict[str, Any]]) -> httpx.Response:
    """Write what happened on a day of May."""
    event = {"event_id": f"day-{day}", "event_time": f"2026-05-{day:02}T12:00:00Z", "producer": "test"}
    response = api.post("/api/v1/records", json=event | {"records": records})
    assert response.status_code == 200, response.text
    return response


def _recorded(answer: httpx.Response) -> str:
    return str(answer.json()["recorded_at"])


@pytest.fixture
def later(api: httpx.Client, wine: httpx.Response) -> tuple[str, str]:
    """Something written after the small lineage; when that was recorded, and when this was."""
    records: list[dict[str, Any]] = [
        {"entity": "Dataset", "urn": DATASET, "attributes": {"title": "Grapes", "tags": ["fruit"], "lifecycle": "active"}},
        {"entity": "DatasetVersion", "urn": V1, "op": "retract", "reason": "there was no v1"},
        {"entity": "DatasetVersion", "urn": V4, "attributes": {"rows": 174}},
        {"edge": "OWNED_BY", "from": DATASET, "to": TEAM, "op": "retract", "reason": "never theirs"},
        {"edge": "USED", "from": RUN, "to": V2, "attributes": {"role": "train"}},
        {"entity": "DatasetVersion", "urn": V3, "attributes": {"digest": "sha256:aa"}},
    ]  # fmt: skip
    return _recorded(wine), _recorded(_write_on(api, 5, records))


SEARCH = """query ($text: String, $tags: [String!], $owner: String, $asOf: DateTime, $knownAt: DateTime, $after: String) {
  search(text: $text, tags: $tags, owner: $owner, asOf: $asOf, knownAt: $knownAt, first: 2, after: $after) {
    totalCount knownAt pageInfo { hasNextPage endCursor } edges { node { urn title owners { urn } } }
  }
}"""


def _found(ask: Ask, **asked: Any) -> list[str]:
    found: list[str] = []
    while True:
        page = ask(SEARCH, **asked)["search"]
        found += [edge["node"]["urn"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(found) == page["totalCount"]
            return found
        asked["after"] = page["pageInfo"]["endCursor"]


def test_search_finds_what_was_called_so_then(ask: Ask, later: tuple[str, str]) -> None:
    before, after = later
    versions = [V2, V3, V4]
    assert _found(ask, text="grapes") == _found(ask, text="grapes", knownAt=after) == [DATASET, *versions]
    assert _found(ask, text="grapes", knownAt=before) == []
    assert _found(ask, text="demo", knownAt=before) == [DATASET, V1, V2, V3]
    assert _found(ask, tags=["tabular"]) == []
    assert _found(ask, tags=["tabular"], knownAt=before) == [DATASET]
    assert _found(ask, owner=TEAM, knownAt=before) == [URN("ModelVersion", "taster:1"), DATASET, V1, V2, V3]
    assert _found(ask, owner=TEAM) == [URN("ModelVersion", "taster:1")]
    # v4 is there since the day of the event that tells of it.
    assert V4 not in _found(ask, text="wine", asOf="2026-05-04T13:00:00Z")
    assert V4 in _found(ask, text="wine", asOf="2026-05-05T13:00:00Z")
    assert _found(ask, text="wine", asOf="2026-05-04T11:00:00Z") == []


def test_what_is_nested_is_of_the_same_time(ask: Ask, later: tuple[str, str]) -> None:
    page = ask(SEARCH, text="demo", knownAt=later[0])["search"]
    assert page["edges"][0]["node"] == {"urn": DATASET, "title": "Wine", "owners": [{"urn": TEAM}]}


def test_pages_stay_of_the_state_in_which_the_first_was_asked_for(ask: Ask, api: httpx.Client) -> None:
    page = ask(SEARCH, text="wine")["search"]
    cursor = page["pageInfo"]["endCursor"]
    write(api, [{"entity": "Dataset", "urn": URN("Dataset", "wine"), "op": "retract", "reason": "x"},
                {"entity": "DatasetVersion", "urn": V4}], "between")  # fmt: skip
    rest = ask(SEARCH, text="wine", after=cursor)["search"]
    assert rest["totalCount"] == page["totalCount"] == 4
    assert rest["knownAt"] == page["knownAt"]
    assert [edge["node"]["urn"] for edge in (*page["edges"], *rest["edges"])] == [DATASET, V1, V2, V3]


def test_versions_neighbours_and_history_of_then(ask: Ask, later: tuple[str, str]) -> None:
    document = """query ($asset: URN!, $run: URN!, $version: URN!, $asOf: DateTime, $knownAt: DateTime) {
      asset: entity(urn: $asset, asOf: $asOf, knownAt: $knownAt) {
        versions { totalCount edges { node { urn } } } history { attributes }
      }
      run: entity(urn: $run, asOf: $asOf, knownAt: $knownAt) { neighbours(direction: UPSTREAM) { node { urn } } }
      version: entity(urn: $version, knownAt: $knownAt) { history { attributes } }
    }"""

    def asked(**times: str) -> tuple[Any, ...]:
        data = ask(document, asset=DATASET, run=RUN, version=V3, **times)
        versions = data["asset"]["versions"]
        assert versions["totalCount"] == len(versions["edges"])
        return (
            [edge["node"]["urn"] for edge in versions["edges"]],
            [item["node"]["urn"] for item in data["run"]["neighbours"]],
            [state["attributes"]["title"] for state in data["asset"]["history"]],
            ["digest" in state["attributes"] for state in data["version"]["history"]],
        )

    assert asked() == ([V4, V3, V2], [V2, V3], ["Wine", "Grapes"], [False, True])
    assert asked(knownAt=later[0]) == ([V3, V2, V1], [V3], ["Wine"], [False])
    assert asked(asOf="2026-05-04T13:00:00Z") == ([V3, V2], [V3], ["Wine", "Grapes"], [False, True])


@pytest.mark.parametrize("size", [1, 2, 50])
def test_neighbours_and_history_page_by_page(ask: Ask, api: httpx.Client, size: int) -> None:
    for day in range(5, 9):
        _write_on(api, day, [{"entity": "Dataset", "urn": DATASET, "attributes": {"title": f"Wine {day}"}}])
    neighbours = """query ($urn: URN!, $first: Int!, $after: String) {
      entity(urn: $urn) {
        items: neighbours(direction: DOWNSTREAM, first: $first, after: $after) { cursor node { urn } }
        more: hasMoreNeighbours(direction: DOWNSTREAM, first: $first, after: $after)
      }
    }"""
    history = """query ($urn: URN!, $first: Int!, $after: String) {
      entity(urn: $urn) {
        items: history(first: $first, after: $after) { cursor attributes }
        more: hasMoreHistory(first: $first, after: $after)
      }
    }"""
    pages = [item for page in _pages(ask, neighbours, size, urn=DATASET) for item in page]
    assert [item["node"]["urn"] for item in pages] == [V1, V2, V3]
    states = [item for page in _pages(ask, history, size, urn=DATASET) for item in page]
    assert [item["attributes"]["title"] for item in states] == ["Wine", *(f"Wine {day}" for day in range(5, 9))]


@pytest.mark.parametrize("of", ["", "urn: $urn, "])
def test_findings_page_by_page_and_as_known(ask: Ask, api: httpx.Client, of: str) -> None:
    # Each digest that contradicts the one before is found, once for each version.
    recorded = [
        _recorded(
            _write_on(api, day, [{"entity": "DatasetVersion", "urn": urn, "attributes": {"digest": f"sha256:{day}"}}])
        )
        for day, urn in enumerate((V3, V3, V2, V2, V1, V1), start=5)
    ]
    document = f"""query ({"$urn: URN, " if of else ""}$first: Int!, $after: String, $knownAt: DateTime) {{
      items: findings({of}first: $first, after: $after, knownAt: $knownAt) {{ id urn cursor recordedAt }}
      more: hasMoreFindings({of}first: $first, after: $after, knownAt: $knownAt)
    }}"""
    variables = {"urn": V3} if of else {}
    whole = [item for page in _pages(ask, document, 50, root=True, **variables) for item in page]
    assert [item["urn"] for item in whole] == ([V3] if of else [V1, V2, V3])
    assert [item for page in _pages(ask, document, 1, root=True, **variables) for item in page] == whole
    (known,) = _pages(ask, document, 50, root=True, knownAt=recorded[2], **variables)
    assert [item["urn"] for item in known] == [V3]
    assert list(_pages(ask, document, 50, root=True, knownAt=recorded[0], **variables)) == [[]]


def _pages(ask: Ask, document: str, size: int, *, root: bool = False, **variables: Any) -> Any:
    after = None
    while True:
        data = ask(document, first=size, after=after, **variables)
        page = data if root else data["entity"]
        yield page["items"]
        if not page["more"]:
            return
        after = page["items"][-1]["cursor"]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ('search(asOf: "2026-05-04T12:00:00") { totalCount }', "invalid-document"),
        ('search(knownAt: "yesterday") { totalCount }', "invalid-document"),
        ('search(asOf: "2999-01-01T00:00:00Z") { totalCount }', "invalid-request"),
        ('findings(knownAt: "2999-01-01T00:00:00Z") { id }', "invalid-request"),
        ('search(after: "AAAA") { totalCount }', "invalid-request"),
        ('findings(after: "AAAA") { id }', "invalid-request"),
        (f'entity(urn: "{RUN}") {{ history(after: "AAAA") {{ cursor }} }}', "invalid-request"),
        (f'entity(urn: "{RUN}") {{ neighbours(direction: UPSTREAM, after: "AAAA") {{ cursor }} }}', "invalid-request"),
        (f'entity(urn: "{RUN}") {{ neighbours(after: "AAAA") {{ cursor }} }}', "invalid-request"),
    ],
)
def test_bad_times_and_cursors_are_refused(api: httpx.Client, field: str, code: str) -> None:
    answer = api.post("/graphql", json={"query": f"{{ {field} }}"}).json()
    assert answer["errors"][0]["extensions"]["code"] == code, answer


def test_the_command_line_searches_then(api_url: str, later: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "registry.cli", "search", "grapes", "--json"]
    environment = os.environ | {"LINEAGE_URL": api_url}

    def found(*times: str) -> int:
        told = subprocess.run([*command, *times], env=environment, capture_output=True, text=True, check=True)
        return int(json.loads(told.stdout)["totalCount"])

    assert (found(), found("--known-at", later[0]), found("--as-of", "2026-05-04")) == (4, 0, 0)
