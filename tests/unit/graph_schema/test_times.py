"""Times are whole microseconds of UTC, whatever zone they came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.times import OPEN, format_time, from_micros, now_micros, parse_time, to_micros

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31), timezones=ZONES)  # noqa: DTZ001


@given(MOMENTS)
def test_any_moment_survives_the_way_there_and_back(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


@given(st.integers(-62_000_000_000_000_000, OPEN - 1))
def test_any_number_survives_as_text(micros: int) -> None:
    text = format_time(micros)
    assert text is not None
    assert text.endswith("Z")
    assert parse_time(text) == micros


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-[01]\d-[0-3]\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", fullmatch=True))
def test_what_is_read_can_be_written_again(text: str) -> None:
    try:
        micros = parse_time(text)
    except ValueError:
        return
    written = format_time(micros)
    assert written is not None
    assert parse_time(written) == micros


@given(MOMENTS, MOMENTS)
def test_order_is_the_order_of_the_moments(one: datetime, other: datetime) -> None:
    assert (to_micros(one) < to_micros(other)) == (one < other)


def test_an_interval_that_has_not_ended_has_no_end() -> None:
    assert from_micros(OPEN) is None
    assert format_time(OPEN) is None
    assert from_micros(OPEN - 1) == datetime.max.replace(tzinfo=UTC) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01t00:00:00z", 0),
        ("1970-01-01 00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.0000019Z", 1),
        ("1970-01-01T00:00:00.123456789Z", 123_456),
    ],
)
def test_reads_rfc_3339(text: str, expected: int) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "yesterday", "2026-05-04", "2026-05-04T12:00:00", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-W01-1T00:00:00Z", "20260504T120000Z", "2026-05-04T12Z", "2026-05-04x12:00:00Z", "2026-05-04T12:00:00,5Z",
        "2026-05-04T12:00:00+01:00:30", "2026-05-04T12:00:00Z\x00", "2026-05-04T12:00:00Z\n", "٢٠٢٦-05-04T12:00:00Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00",
    ],
)  # fmt: skip
def test_refuses_what_is_no_time_with_a_zone(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_micros(datetime(2026, 5, 4))  # noqa: DTZ001


def test_now_is_between_two_looks_at_the_clock() -> None:
    before = datetime.now(UTC)
    now = from_micros(now_micros())
    assert now is not None
    assert before - timedelta(seconds=1) <= now <= datetime.now(UTC) + timedelta(seconds=1)
