"""Asking in GraphQL over HTTP, answered from a real Neo4j."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from registry.graph.database import Database
from tests.integration.api.conftest import (
    DATASET,
    DEPLOYMENT,
    MODEL,
    OTHER_MODEL,
    RECORDS,
    RUN,
    TEAM,
    URN,
    V1,
    V2,
    V3,
    Ask,
    write,
)

pytestmark = pytest.mark.usefixtures("wine")


def test_entity_with_its_typed_attributes(ask: Ask) -> None:
    data = ask(
        """query ($version: URN!, $run: URN!) {
          version: entity(urn: $version) {
            __typename urn kind namespace name version versionUnknown placeholder attributes trueTo eventId producer
            ... on DatasetVersion { rows sizeBytes digest }
            owners { urn kind name }
          }
          run: entity(urn: $run) { __typename version ... on Run { startedAt facets } }
        }""",
        version=V3,
        run=RUN,
    )
    assert data["version"] == {
        "__typename": "DatasetVersion", "urn": V3, "kind": "DatasetVersion", "namespace": "demo", "name": "wine",
        "version": "v3", "versionUnknown": False, "placeholder": False, "trueTo": None, "eventId": "wine", "producer": "test",
        "attributes": {"rows": 172, "size_bytes": 2**40 + 2}, "rows": 172, "sizeBytes": 2**40 + 2, "digest": None,
        "owners": [{"urn": TEAM, "kind": "Team", "name": "cellar"}],
    }  # fmt: skip
    assert data["run"] == {
        "__typename": "Run",
        "version": None,
        "startedAt": "2026-05-04T10:00:00Z",
        "facets": {"nested": {"deep": [1, 2.5, None]}},
    }


def test_an_unknown_entity_is_null_and_a_bad_name_is_an_error(ask: Ask, api: httpx.Client) -> None:
    assert ask('{ entity(urn: "urn:lineage:Dataset:demo:nothing") { urn } }') == {"entity": None}
    error = first_error(api, '{ entity(urn: "urn:lineage:Unicorn:demo:x") { urn } }')
    assert error["extensions"]["code"] == "invalid-urn"
    assert error["path"] == ["entity"]


def test_versions_neighbours_history_and_findings(ask: Ask) -> None:
    data = ask(
        """query ($asset: URN!, $run: URN!) {
          asset: entity(urn: $asset) {
            versions(first: 2) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { urn } } }
            history { recordedTo attributes }
            findings { rule }
          }
          run: entity(urn: $run) {
            neighbours { direction relation edge { role evidence } node { urn __typename } }
            upstream: neighbours(direction: UPSTREAM, relations: [USED]) { node { urn } }
            none: neighbours(relations: [DEPLOYS]) { node { urn } }
          }
        }""",
        asset=DATASET,
        run=RUN,
    )
    versions = data["asset"]["versions"]
    assert (versions["totalCount"], len(versions["edges"]), versions["pageInfo"]["hasNextPage"]) == (3, 2, True)
    first = {edge["node"]["urn"] for edge in versions["edges"]}
    rest = ask(
        "query ($asset: URN!, $after: String) { entity(urn: $asset) { versions(first: 2, after: $after) { edges { node { urn } } pageInfo { hasNextPage hasPreviousPage } } } }",
        asset=DATASET,
        after=versions["pageInfo"]["endCursor"],
    )["entity"]["versions"]
    assert first | {edge["node"]["urn"] for edge in rest["edges"]} == {V1, V2, V3}
    assert rest["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}
    assert data["asset"]["history"] == [
        {"recordedTo": None, "attributes": {"title": "Wine", "tags": ["tabular", "demo"]}}
    ]
    assert data["asset"]["findings"] == []
    assert data["run"]["neighbours"] == [
        {"direction": "UPSTREAM", "relation": "USED", "edge": {"role": "train", "evidence": "observed"}, "node": {"urn": V3, "__typename": "DatasetVersion"}},
        {"direction": "DOWNSTREAM", "relation": "GENERATED_BY", "edge": {"role": None, "evidence": "observed"}, "node": {"urn": MODEL, "__typename": "ModelVersion"}},
    ]  # fmt: skip
    assert data["run"]["upstream"] == [{"node": {"urn": V3}}]
    assert data["run"]["none"] == []


def test_lists_that_are_cut_say_so(ask: Ask, api: httpx.Client, database: Database) -> None:
    readers = [
        {"edge": "USED", "from": URN("Run", f"reader-{number}"), "to": V3, "attributes": {"role": "train"}}
        for number in range(9)
    ]
    write(api, [*readers, {"edge": "GENERATED_BY", "from": V3, "to": URN("Run", "maker")}], "readers")
    for number in range(3):  # ids that sort behind the first: statements of one time are told apart by them
        write(api, [{"entity": "DatasetVersion", "urn": V3, "attributes": {"rows": number}}], f"wine-{number}")
    database.execute_schema(
        f"UNWIND range(1, 3) AS n CREATE (:Finding {{id: 'f' + n, rule: 'r', severity: 'warning', urn: '{V3}', "
        "message: 'm', event_id: 'wine', recorded_at: n})"
    )
    data = ask(
        """query ($urn: URN!) {
          entity(urn: $urn) {
            both: neighbours(first: 8) { direction }
            up: neighbours(direction: UPSTREAM, first: 8) { direction }
            bothMore: hasMoreNeighbours(first: 8)
            upMore: hasMoreNeighbours(direction: UPSTREAM, first: 8)
            enough: hasMoreNeighbours(first: 500)
            one: neighbours(first: 1) { direction }
            history(first: 2) { attributes }
            hasMoreHistory(first: 2)
            everything: history { recordedTo }
            nothingMore: hasMoreHistory
            findings(first: 2) { id }
            hasMoreFindings(first: 2)
            noMoreFindings: hasMoreFindings(first: 500)
          }
          few: findings(urn: $urn, first: 2) { id }
          fewMore: hasMoreFindings(urn: $urn, first: 2)
          noMore: hasMoreFindings(rule: "r", first: 3)
        }""",
        urn=V3,
    )
    entity = data["entity"]
    ways = [item["direction"] for item in entity["both"]]
    assert len(ways) == 8
    # The maker, the asset and the version before: fewer than half.
    assert ways.count("UPSTREAM") == len(entity["up"]) == 3
    assert len(entity["one"]) == 1
    assert (entity["bothMore"], entity["upMore"], entity["enough"]) == (True, False, False)
    assert ([state["attributes"]["rows"] for state in entity["history"]], entity["hasMoreHistory"]) == ([172, 0], True)
    assert (len(entity["everything"]), entity["nothingMore"]) == (4, False)
    assert ([item["id"] for item in entity["findings"]], entity["hasMoreFindings"]) == (["f3", "f2"], True)
    assert (entity["noMoreFindings"], len(data["few"]), data["fewMore"], data["noMore"]) == (False, 2, True, False)


def test_no_direction_crowds_out_the_other(ask: Ask, api: httpx.Client) -> None:
    ends = [*(("from", "to", name) for name in "abcdef"), *(("to", "from", name) for name in "uvwxyz")]
    edges = [
        {"edge": "DERIVED_FROM", here: V2, there: URN("DatasetVersion", f"{name}:v1")} for here, there, name in ends
    ]
    write(api, edges, "crowd")
    for size, up in ((4, 2), (5, 3), (1, 1)):
        found = ask(
            "query ($urn: URN!, $first: Int!) { entity(urn: $urn) { neighbours(first: $first) { direction } } }",
            urn=V2,
            first=size,
        )["entity"]["neighbours"]
        assert [item["direction"] for item in found] == ["UPSTREAM"] * up + ["DOWNSTREAM"] * (size - up)


def test_impact_in_one_line(ask: Ask) -> None:
    data = ask(
        "query ($urn: URN!) { impact(urn: $urn, kinds: [ModelVersion, Deployment]) { total items { node { urn label } depth certainty summary"
        " path { edge { relation downstream upstream } node { urn } } owners { name } } byKind { kind count certain possible }"
        " byOwner { owner { name } count } completeness { complete reasons byKind { kind count } } } }",
        urn=V3,
    )["impact"]
    found = {item["node"]["urn"]: item for item in data["items"]}
    assert set(found) == {MODEL, DEPLOYMENT}
    assert data["total"] == 2
    assert (found[MODEL]["depth"], found[DEPLOYMENT]["depth"]) == (2, 3)
    assert [step["node"]["urn"] for step in found[DEPLOYMENT]["path"]] == [RUN, MODEL, DEPLOYMENT]
    assert found[MODEL]["owners"] == [{"name": "cellar"}]
    assert found[MODEL]["summary"]
    assert data["completeness"] == {
        "complete": True,
        "reasons": [],
        "byKind": [{"kind": "Deployment", "count": 1}, {"kind": "ModelVersion", "count": 1}],
    }


def test_lineage_both_ways_and_its_bounds(ask: Ask) -> None:
    text = "query ($urn: URN!, $direction: Direction!, $depth: Int, $limit: Int! = 1000) { lineage(urn: $urn, direction: $direction, depth: $depth, limit: $limit) { direction start { urn depth } nodes { urn depth } edges { downstream upstream relation } completeness { complete reasons } } }"
    up = ask(text, urn=DEPLOYMENT, direction="UPSTREAM")["lineage"]
    assert [(node["urn"], node["depth"]) for node in up["nodes"]] == [(MODEL, 1), (RUN, 2), (V3, 3)]
    assert {(edge["downstream"], edge["upstream"], edge["relation"]) for edge in up["edges"]} == {
        (DEPLOYMENT, MODEL, "DEPLOYS"), (MODEL, RUN, "GENERATED_BY"), (RUN, V3, "USED"),
    }  # fmt: skip
    assert up["start"] == [{"urn": DEPLOYMENT, "depth": 0}]
    down = ask(text, urn=V1, direction="DOWNSTREAM")["lineage"]
    assert [node["urn"] for node in down["nodes"]] == [OTHER_MODEL]
    short = ask(text, urn=DEPLOYMENT, direction="UPSTREAM", depth=1)["lineage"]
    assert short["completeness"] == {"complete": False, "reasons": ["DEPTH"]}
    small = ask(text, urn=DEPLOYMENT, direction="UPSTREAM", limit=1)["lineage"]
    assert small["completeness"] == {"complete": False, "reasons": ["SIZE"]}


def test_an_unknown_start_of_a_walk_is_an_error_with_near_misses(api: httpx.Client) -> None:
    error = first_error(api, '{ impact(urn: "urn:lineage:DatasetVersion:demo:wine:v33") { total } }')
    assert error["extensions"]["code"] == "not-found"
    assert V3 in str(error["extensions"]["suggestions"])


def test_search_pages_through_everything(ask: Ask) -> None:
    text = "query ($after: String) { search(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { node { urn } } } }"
    seen: list[str] = []
    page = ask(text)["search"]
    while True:
        seen += [edge["node"]["urn"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        page = ask(text, after=page["pageInfo"]["endCursor"])["search"]
    assert len(seen) == len(set(seen)) == page["totalCount"]
    assert {DATASET, TEAM} <= set(seen)


def test_search_by_text_and_tag(ask: Ask) -> None:
    for arguments in ('text: "wine"', 'tags: ["tabular"]', "kinds: [Dataset]", f'owner: "{TEAM}", kinds: [Dataset]'):
        edges = ask(f"{{ search({arguments}) {{ edges {{ node {{ urn }} }} }} }}")["search"]["edges"]
        assert DATASET in [edge["node"]["urn"] for edge in edges], arguments


def test_nested_reads_are_gathered(ask: Ask, api: httpx.Client) -> None:
    document = "query ($urn: URN!) { lineage(urn: $urn, limit: 100) { nodes { urn entity { urn owners { name } neighbours(first: 5) { relation } } } } }"
    extra = [{"edge": "USED", "from": RUN, "to": f"urn:lineage:DatasetVersion:demo:many:v{number}", "attributes": {"role": "input"}} for number in range(30)]  # fmt: skip
    few = queries_of(lambda: ask(document, urn=MODEL))
    write(api, extra, "many")
    many = queries_of(lambda: ask(document, urn=MODEL))
    assert len(ask(document, urn=MODEL)["lineage"]["nodes"]) == 32
    assert many == few


def test_nested_reads_keep_the_times_of_the_question(ask: Ask, api: httpx.Client) -> None:
    document = "query ($urn: URN!, $known: DateTime) { lineage(urn: $urn, knownAt: $known) { nodes { urn entity { attributes } } } entity(urn: $urn, knownAt: $known) { attributes } }"
    known = ask('{ event(id: "wine") { recordedAt } }')["event"]["recordedAt"]
    before = ask(document, urn=MODEL, known=known)
    amend = {
        "op": "amend",
        "reason": "counted again",
        "entity": "DatasetVersion",
        "urn": V3,
        "attributes": {"rows": 999},
    }
    body = {"event_id": "recount", "event_time": "2026-06-01T00:00:00Z", "producer": "test", "records": [amend]}
    assert api.post("/api/v1/records", json=body).status_code == 200
    assert ask(document, urn=MODEL, known=known) == before
    rows = {
        node["urn"]: node["entity"]["attributes"].get("rows") for node in ask(document, urn=MODEL)["lineage"]["nodes"]
    }
    assert rows[V3] == 999


def test_a_write_is_seen_by_the_read_that_carries_its_bookmark(api: httpx.Client) -> None:
    written = write(api, [{"entity": "Team", "namespace": "demo", "name": "new"}], "new-team")
    headers = {"Lineage-Bookmark": written.headers["Lineage-Bookmark"]}
    body = {"query": '{ entity(urn: "urn:lineage:Team:demo:new") { urn } }'}
    assert api.post("/graphql", json=body, headers=headers).json()["data"]["entity"] is not None


def test_a_bookmark_that_cannot_be_one_is_refused(api: httpx.Client) -> None:
    for value in ("'; DROP", "x" * 600, ",".join("abcdefghijk")):
        response = api.post("/graphql", json={"query": "{ __typename }"}, headers={"Lineage-Bookmark": value})
        assert (response.status_code, code_of(response)) == (400, "invalid-request")


def test_event_and_findings_and_vocabulary(ask: Ask) -> None:
    data = ask(
        '{ known: event(id: "wine") { id records producer digest } unknown: event(id: "nothing") { id } findings { id } vocabulary { kinds { name properties { name } } relations { name families } } }'
    )
    assert data["known"]["records"] == len(RECORDS)
    assert data["unknown"] is None
    assert "DatasetVersion" in [kind["name"] for kind in data["vocabulary"]["kinds"]]


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ("search(first: 0) { totalCount }", "first"),
        ("search(first: 501) { totalCount }", "first"),
        ("search(first: -1) { totalCount }", "first"),
        (f'entity(urn: "{V1}") {{ history(first: 1001) {{ recordedFrom }} }}', "first"),
        (f'entity(urn: "{V1}") {{ hasMoreHistory(first: 0) }}', "first"),
        (f'lineage(urn: "{V1}", limit: 0) {{ direction }}', "limit"),
        (f'lineage(urn: "{V1}", limit: 100001) {{ direction }}', "limit"),
    ],
)
def test_sizes_out_of_bounds_are_named(api: httpx.Client, arguments: str, argument: str) -> None:
    error = first_error(api, f"{{ {arguments} }}")
    assert error["extensions"]["code"] == "invalid-request"
    assert error["extensions"]["argument"] == argument


HOSTILE = [
    "' OR 1=1 //",
    "`}) DETACH DELETE n //",
    "\\u0060",
    "*:*",
    "~ AND (",
    '"',
    "a" * 2_000,
    "\u202e\u0000x",
    "🦄",
    "../..",
    "$where",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_nothing(api: httpx.Client, ask: Ask, text: str) -> None:
    before = ask("{ search { totalCount } }")
    document = (
        "query ($text: String!, $urn: URN!) { search(text: $text, namespace: $text, tags: [$text], owner: $text, lifecycle: $text) { totalCount }"
        " entity(urn: $urn) { urn } event(id: $text) { id } findings(rule: $text) { id } }"
    )
    response = api.post("/graphql", json={"query": document, "variables": {"text": text, "urn": text}})
    codes = {error["extensions"]["code"] for error in response.json().get("errors", [])}
    assert response.status_code == 200, response.text
    assert codes <= {"invalid-urn", "invalid-request"}
    assert ask("{ search { totalCount } }") == before


def first_error(api: httpx.Client, document: str) -> dict[str, Any]:
    error: dict[str, Any] = api.post("/graphql", json={"query": document}).json()["errors"][0]
    return error


def code_of(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


def queries_of(action: Any) -> float:
    """How many questions the action put to the database."""

    def asked() -> float:
        metrics = (metric for metric in REGISTRY.collect() if metric.name == "lineage_query_seconds")
        return sum(sample.value for metric in metrics for sample in metric.samples if sample.name.endswith("_count"))

    before = asked()
    action()
    return asked() - before
