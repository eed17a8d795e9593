"""Statements in any order, any number of times, come to the same state."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidRecordError
from registry.records import EdgeRecord, Op, Source, Stamp
from registry.writer import facets
from registry.writer.facets import events_of_facets
from registry.writer.state import State, fresh_state, read_state, stored_state

_FACETS = st.dictionaries(st.sampled_from(["a", "b", "*"]), st.sampled_from([1, {"_producer": "p"}, None])).map(
    lambda value: orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
)
_TIMES = st.one_of(st.none(), st.integers(1, 9))


@st.composite
def statements(draw: st.DrawFn) -> EdgeRecord:
    op = draw(st.sampled_from([Op.PUT, Op.PUT, Op.AMEND, Op.RETRACT, Op.DELETE]))
    stamp = Stamp(draw(st.integers(1, 6)), draw(st.sampled_from("abcd")))
    values = st.sampled_from([1, 2, None]) if op is Op.AMEND else st.sampled_from([1, 2])
    attributes: dict[str, object] = draw(st.dictionaries(st.sampled_from(["x", "y"]), values))
    if draw(st.booleans()):
        attributes["facets"] = draw(st.none() if op is Op.AMEND and draw(st.booleans()) else _FACETS)
    if op is Op.PUT:
        attributes["evidence"] = draw(st.sampled_from(["observed", "declared", "inferred"]))
        attributes["confidence"] = draw(st.sampled_from([None, 0.5, 1.0]))
    channel = {"a": "records", "b": "openlineage", "c": "records"}.get(stamp.event_id)
    source = Source(stamp, stamp.event_id, channel)
    return EdgeRecord(1, op, "USED", "a", "b", "", "data", attributes, draw(_TIMES), draw(_TIMES), source)


def distinct(records: list[EdgeRecord]) -> list[EdgeRecord]:
    """One statement a stamp: an event says one thing about an edge."""
    return list({record.source.stamp: record for record in records}.values())


def fold(records: list[EdgeRecord], *, of_entity: bool = False) -> dict[str, object]:
    stored: dict[str, object] = {}
    for record in records:
        state = read_state(stored, of_entity=of_entity)
        state.apply(record)
        stored = stored_state(state)
    return stored


@given(st.lists(statements(), max_size=6).map(distinct), st.randoms(use_true_random=False), st.booleans())
def test_any_order_and_repetition_ends_the_same(records: list[EdgeRecord], random: object, of_entity: bool) -> None:
    shuffled = [*records, *records]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    # A statement that comes again behind a later one must not win: the event id stops it before it gets here,
    # but the state does not depend on that.
    assert fold(shuffled, of_entity=of_entity) == fold(records, of_entity=of_entity)


@given(st.lists(statements(), max_size=6).map(distinct))
def test_storing_between_statements_changes_nothing(records: list[EdgeRecord]) -> None:
    state = State()
    for record in records:
        state.apply(record)
    assert fold(records) == (stored_state(state) if records else {})


def test_a_dependency_keeps_its_scope_when_something_else_is_said_of_it() -> None:
    def say(op: Op, event: str, attributes: dict[str, object]) -> EdgeRecord:
        source = Source(Stamp(ord(event), event))
        return EdgeRecord(1, op, "DEPENDS_ON", "a", "b", "", "software", attributes, None, None, source)

    said = [say(Op.PUT, "a", {"scope": "build", "optional": True}), say(Op.AMEND, "b", {"optional": False})]
    stored = fold(said)
    assert (stored["scope"], stored["optional"]) == ("build", False)
    assert "scope" not in read_state({**stored, "scope": "prod"}, of_entity=True).values


def test_a_retraction_voids_what_was_said_before_it_and_nothing_later() -> None:
    put = EdgeRecord(1, Op.PUT, "USED", "a", "b", "", "data", {"x": 1}, None, None, Source(Stamp(1, "a")))
    gone = EdgeRecord(1, Op.RETRACT, "USED", "a", "b", "", "data", {}, None, None, Source(Stamp(2, "b")))
    again = EdgeRecord(1, Op.PUT, "USED", "a", "b", "", "data", {"y": 2}, None, None, Source(Stamp(3, "c")))
    assert not read_state(fold([put, gone])).alive
    revived = read_state(fold([again, put, gone]))
    assert revived.alive
    assert revived.values == {"y": 2}


@given(st.lists(statements(), max_size=6).map(distinct))
def test_every_channel_that_still_vouches_for_it_is_kept_and_no_other(records: list[EdgeRecord]) -> None:
    voided = max((one.source.stamp for one in records if one.op is Op.RETRACT), default=Stamp(0, ""))
    said = {one.source.channel for one in records if one.op is Op.PUT and one.source.stamp > voided}
    stored = fold(records)
    assert set(read_state(stored).channels) == said - {None}
    # One that nobody else vouches for is kept once.
    assert "channels" not in stored or stored["channels"] != [stored.get("channel")] or "stamps" in stored


@given(st.lists(statements(), max_size=6).map(distinct))
def test_an_entity_came_by_the_channels_that_hold_what_it_shows(records: list[EdgeRecord]) -> None:
    voided = max((one.source.stamp for one in records if one.op is Op.RETRACT), default=Stamp(0, ""))
    live = sorted((one for one in records if one.source.stamp > voided), key=lambda one: one.source.stamp)
    said = [one for one in live if one.op is not Op.DELETE]
    last: dict[str, EdgeRecord] = {f"facets {at}": one for at, one in enumerate(said) if _says_facets(one)}
    for one in live:
        last["latest"] = one
        last |= {name: one for name in ("x", "y") if one in said and name in one.attributes}
        last |= {"from": one} if one.true_from is not None else {}
        last |= {"to": one} if one.true_to is not None or one.op in (Op.PUT, Op.DELETE) else {}
    stored = fold(records, of_entity=True)
    shown = stored.get("channels", [stored.get("channel") or "unknown"] if live else [])
    assert shown == sorted({one.source.channel or "unknown" for one in last.values()})


def _says_facets(record: EdgeRecord) -> bool:
    return bool(record.attributes.get("facets", "{}") != "{}")


def test_what_somebody_else_says_of_an_entity_is_not_told_as_what_the_first_channel_said() -> None:
    def put(at: int, channel: str, **said: str) -> EdgeRecord:
        source = Source(Stamp(at, "e"), None, channel)
        return EdgeRecord(1, Op.PUT, "USED", "a", "b", "", "data", dict(said), None, None, source)

    first, attack = put(1, "attestation", license="MIT", title="t"), put(2, "records", license="none")
    beside, again = put(3, "attestation", title="t"), put(4, "attestation", license="MIT", title="t")
    assert "channels" not in fold([first], of_entity=True)
    assert fold([attack, first], of_entity=True)["channels"] == ["attestation", "records"]
    assert fold([first, attack, beside], of_entity=True)["channels"] == ["attestation", "records"]
    healed = fold([again, attack, first, beside], of_entity=True)
    assert ("channels" in healed, healed["channel"]) == (False, "attestation")


def test_what_somebody_else_says_again_does_not_take_the_first_channel_away() -> None:
    attributes = {"evidence": "declared"}
    puts = [
        EdgeRecord(
            1, Op.PUT, "USED", "a", "b", "", "data", attributes, None, None, Source(Stamp(at, "e"), None, channel)
        )
        for at, channel in ((1, "attestation"), (2, "records"))
    ]
    assert fold(puts[:1]).get("channels") is None
    assert (fold(puts)["channel"], fold(puts)["channels"]) == ("records", ["attestation", "records"])
    gone = EdgeRecord(
        1, Op.DELETE, "USED", "a", "b", "", "data", {}, None, None, Source(Stamp(3, "f"), None, "records")
    )
    assert fold([puts[0], gone])["channels"] == ["attestation"]


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


def said(number: int, told: object, op: Op = Op.PUT, **attributes: object) -> EdgeRecord:
    """A statement about facets; later ones have higher numbers."""
    text = None if told is None else orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
    stamp = Stamp(number, f"e{number}")
    return EdgeRecord(
        1, op, "USED", "a", "b", "", "data", {"facets": text} | attributes, None, None, Source(stamp, f"p{number}")
    )


@given(st.lists(statements(), max_size=6).map(distinct))
def test_each_facet_is_held_by_the_latest_who_named_it(records: list[EdgeRecord]) -> None:
    """The truth, told plainly: in the order of their stamps, statements set and take away single facets."""
    truth: dict[str, object] = {}
    for record in sorted(records, key=lambda record: record.source.stamp):
        if record.op is Op.RETRACT:
            truth = {}
        elif record.op in (Op.PUT, Op.AMEND) and "facets" in record.attributes:
            told = orjson.loads(record.attributes["facets"] or "{}")
            truth = {} if record.attributes["facets"] is None else truth | told
            truth = {
                name: value for name, value in truth.items() if record.op is Op.PUT or told.get(name, 0) is not None
            }
    assert orjson.loads(str(fold(records).get("facets", "{}"))) == truth


def test_facets_of_several_sources_stand_side_by_side() -> None:
    stored = fold([said(2, {"schema": [1], "owner": "x"}), said(1, {"schema": [0], "card": {}}), said(3, {"card": 3})])
    assert stored["facets"] == '{"card":3,"owner":"x","schema":[1]}'
    assert fold([said(4, {"owner": None, "new": 1}, Op.AMEND)])["facets"] == '{"new":1}'


def test_facets_as_they_were_kept_before_each_was_a_register_go_on() -> None:
    """All of one statement, with the stamp of that where another attribute is newer, or with it alone if taken away."""
    old = {"event_id": "e5", "event_time": 5, "true_from": 1, "true_to": 9, "x": 1}
    kept = read_state(old | {"facets": '{"a":1,"b":1}', "stamps": '{"facets":[3,"e3"]}'})
    kept.apply(said(2, {"a": 2, "c": 2}))
    kept.apply(said(4, {"b": 4}))
    assert kept.values["facets"] == '{"a":1,"b":4,"c":2}'
    gone = read_state(old | {"stamps": '{"facets":[3,"e3"]}'})
    gone.apply(said(2, {"a": 2}))
    assert "facets" not in gone.values
    gone.apply(said(4, {"a": 4}))
    assert gone.values["facets"] == '{"a":4}'


def test_facets_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facets, "MAX_CHARACTERS", 20)
    with pytest.raises(InvalidRecordError) as caught:
        fold([said(1, {"a": "0123456"}), said(2, {"b": "0123456"})])
    assert caught.value.details["errors"][0]["field"] == "/attributes/facets"
    assert fold([said(1, {"a": "0123456"}), said(2, {"a": None, "b": "0123456"}, Op.AMEND)])["facets"]


def test_each_facet_is_known_by_the_event_that_holds_it() -> None:
    stored = fold([said(1, {"a": 1, "b": 1}), said(3, {"c": 1}), said(2, {"b": 2}), said(4, {}, x=1)])
    assert events_of_facets(stored, ("a", "b", "c")) == {"a": "e1", "b": "e2", "c": "e3"}
    assert events_of_facets(fold([said(1, {"a": 1})]), ("a",)) == {}
