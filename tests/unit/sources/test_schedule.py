"""When something is due, over all the times that there may be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.times import from_micros, to_micros
from registry.sources.schedule import SECOND, Schedule, duration_text, read_duration

MOMENTS = st.integers(0, 4_000_000_000).map(lambda seconds: seconds * SECOND)
SPANS = st.integers(1, 366 * 86_400)


@given(SPANS, MOMENTS, st.integers(0, 10**7))
def test_an_interval_is_due_at_the_soonest_when_it_is_over_and_never_in_the_past(
    seconds: int, began: int, took: int
) -> None:
    now, period = began + took * SECOND, seconds * SECOND
    due = Schedule(seconds).following(began, now)
    assert due >= now
    assert due >= began + period
    assert due <= max(now, began + period + min(period // 10 + 1, 300 * SECOND))


@given(SPANS, MOMENTS, st.integers(1, 1_000))
def test_it_is_tried_later_and_later_after_failures_and_not_later_than_in_some_hours(
    seconds: int, now: int, failures: int
) -> None:
    pauses = [Schedule(seconds).again(number, now) - now for number in (failures, failures + 1)]
    first, longest = min(seconds, 60) * SECOND, 6 * 3_600 * SECOND
    assert all(first <= pause <= longest * 1.1 for pause in pauses)
    assert pauses[0] >= min(first << min(failures - 1, 20), longest)


@given(MOMENTS)
def test_a_cron_expression_is_due_at_the_hour_it_says_in_its_zone(now: int) -> None:
    from zoneinfo import ZoneInfo

    due = Schedule(cron="30 4 * * *", zone="Europe/Berlin").following(now, now)
    moment = from_micros(due)
    assert moment is not None
    assert moment.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M:%S") == "04:30:00"
    assert now < due <= now + 25 * 3_600 * SECOND


def test_a_cron_expression_is_kept_where_the_clocks_change() -> None:
    night = to_micros(datetime(2026, 3, 28, 12, tzinfo=UTC))
    schedule = Schedule(cron="30 2 * * *", zone="Europe/Berlin")
    first = schedule.following(night, night)  # 02:30 is left out on the 29th: the hour after it stands for it
    assert str(from_micros(first)) == "2026-03-29 01:00:00+00:00"
    assert str(from_micros(schedule.following(first, first))) == "2026-03-30 00:30:00+00:00"


@given(SPANS)
def test_a_duration_reads_as_it_is_written(seconds: int) -> None:
    assert read_duration(duration_text(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "-1h", "1.5h", "99999999999s", "1y", "٣h", "0m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        read_duration(text)


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("61 * * * *", "UTC"),
        ("0 0 30 2 *", "UTC"),
        ("", "UTC"),
        ("* * *", "UTC"),
        ("* * * * *", "Nowhere/At/All"),
        ("* * * * *", "../etc"),
    ],
)
def test_what_is_never_due_is_refused(cron: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"cron|never|zone"):
        Schedule(cron=cron, zone=zone)
