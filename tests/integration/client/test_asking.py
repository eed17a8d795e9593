"""The notebook client against a real registry: answers, errors, times, pages; synchronous and asynchronous alike."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import polars
import pytest

from lineage_client import (
    AsyncClient,
    Change,
    Client,
    EdgeFilter,
    IncompleteAnswerWarning,
    InvalidRequestError,
    Lineage,
    NaiveTimeError,
    NodeFilter,
    NotARegistryError,
    NotFoundError,
    UnreachableError,
)

from .conftest import (
    AFFECTED,
    DEPLOYMENT,
    EVALUATION,
    MODEL,
    OTHER,
    OTHER_TRAINING,
    TEAM,
    TRAINING,
    TUNED,
    UNKNOWN,
    V1,
    V3,
    write,
)


def test_impact_says_what_is_touched_why_and_whose_it_is(client: Client) -> None:
    answer = client.impact(V3)
    by_urn = {item.node.urn: item for item in answer}
    assert set(by_urn) - {UNKNOWN} == AFFECTED
    model = by_urn[MODEL]
    assert model.certainty == "certain"
    assert [owner.urn for owner in model.owners] == [TEAM]
    assert [step.node.urn for step in model.path] == [TRAINING, MODEL]
    assert model.path[0].edge.role == "train"
    assert "wine v3" in model.summary
    assert by_urn[OTHER].certainty == "possible"
    assert [found.evaluation.urn for found in answer.evaluations] == [EVALUATION]
    assert answer.completeness.complete
    assert answer.total == len(answer) == sum(group.count for group in answer.by_kind)


def test_names_may_leave_out_the_prefix(client: Client) -> None:
    assert client.impact("DatasetVersion:demo:wine:v3") == client.impact(V3)


def test_only_what_is_asked_for_is_reported(client: Client) -> None:
    answer = client.impact(V3, kinds=["Deployment"], possible=False)
    assert [item.node.urn for item in answer] == [DEPLOYMENT]


def test_lineage_goes_up_and_down(client: Client) -> None:
    up = client.lineage(DEPLOYMENT)
    assert [node.urn for node in up.start] == [DEPLOYMENT]
    assert {node.urn for node in up} == {TUNED, MODEL, TRAINING, V3}
    assert {(edge.downstream, edge.upstream) for edge in up.edges} == {
        (DEPLOYMENT, TUNED), (TUNED, MODEL), (MODEL, TRAINING), (TRAINING, V3),
    }  # fmt: skip
    down = client.lineage(V3, "downstream", possible=False)
    assert {node.urn for node in down} == {TUNED, MODEL, TRAINING, DEPLOYMENT}


def test_an_entity_comes_with_all_that_is_recorded(client: Client) -> None:
    entity = client.entity(V3)
    assert entity.attributes["rows"] == 178
    assert entity.attributes["facets"] == {"nested": [1, None]}
    assert [owner.urn for owner in entity.owners] == [TEAM]
    assert entity.recorded_from is not None
    assert entity.recorded_from.tzinfo is not None
    assert entity.recorded_to is None


def test_search_finds_and_follows_pages(client: Client) -> None:
    assert {hit.urn for hit in client.search("wine", kinds=["DatasetVersion"])} >= {V1, V3}
    everything = client.search(namespace="demo", limit=None)
    some = client.search(namespace="demo", limit=2)
    assert len(some) == 2
    assert not some.completeness.complete
    assert [hit.urn for page in some.pages() for hit in page] == [hit.urn for hit in everything]
    assert everything.completeness.complete
    assert everything.total == len(everything)


def test_graphql_is_there_for_everything_else(client: Client) -> None:
    document = "query ($urn: URN!, $asOf: DateTime) { entity(urn: $urn, asOf: $asOf) { urn } }"
    now = datetime.now(UTC)
    assert client.graphql(document, {"urn": V3, "asOf": now}) == {"entity": {"urn": V3}}
    with pytest.raises(NaiveTimeError):
        client.graphql(document, {"urn": V3, "asOf": datetime(2026, 5, 4)})  # noqa: DTZ001 - what is refused


def test_asking_as_of_a_time(client: Client, api: httpx.Client) -> None:
    before = datetime.now(UTC)
    reason = {"op": "retract", "reason": "It was another version."}
    write(
        api, "client-retract", [{"edge": "USED", "from": TRAINING, "to": V3, "attributes": {"role": "train"}} | reason]
    )
    assert MODEL not in {item.node.urn for item in client.impact(V3)}
    then = client.impact(V3, known_at=before)
    assert MODEL in {item.node.urn for item in then}
    elsewhere = before.astimezone(timezone(timedelta(hours=2)))
    assert client.impact(V3, known_at=elsewhere) == then


def test_searching_as_of_a_time(client: Client, api: httpx.Client) -> None:
    before = datetime.now(UTC)
    write(api, "client-later", [{"entity": "Dataset", "namespace": "demo", "name": "wine-later"}])
    now, then = (client.search(kinds=["Dataset"], known_at=time, limit=None) for time in (None, before))
    assert {hit.name for hit in now} - {hit.name for hit in then} == {"wine-later"}


def test_a_time_without_a_zone_is_refused_before_anything_is_sent() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(NaiveTimeError, match="without a zone") as caught:
        client.impact(V3, as_of=datetime(2026, 5, 4))  # noqa: DTZ001 - what is refused
    assert caught.value.code == "naive-time"
    assert "tzinfo" in caught.value.hint


def test_errors_carry_the_code_and_the_hint_of_the_server(client: Client) -> None:
    with pytest.raises(NotFoundError) as missing:
        client.lineage("urn:lineage:DatasetVersion:demo:wien:v3")
    assert missing.value.code == "not-found"
    assert "urn:lineage:Dataset:demo:wine" in missing.value.details["suggestions"]
    assert "urn:lineage:Dataset:demo:wine" in str(missing.value)
    with pytest.raises(InvalidRequestError) as wrong:
        client.impact("urn:nothing")
    assert wrong.value.code == "invalid-urn"
    with pytest.raises(NotFoundError):
        client.entity("DatasetVersion:demo:nothing:1")
    with pytest.raises(InvalidRequestError):
        client.impact(V3, depth=-1)
    with pytest.raises(InvalidRequestError):
        client.impact(V3, kinds=["Modle"])


def test_nothing_there_is_an_error_that_says_what_to_do() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(UnreachableError, match="lineage up"):
        client.search("wine")


def test_another_program_at_the_address_is_named(tmp_path: Path) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        try:
            with Client(f"http://127.0.0.1:{other.server_port}") as client, pytest.raises(NotARegistryError):
                client.lineage_table(V3, via="arrow")
        finally:
            other.shutdown()


def test_an_incomplete_answer_warns_at_the_line_that_asked(client: Client) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = client.lineage(V3, "downstream", limit=2)
    (warning,) = caught
    assert warning.category is IncompleteAnswerWarning
    assert warning.filename == __file__
    assert "NOT COMPLETE" in str(warning.message)
    assert "NOT COMPLETE" in repr(answer)
    assert "NOT COMPLETE" in answer._repr_html_()


def test_a_complete_answer_does_not_warn(client: Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", IncompleteAnswerWarning)
        client.impact(V3)


@pytest.mark.filterwarnings("ignore::lineage_client.IncompleteAnswerWarning")
def test_page_by_page_is_all_at_once(client: Client) -> None:
    whole = client.lineage(V3, "downstream")
    first = client.lineage(V3, "downstream", limit=2)
    pages = list(first.pages())
    assert len(pages) > 1
    assert [node.urn for page in pages for node in page] == [node.urn for node in whole]
    joined = Lineage.over(pages)
    assert joined.nodes == whole.nodes
    assert set(joined.edges) == set(whole.edges)
    assert joined.completeness.complete
    assert client.lineage(V3, "downstream", limit=None).nodes == whole.nodes
    assert {item.node.urn for item in client.impact(V3, limit=None)} == {item.node.urn for item in client.impact(V3)}


@pytest.mark.filterwarnings("ignore::lineage_client.IncompleteAnswerWarning")
def test_pages_end_where_the_question_ends_unless_they_shall_go_deeper(client: Client) -> None:
    whole = client.lineage(DEPLOYMENT)
    near = client.lineage(DEPLOYMENT, depth=2, limit=None)
    assert {node.urn for node in near} == {TUNED, MODEL}
    assert near.completeness.reasons == ("depth",)
    assert ".pages(deeper=True)" in repr(near)
    assert len(list(near.pages())) == 1
    deeper = Lineage.over(list(near.pages(deeper=True)))
    assert deeper.nodes == whole.nodes
    assert deeper.completeness.complete


def test_assets_stand_for_their_versions_when_rolled_up(client: Client) -> None:
    answer = client.lineage(DEPLOYMENT, roll_up=True)
    (wine,) = [node for node in answer if node.kind == "Dataset"]
    assert wine.members == (V3,)


def test_filters_say_what_is_reported_and_where_to_stop(client: Client) -> None:
    named = client.lineage(V3, "downstream", report=NodeFilter(kinds=["Deployment"]))
    assert [node.urn for node in named] == [DEPLOYMENT]
    stopped = client.lineage(V3, "downstream", possible=False, stop_at=NodeFilter(kinds=["ModelVersion"]))
    assert {node.urn for node in stopped} == {TRAINING, MODEL}
    observed = client.lineage(V3, "downstream", follow=EdgeFilter(evidence=["observed"]))
    assert {node.urn for node in observed} == {TRAINING, MODEL}
    both = client.lineage(MODEL, "both")
    assert {node.urn: node.direction for node in both} == {
        TRAINING: "upstream", V3: "upstream", TUNED: "downstream", DEPLOYMENT: "downstream",
    }  # fmt: skip


@pytest.mark.parametrize("via", ["arrow", "columns"])
def test_a_table_is_the_same_subgraph(client: Client, via: Any) -> None:
    whole = client.lineage(V3, "downstream")
    table = client.lineage_table(V3, "downstream", via=via)
    nodes, edges = (table.to_pandas(part).to_dict("list") for part in ("nodes", "edges"))
    assert list(nodes["urn"]) == [node.urn for node in (*whole.start, *whole.nodes)]
    assert list(nodes["depth"]) == [node.depth for node in (*whole.start, *whole.nodes)]
    assert list(nodes["certainty"]) == [node.certainty for node in (*whole.start, *whole.nodes)]
    ends = {
        (nodes["urn"][down], nodes["urn"][up], relation)
        for down, up, relation in zip(edges["downstream"], edges["upstream"], edges["relation"], strict=True)
    }
    assert ends == {(edge.downstream, edge.upstream, edge.relation) for edge in whole.edges}
    assert set(table.to_networkx().nodes) == set(whole.to_networkx().nodes)
    assert table.complete


def test_a_table_takes_options_and_ends_at_its_limit(client: Client) -> None:
    for via in ("arrow", "columns"):
        models = client.lineage_table([V3, V1], kinds=["ModelVersion"], possible=False, via=via)
        found = models.to_polars().filter(polars.col("depth") > 0)
        assert set(found["urn"]) == {MODEL, TUNED}
        with pytest.warns(IncompleteAnswerWarning, match="size"):
            assert not client.lineage_table(V3, limit=2, via=via).complete


def test_a_change_is_assessed_before_it_is_made(client: Client) -> None:
    answer = client.impact(V3, change=Change(kind="retire"))
    assessment = answer.assessment
    assert assessment is not None
    verdicts = {judged.node.urn: judged.verdict for judged in assessment.items}
    assert verdicts[TRAINING] == "certain"
    assert verdicts[OTHER_TRAINING] == "possible"
    assert assessment.certain + assessment.possible + assessment.safe == len(assessment.items)
    assert V3 in {node.urn for node in assessment.changed}
    assert all(judged.reason and judged.rule for judged in assessment.items)
    assert set(assessment.to_pandas()["verdict"]) == set(verdicts.values())
    assert "break for certain" in repr(assessment)
    assert "break for certain" in answer._repr_html_()
    assert client.impact(V3).assessment is None
    with pytest.raises(InvalidRequestError):
        client.impact(V3, change=Change(kind="drop-column"))
    with pytest.raises(InvalidRequestError):
        client.impact(V3, change=Change(kind="paint-it-red"))


def test_paths_between_two(client: Client) -> None:
    answer = client.paths(V3, DEPLOYMENT)
    assert answer.count == 1
    assert answer.count_is_exact
    (path,) = answer
    assert [step.node.urn for step in path.steps] == [TRAINING, MODEL, TUNED, DEPLOYMENT]
    assert (path.certainty, path.length, path.start.urn) == ("certain", 4, V3)
    assert (answer.direction, answer.both, answer.complete) == ("downstream", False, True)
    assert "Paths from wine v3 to tasting, downstream: 1" in repr(answer)
    assert "<svg" in answer._repr_html_()
    assert answer.to_pandas("steps")["reaches"].tolist() == [step.node.urn for step in path.steps]
    assert list(answer.to_networkx().nodes) == [node.urn for node in path.nodes]


def test_no_path_is_an_answer(client: Client) -> None:
    answer = client.paths(V1, DEPLOYMENT)
    assert (len(answer), answer.count, answer.complete, answer.shortest) == (0, 0, True, None)
    assert "none is recorded" in repr(answer)


def test_the_asynchronous_client_answers_the_same(client: Client, api_url: str) -> None:
    async def ask() -> list[Any]:
        async with AsyncClient(api_url) as other:
            answers = other.impact(V3), other.lineage(DEPLOYMENT), other.search("wine"), other.entity(V3)
            return list(await asyncio.gather(*answers))

    same = [client.impact(V3), client.lineage(DEPLOYMENT), client.search("wine"), client.entity(V3)]
    assert asyncio.run(ask()) == same


def test_the_asynchronous_client_warns_fails_and_follows_pages(client: Client, api_url: str) -> None:
    async def follow(other: AsyncClient) -> list[str]:
        some = await other.search(namespace="demo", limit=2)
        with pytest.raises(InvalidRequestError, match="AsyncClient"):
            some.pages()
        return [hit.urn async for page in other.pages(some) for hit in page]

    async def fail(other: AsyncClient) -> None:
        with pytest.raises(NotFoundError):
            await other.lineage("DatasetVersion:demo:wien:v3")

    async def warn(other: AsyncClient) -> str:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            await other.lineage(V3, "downstream", limit=2)
        return caught[0].filename

    assert _asynchronously(api_url, follow) == [hit.urn for hit in client.search(namespace="demo", limit=None)]
    _asynchronously(api_url, fail)
    assert _asynchronously(api_url, warn) == __file__


def _asynchronously(url: str, use: Callable[[AsyncClient], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        async with AsyncClient(url) as client:
            return await use(client)

    return asyncio.run(run())
