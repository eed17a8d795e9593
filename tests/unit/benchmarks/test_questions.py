"""A wrong answer is found whatever is wrong with it, and SQL as it is written here gives right ones."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from benchmarks.breadth_first import Downstream
from benchmarks.lineage_graph import SHAPES, generate
from benchmarks.scale.cases import cases
from benchmarks.scale.measuring import Case, measure
from benchmarks.scale.questions import Call, Found, Question, Truth, WrongAnswerError, limit_way
from benchmarks.scale.sqlite import sqlite_ways


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth(Downstream(generate(SHAPES["1k"])))


@pytest.fixture(scope="module")
def question(truth: Truth) -> Question:
    return truth.question(truth.downstream.graph.hub)


def right_depths(truth: Truth, question: Question) -> dict[str, int]:
    return truth.names.depths(truth.downstream.reached(question.node, until=question.until))


def test_the_truth_is_right(truth: Truth, question: Question) -> None:
    depths = right_depths(truth, question)
    truth.check(question, Found(depths))
    truth.check(question, Found(dict.fromkeys(depths)))
    edges = {
        (truth.names.urn(down), truth.names.urn(up))
        for down, up in truth.downstream.graph.edges()
        if truth.names.urn(up) in depths or up == question.node
    }
    truth.check(question, Found(depths, edges))
    with pytest.raises(WrongAnswerError, match="edges"):
        truth.check(question, Found(depths, set(list(edges)[1:])))


def test_anything_else_is_wrong(truth: Truth, question: Question) -> None:
    depths = right_depths(truth, question)
    last = max(depths, key=lambda urn: depths[urn])
    with pytest.raises(WrongAnswerError, match="1 missing, 0 too many"):
        truth.check(question, Found({urn: depth for urn, depth in depths.items() if urn != last}))
    with pytest.raises(WrongAnswerError, match="0 missing, 1 too many"):
        truth.check(question, Found(depths | {question.urn: 0}))
    with pytest.raises(WrongAnswerError, match=f"depth {depths[last] + 1}, not {depths[last]}"):
        truth.check(question, Found(depths | {last: depths[last] + 1}))


def test_every_sqlite_statement_is_right_now_and_at_a_time(truth: Truth, tmp_path: Path) -> None:
    asked = [question for case in cases(truth) for question in (*case.questions, *case.checked_too)]
    assert {question.until is None for question in asked} == {True, False}
    with sqlite_ways(truth.downstream.graph, tmp_path / "graph.db") as ways:
        for way in ways:
            for question in asked:
                truth.check(question, way.ask(question).found())


def test_a_way_that_is_wrong_or_fails_is_told_and_the_others_are_measured(truth: Truth, question: Question) -> None:
    def fails(_: Question) -> object:
        raise sqlite3.OperationalError("no such table")

    wrong = Call("wrong", lambda _: lambda: Found({}))
    failing = Call("failing", fails)  # type: ignore[arg-type]
    with limit_way(truth) as ways:
        known = {way.name: way for way in (*ways, wrong, failing)}
        case = Case("widest", [question], ["memory", "wrong", "failing", "absent"], rounds=4)
        measured = {item.way: item for item in measure(case, known, truth)}
    assert set(measured) == {"memory", "wrong", "failing"}
    assert (len(measured["memory"].times), measured["memory"].wrong) == (4, None)
    assert measured["memory"].ratio == 1
    assert (measured["wrong"].wrong or "").startswith("WRONG")
    assert "no such table" in (measured["failing"].wrong or "")
    assert measured["wrong"].times == []
