"""Times: aware ``datetime`` in Python, RFC 3339 on the wire. A time without a zone is refused, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime

from lineage_client.errors import InvalidRequestError, NaiveTimeError


def write_time(moment: datetime, name: str = "time") -> str:
    """RFC 3339 in UTC, to the microsecond.

    ``name`` is the argument's, for the error. Raises NaiveTimeError without a zone, InvalidRequestError for what is
    no ``datetime`` and for a time whose UTC lies outside the years 1 to 9999.
    """
    if not isinstance(moment, datetime):
        raise InvalidRequestError(
            f"{name} is a {type(moment).__name__}, not a datetime.",
            hint="Write datetime(2026, 5, 4, tzinfo=timezone.utc).",
        )
    if moment.utcoffset() is None:
        raise NaiveTimeError(
            f"{name} is {moment.isoformat()}, a time without a zone.",
            hint=f"Say which: datetime({moment.year}, {moment.month}, {moment.day}, …, tzinfo=timezone.utc), "
            "or moment.astimezone() for this machine's own zone.",
        )
    try:
        return datetime.isoformat(moment.astimezone(UTC), timespec="microseconds").replace("+00:00", "Z")
    except OverflowError:
        raise InvalidRequestError(f"{name} is outside the years 1 to 9999 in UTC.") from None


def read_time(text: str) -> datetime:
    """The moment, in UTC, that the server wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def read_optional_time(text: str | None) -> datetime | None:
    """The moment, or None for what has none (not ended, not said)."""
    return None if text is None else read_time(text)
