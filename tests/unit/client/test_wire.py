"""What goes over the wire and comes back, without one: names, times, arguments, errors."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from collections.abc import Generator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage_client
from graph_schema import urn as server_urn
from graph_schema.times import parse_time, to_micros
from lineage_client import (
    AsyncClient,
    Change,
    Client,
    EdgeFilter,
    InvalidAddressError,
    InvalidRequestError,
    LineageError,
    NaiveTimeError,
    NodeFilter,
    NotARegistryError,
    NotFoundError,
    UnavailableError,
    VersionMismatchError,
    questions,
    urn,
)
from lineage_client.address import find_address
from lineage_client.names import parts_of
from lineage_client.times import read_time, write_time
from lineage_client.wire import Exchange, Reply, Request

from .answers import chain

MOMENT = datetime(2026, 5, 4, 12, tzinfo=timezone(timedelta(hours=2)))
parts = st.text(min_size=1, max_size=40).filter(
    lambda text: text == text.strip() and text.isprintable() and text.encode("utf-8", "ignore").decode() == text
)


def sent(exchange: Exchange[Any]) -> Request:
    return next(exchange)


def replied(exchange: Exchange[Any], status: int, body: object) -> Any:
    next(exchange)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(StopIteration) as done:
        exchange.send(Reply(status, content))
    return done.value.value


def refused(exchange: Exchange[Any], status: int, body: object) -> LineageError:
    next(exchange)
    with pytest.raises(LineageError) as caught:
        exchange.send(Reply(status, body if isinstance(body, bytes) else json.dumps(body).encode()))
    return caught.value


@given(parts, parts, parts)
def test_names_are_those_of_the_registry(namespace: str, name: str, version: str) -> None:
    made = urn("DatasetVersion", namespace, name, version)
    assert made == str(server_urn.Urn.of("DatasetVersion", namespace, name, version))
    assert parts_of(made) == ("DatasetVersion", namespace, name, version, False)
    assert parts_of(made).label == server_urn.label(name, version)
    unknown = urn("DatasetVersion", namespace, name, version_unknown=True)
    assert unknown == str(server_urn.Urn.of("DatasetVersion", namespace, name, version_unknown=True))
    assert parts_of(unknown).label == server_urn.label(name, None, version_unknown=True)
    assert urn("Team", namespace, name) == str(server_urn.Urn.of("Team", namespace, name))


@given(st.datetimes(timezones=st.timezones()))
def test_times_reach_the_registry_as_they_were(moment: datetime) -> None:
    try:
        written = write_time(moment)
    except InvalidRequestError:  # the UTC of the first or the last hours of time
        assert moment.year in (1, 9999)
        return
    assert parse_time(written) == to_micros(moment)
    assert read_time(written) == moment.astimezone(UTC)


@pytest.mark.parametrize("naive", [datetime(2026, 5, 4), datetime(2026, 5, 4).date(), "2026-05-04", 0])  # noqa: DTZ001
def test_what_is_no_aware_time_is_refused(naive: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        sent(questions.entity("Team:demo:a", as_of=naive))
    assert "as_of" in caught.value.message
    assert isinstance(caught.value, NaiveTimeError) is isinstance(naive, datetime)


def test_only_what_is_said_is_sent() -> None:
    request = sent(questions.impact("DatasetVersion:demo:wine:v3"))
    assert request.body is not None
    assert request.body["variables"] == {"urn": "urn:lineage:DatasetVersion:demo:wine:v3"}
    assert request.body["query"].startswith("query Impact($urn: URN!) { impact(urn: $urn) {")


def test_options_are_sent_by_their_graphql_names() -> None:
    request = sent(
        questions.impact(
            ["Dataset:demo:a", "Dataset:demo:b"],
            kinds=("ModelVersion",),
            report=NodeFilter(owners=["urn:lineage:Team:demo:t"], environments=["production"]),
            report_via=EdgeFilter(roles=["train"], min_confidence=0.5),
            stop_at=NodeFilter(kinds=["Deployment"]),
            same_as=0.8,
            as_of=MOMENT,
            trusted=True,
            change=Change(kind="drop-column", column="colour", data_type=None),
        )
    )
    assert request.body is not None
    assert request.body["variables"] == {
        "urns": ["urn:lineage:Dataset:demo:a", "urn:lineage:Dataset:demo:b"],
        "kinds": ["ModelVersion"],
        "report": {"owners": ["urn:lineage:Team:demo:t"], "environments": ["production"]},
        "reportVia": {"roles": ["train"], "minConfidence": 0.5},
        "stopAt": {"kinds": ["Deployment"]},
        "sameAs": 0.8,
        "asOf": "2026-05-04T10:00:00.000000Z",
        "trusted": True,
        "change": {"kind": "DROP_COLUMN", "column": "colour"},
    }


def test_a_comparison_sends_both_ends_and_all_four_times() -> None:
    request = sent(
        questions.diff(
            "ModelVersion:demo:m:1", "ModelVersion:demo:m:2", direction="both", from_time=MOMENT, to_time=MOMENT,
            from_known_at=MOMENT, to_known_at=MOMENT, depth=3, limit=7, within=NodeFilter(kinds=["Run"]),
        )
    )  # fmt: skip
    assert request.body is not None
    written = "2026-05-04T10:00:00.000000Z"
    assert request.body["variables"] == {
        "urn": "urn:lineage:ModelVersion:demo:m:1", "to": "urn:lineage:ModelVersion:demo:m:2", "direction": "BOTH",
        "fromTime": written, "toTime": written, "fromKnownAt": written, "toKnownAt": written,
        "depth": 3, "limit": 7, "within": {"kinds": ["Run"]},
    }  # fmt: skip


@pytest.mark.parametrize("name", ["from_time", "to_time", "from_known_at", "to_known_at"])
def test_a_comparison_refuses_times_without_a_zone(name: str) -> None:
    with pytest.raises(NaiveTimeError, match=name):
        sent(questions.diff("Run:demo:a", **{name: datetime(2026, 5, 4)}))  # type: ignore[arg-type]  # noqa: DTZ001


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: questions.diff("Dataset:demo:a", limit=None),  # type: ignore[arg-type]
        lambda: questions.diff("Dataset:demo:a", direction="sideways"),  # type: ignore[arg-type]
        lambda: questions.impact([]),
        lambda: questions.impact("Dataset:demo:a", kinds="ModelVersion"),
        lambda: questions.lineage("Dataset:demo:a", "sideways"),  # type: ignore[arg-type]
        lambda: questions.lineage_table("Dataset:demo:a", "both"),  # type: ignore[arg-type]
        lambda: questions.lineage_table("Dataset:demo:a", via="post"),  # type: ignore[arg-type]
        lambda: questions.lineage_table("Dataset:demo:a", via="arrow", seconds=3),
    ],
)
def test_a_question_that_makes_no_sense_is_not_sent(wrong: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        sent(wrong())
    assert caught.value.hint


def test_an_argument_that_does_not_exist_is_a_mistake_of_the_program() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(TypeError, match="dept"):
        client.impact("Dataset:demo:a", dept=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_both_clients_offer_every_question_with_its_arguments(kind: type) -> None:
    for name in ("impact", "lineage", "lineage_table", "paths", "diff", "search", "entity", "graphql"):
        method, question = getattr(kind, name), getattr(questions, name)
        signature = inspect.signature(method)
        named = {parameter for parameter in inspect.signature(question).parameters if parameter != "options"}
        assert named <= set(signature.parameters)
        assert inspect.getdoc(method) == inspect.getdoc(question)
    assert {"as_of", "known_at", "stop_at", "depth"} <= set(inspect.signature(getattr(kind, "impact")).parameters)  # noqa: B009
    of_diff = set(inspect.signature(getattr(kind, "diff")).parameters)  # noqa: B009
    assert {"from_time", "to_known_at", "stop_at", "depth"} <= of_diff
    assert not {"as_of", "known_at", "options"} & of_diff


def test_the_errors_of_the_server_keep_code_hint_and_details() -> None:
    extensions = {"code": "not-found", "hint": "Look.", "suggestions": ["urn:a"], "request_id": "r1"}
    body = {"data": None, "errors": [{"message": "Nothing.", "extensions": extensions}, {"message": "More."}]}
    error = refused(questions.entity("Team:demo:a"), 200, body)
    assert isinstance(error, NotFoundError)
    assert (error.code, error.message, error.hint) == ("not-found", "Nothing.", "Look.")
    assert error.details == {"suggestions": ["urn:a"], "request_id": "r1", "others": ["More."]}
    assert str(error) == "Nothing. Look. Near it: urn:a. [not-found]"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.details) == (type(error), str(error), error.details)


def test_a_part_of_the_data_is_never_taken_for_the_answer() -> None:
    body = {"data": {"entity": None}, "errors": [{"message": "It broke.", "extensions": {"code": "query-timeout"}}]}
    assert refused(questions.entity("Team:demo:a"), 200, body).code == "query-timeout"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", NotARegistryError),
        (200, b"\xff\xfe", NotARegistryError),
        (200, [], NotARegistryError),
        (200, {"data": None}, NotARegistryError),
        (200, {"data": None, "errors": []}, NotARegistryError),
        (404, {"detail": "no"}, NotARegistryError),
        (302, b"", NotARegistryError),
        (502, b"<html>", UnavailableError),
        (503, {"code": "database-unavailable", "detail": "Down."}, UnavailableError),
        (400, {"errors": ["text"]}, LineageError),
        (500, {"code": "brand-new", "detail": "New."}, LineageError),
    ],
)
def test_whatever_comes_back_is_an_error_of_ours(status: int, body: object, kind: type[LineageError]) -> None:
    assert type(refused(questions.entity("Team:demo:a"), status, body)) is kind


def test_nothing_recorded_is_an_error_that_says_what_to_do() -> None:
    error = refused(questions.entity("Team:demo:a", as_of=MOMENT), 200, {"data": {"entity": None}})
    assert isinstance(error, NotFoundError)
    assert "search" in error.hint


def test_a_question_that_the_registry_does_not_know_says_that_versions_differ() -> None:
    body = {"errors": [{"message": "Cannot query field 'new'.", "extensions": {"code": "invalid-document"}}]}
    error = refused(questions.impact("Team:demo:a"), 400, body)
    assert isinstance(error, VersionMismatchError)
    assert "Cannot query field 'new'." in error.message
    assert isinstance(refused(questions.graphql("{ new }"), 400, body), InvalidRequestError)


def test_data_comes_back_as_it_is() -> None:
    assert replied(questions.graphql("{ a }", {"t": MOMENT}), 200, {"data": {"a": 1}}) == {"a": 1}


def test_the_address_comes_from_the_environment_and_the_token_stays_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", "https://lineage.example.org/")
    monkeypatch.setenv("LINEAGE_TOKEN", "t0ken")
    named = find_address()
    assert (named.url, named.headers) == ("https://lineage.example.org", {"Authorization": "Bearer t0ken"})
    assert "t0ken" not in repr(named)
    assert find_address("http://elsewhere:1").headers == {}
    assert find_address("http://elsewhere:1", "other").headers == {"Authorization": "Bearer other"}
    monkeypatch.delenv("LINEAGE_URL")
    assert find_address().url == "http://127.0.0.1:8765"
    with lineage_client.connect(token="t0ken") as client:
        assert "t0ken" not in repr(client)


@pytest.mark.parametrize(
    "url", ["", "localhost:8765", "ftp://a", "http://", "http://a:b@c", "http://[::1", "http://a:99999", "http://a?b=c"]
)
def test_what_is_no_address_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_URL", url)
    if url:
        with pytest.raises(InvalidAddressError):
            find_address()
    with pytest.raises(InvalidAddressError):
        find_address("http://a", "to ken\r\nX: y")


def test_answers_can_be_pickled_and_copied() -> None:
    answer = chain("a", "b")
    assert pickle.loads(pickle.dumps(answer)) == answer
    assert copy.deepcopy(answer) == answer


def test_pages_of_what_is_whole_need_no_client() -> None:
    answer = chain("a", "b")
    assert list(answer.pages()) == [answer]
    following: Generator[Any, Any, Any] = questions.next_page(answer)
    with pytest.raises(InvalidRequestError, match="Nothing follows"):
        next(following)
