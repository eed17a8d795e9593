"""Search: every word finds what it should, pages add up, and nothing that is typed is a command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.lineage.search import search
from registry.lineage.state import SearchAnswer, SearchRequest

Load = Callable[[Iterable[dict[str, Any]], Iterable[dict[str, Any]]], None]


def urn(rest: str) -> str:
    return f"urn:lineage:{rest}"


EVENTS, ORDERS = urn("Dataset:shop:customer_events_x"), urn("Dataset:shop:orders")
EVENTS_V1, SOME = urn("DatasetVersion:shop:customer_events_x:v1"), urn("DatasetVersion:shop:customer_events_x:*")
CAMEL, GPT, TOKYO = urn("Model:ai:customerChurnModel"), urn("Model:ai:gpt-4"), urn("Dataset:jp:%E9%A1%A7%E5%AE%A2")
RUN = urn("Run:shop:customer-run-7")
GONE, PLACEHOLDER = urn("Dataset:shop:customer_gone"), urn("Dataset:shop:customer_placeholder")
TEAM = urn("Team:shop:data")


@pytest.fixture
def shop(load: Load, database: Database) -> Database:
    load(
        [
            {"urn": EVENTS, "tags": ["pii", "raw"], "description": "What people click", "lifecycle": "active"},
            {"urn": EVENTS_V1}, {"urn": SOME}, {"urn": ORDERS, "title": "Customer orders", "tags": ["pii"]},
            {"urn": CAMEL}, {"urn": GPT}, {"urn": TOKYO}, {"urn": RUN}, {"urn": TEAM},
            {"urn": GONE, "recorded_to": 3}, {"urn": PLACEHOLDER, "placeholder": True},
        ],
        [
            {"relation": "VERSION_OF", "downstream": EVENTS_V1, "upstream": EVENTS},
            {"relation": "VERSION_OF", "downstream": SOME, "upstream": EVENTS},
            {"relation": "OWNED_BY", "downstream": EVENTS, "upstream": TEAM},
        ],
    )  # fmt: skip
    database.execute_schema("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()")
    return database


def _found(database: Database, text: str | None = None, **more: Any) -> set[str]:
    answer = search(database, SearchRequest(text, first=100, **more))
    assert answer.total == len(answer.items)
    return {item.urn for item in answer.items}


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("customer", {EVENTS, EVENTS_V1, SOME, ORDERS, CAMEL, PLACEHOLDER, RUN}),
        ("cust ev", {EVENTS, EVENTS_V1, SOME}),
        ("CUSTOMER_EVENTS", {EVENTS, EVENTS_V1, SOME}),
        ("customerEvents", {EVENTS, EVENTS_V1, SOME}),
        ("customereventsx", {EVENTS, EVENTS_V1, SOME}),
        ("churn", {CAMEL}),
        ("customerchurn", {CAMEL}),
        ("click", {EVENTS, EVENTS_V1, SOME}),
        ("raw pii", {EVENTS, EVENTS_V1, SOME}),
        ("gpt4", {GPT}),
        ("GPT-4", {GPT}),
        ("顧", {TOKYO}),
        ("顧客", {TOKYO}),
        ("customer-run", {RUN}),
        ("zebra", set()),
        ("orders NOT customer", set()),
        ("customer* OR name:orders~2", set()),
    ],
)
def test_words_find(shop: Database, text: str, hits: set[str]) -> None:
    assert _found(shop, text) == hits


def test_filters(shop: Database) -> None:
    assert _found(shop, "customer", kinds=("Dataset",)) == {EVENTS, ORDERS, PLACEHOLDER}
    assert _found(shop, "customer", kinds=("DatasetVersion",)) == {EVENTS_V1, SOME}
    assert _found(shop, "customer", kinds=("Run",)) == {RUN}
    assert _found(shop, "customer", namespace="ai") == {CAMEL}
    assert _found(shop, "customer", tags=("pii",)) == {EVENTS, ORDERS}
    assert _found(shop, "customer", tags=("pii", "raw")) == {EVENTS}
    assert _found(shop, "customer", lifecycle="active") == {EVENTS}
    assert _found(shop, "customer", owner=TEAM) == _found(shop, "customer", owner="data") == {EVENTS, EVENTS_V1, SOME}
    assert _found(shop, kinds=("Dataset",)) == {EVENTS, ORDERS, PLACEHOLDER, TOKYO}
    assert _found(shop, kinds=("Model", "Run")) == {CAMEL, GPT, RUN}
    assert _found(shop, namespace="shop", tags=("pii",)) == {EVENTS, ORDERS}
    assert len(_found(shop)) == 10
    assert next(iter(search(shop, SearchRequest("placeholder")).items)).placeholder


@pytest.mark.parametrize("text", ["customer", None])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_page_by_page_is_all_at_once(shop: Database, text: str | None, size: int) -> None:
    whole = search(shop, SearchRequest(text, first=100))
    request = SearchRequest(text, first=size)
    found: list[str] = []
    while True:
        page = search(shop, request)
        assert page.total == whole.total
        found += [item.urn for item in page.items]
        if not page.has_next:
            break
        request = replace(request, after=page.cursors[-1])
    assert found == [item.urn for item in whole.items]


def test_a_cursor_is_good_for_its_question_only(shop: Database) -> None:
    cursor = search(shop, SearchRequest("customer", first=1)).cursors[0]
    changed = cursor[:-2] + ("A" if cursor[-2] != "A" else "B") + cursor[-1]
    for request in (
        SearchRequest("orders", first=1, after=cursor),
        SearchRequest("customer", kinds=("Run",), first=1, after=cursor),
        SearchRequest(None, first=1, after=cursor),
        SearchRequest("customer", first=1, after=changed),
        SearchRequest("customer", first=1, after=""),
    ):
        with pytest.raises(InvalidRequestError):
            search(shop, request)


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest("customer", first=0), SearchRequest("customer", first=501), SearchRequest("x" * 1001),
        SearchRequest("!!!"), SearchRequest("🙂"), SearchRequest("customer", kinds=("Nothing",)),
    ],
)  # fmt: skip
def test_bad_questions_are_refused(database: Database, request_: SearchRequest) -> None:
    with pytest.raises(InvalidRequestError):
        search(database, request_)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=40), st.text(alphabet='ab1 +-&|!(){}[]^"~*?:\\/ANDORT', max_size=30)))
def test_nothing_that_is_typed_is_a_command(database: Database, text: str) -> None:
    try:
        answer = search(database, SearchRequest(text))
    except InvalidRequestError:
        assert text.strip()
    else:
        assert isinstance(answer, SearchAnswer)
