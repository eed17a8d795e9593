"""The time that a question is about: now, or what was true and recorded at a given time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from graph_schema.times import OPEN, now_micros, to_micros
from registry.errors import InvalidRequestError

_CLOCK_SKEW = 60_000_000
EARLIEST = to_micros(datetime.min.replace(tzinfo=UTC))
_EVERYTHING = OPEN - 1
"""Recorded by this time: all there is."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A window for edges and states; ``present`` is the one of now, where planned beginnings count too.

    It holds what was true from ``true_by`` or before until after ``true_after``, had been recorded by
    ``known_at`` and not been taken back by then.
    """

    present: bool
    true_by: int
    true_after: int
    known_at: int

    @property
    def can_be_asked_about(self) -> bool:
        """Whether it is one that :func:`moment` gives, some time."""
        latest = now_micros() + _CLOCK_SKEW
        by = _EVERYTHING if self.present else self.true_after
        return self.true_by == by and EARLIEST <= self.true_after <= latest and EARLIEST <= self.known_at <= _EVERYTHING


def moment(as_of: int | None = None, known_at: int | None = None) -> Moment:
    """The window for a question. Raises InvalidRequestError for a time that is still to come, or before the year 1."""
    now = now_micros()
    for name, value in (("asOf", as_of), ("knownAt", known_at)):
        if value is not None and value > now + _CLOCK_SKEW:
            raise InvalidRequestError(
                f"{name} lies in the future.", hint="Nothing can be known of it yet: leave it out to ask for now."
            )
        if value is not None and value < EARLIEST:
            raise InvalidRequestError(f"{name} lies before the year 1.")
    if as_of is None and known_at is None:
        return Moment(present=True, true_by=_EVERYTHING, true_after=now, known_at=_EVERYTHING)
    true = now if as_of is None else as_of
    return Moment(present=False, true_by=true, true_after=true, known_at=_EVERYTHING if known_at is None else known_at)
