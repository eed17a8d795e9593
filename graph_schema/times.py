"""Time in the graph: integers, microseconds since 1970-01-01T00:00:00Z, half-open intervals.

Every edge and every state of an entity has two of them: ``true_from``/``true_to`` (when it was so) and
``recorded_from``/``recorded_to`` (when the registry said so). ``OPEN`` ends an interval that has not ended.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Python reads more than the standard allows: week dates, compact forms, text behind a NUL.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

OPEN = 253_402_300_799_999_999
"""The end of an interval that has not ended: 9999-12-31T23:59:59.999999Z."""


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 of a moment with a zone. Raises ValueError without one."""
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone, for example 2026-05-04T12:00:00Z")
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime | None:
    """The moment in UTC, None for ``OPEN``."""
    return None if micros >= OPEN else _EPOCH + micros * _MICROSECOND


def parse_time(text: str) -> int:
    """Read an RFC 3339 time with a zone as microseconds. Raises ValueError for anything else.

    More than six decimals of a second, which some producers send, are cut. A time whose UTC lies outside the
    years 1 to 9999 could not be written again, so it is refused.
    """
    if _RFC_3339.fullmatch(text) is None:
        raise ValueError("a time reads like 2026-05-04T12:00:00Z (RFC 3339, with a zone)")
    try:
        return to_micros(datetime.fromisoformat(text.upper()).astimezone(UTC))
    except OverflowError:
        raise ValueError("the time is outside the years 1 to 9999") from None


def format_time(micros: int) -> str | None:
    """RFC 3339 in UTC with a ``Z``, None for ``OPEN``."""
    moment = from_micros(micros)
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def now_micros() -> int:
    """The present by this machine's clock."""
    return to_micros(datetime.now(UTC))
