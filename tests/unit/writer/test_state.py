"""Statements in any order, any number of times, come to the same state."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from registry.records import EdgeRecord, Op, Source, Stamp
from registry.writer.state import State, fresh_state, read_state, stored_state

_TIMES = st.one_of(st.none(), st.integers(1, 9))


@st.composite
def statements(draw: st.DrawFn) -> EdgeRecord:
    op = draw(st.sampled_from([Op.PUT, Op.PUT, Op.AMEND, Op.RETRACT, Op.DELETE]))
    stamp = Stamp(draw(st.integers(1, 6)), draw(st.sampled_from("abcd")))
    values = st.sampled_from([1, 2, None]) if op is Op.AMEND else st.sampled_from([1, 2])
    attributes: dict[str, object] = draw(st.dictionaries(st.sampled_from(["x", "y"]), values))
    if op is Op.PUT:
        attributes["evidence"] = draw(st.sampled_from(["observed", "declared", "inferred"]))
        attributes["confidence"] = draw(st.sampled_from([None, 0.5, 1.0]))
    return EdgeRecord(
        1, op, "USED", "a", "b", "", "data", attributes, draw(_TIMES), draw(_TIMES), Source(stamp, stamp.event_id)
    )


def distinct(records: list[EdgeRecord]) -> list[EdgeRecord]:
    """One statement a stamp: an event says one thing about an edge."""
    return list({record.source.stamp: record for record in records}.values())


def fold(records: list[EdgeRecord]) -> dict[str, object]:
    stored: dict[str, object] = {}
    for record in records:
        state = read_state(stored)
        state.apply(record)
        stored = stored_state(state)
    return stored


@given(st.lists(statements(), max_size=6).map(distinct), st.randoms(use_true_random=False))
def test_any_order_and_repetition_ends_the_same(records: list[EdgeRecord], random: object) -> None:
    shuffled = [*records, *records]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    # A statement that comes again behind a later one must not win: the event id stops it before it gets here,
    # but the state does not depend on that.
    assert fold(shuffled) == fold(records)


@given(st.lists(statements(), max_size=6).map(distinct))
def test_storing_between_statements_changes_nothing(records: list[EdgeRecord]) -> None:
    state = State()
    for record in records:
        state.apply(record)
    assert fold(records) == (stored_state(state) if records else {})


def test_a_retraction_voids_what_was_said_before_it_and_nothing_later() -> None:
    put = EdgeRecord(1, Op.PUT, "USED", "a", "b", "", "data", {"x": 1}, None, None, Source(Stamp(1, "a")))
    gone = EdgeRecord(1, Op.RETRACT, "USED", "a", "b", "", "data", {}, None, None, Source(Stamp(2, "b")))
    again = EdgeRecord(1, Op.PUT, "USED", "a", "b", "", "data", {"y": 2}, None, None, Source(Stamp(3, "c")))
    assert not read_state(fold([put, gone])).alive
    revived = read_state(fold([again, put, gone]))
    assert revived.alive
    assert revived.values == {"y": 2}


def test_the_best_evidence_shows_whatever_came_last() -> None:
    seen = EdgeRecord(
        1,
        Op.PUT,
        "USED",
        "a",
        "b",
        "",
        "data",
        {"evidence": "observed", "confidence": 1.0},
        None,
        None,
        Source(Stamp(1, "a")),
    )
    guess = EdgeRecord(
        1,
        Op.PUT,
        "USED",
        "a",
        "b",
        "",
        "data",
        {"evidence": "inferred", "confidence": 0.3},
        None,
        None,
        Source(Stamp(2, "b")),
    )
    stored = fold([seen, guess])
    assert (stored["evidence"], stored["confidence"]) == ("observed", 1.0)


@given(statements())
def test_the_short_way_for_a_first_statement_is_the_long_one(record: EdgeRecord) -> None:
    assert fresh_state(record) in (None, fold([record]))
