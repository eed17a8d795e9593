"""What can be asked of a comparison, checked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from graph_schema.urn import label
from registry.errors import InvalidRequestError
from registry.lineage.question import read_urn
from registry.lineage.request import WalkRequest


@dataclass(frozen=True, slots=True)
class DiffRequest:
    """Compare the walk ``before`` with the same walk for another thing, at another time, or both.

    ``before`` holds the walk with the older times; ``to`` is what the newer side is about (None: the same thing).
    ``to_time`` and ``to_known_at`` are microseconds since 1970, None for now and for everything recorded.
    """

    before: WalkRequest
    to: str | None = None
    to_time: int | None = None
    to_known_at: int | None = None

    @property
    def after(self) -> WalkRequest:
        """The walk of the newer side."""
        return replace(self.before, urn=self.to or self.before.urn, as_of=self.to_time, known_at=self.to_known_at)


def check(request: DiffRequest) -> None:
    """Raise InvalidUrnError and InvalidRequestError for what cannot be compared."""
    older, newer = read_urn(request.before.urn), read_urn(request.to or request.before.urn)
    if older.kind != newer.kind:
        raise InvalidRequestError(
            f"{label(older.name, older.version)} is a {older.kind} and {label(newer.name, newer.version)} a {newer.kind}: "
            "they cannot be compared.",
            hint="Compare two versions of one kind, or one thing at two times.",
            argument="to",
        )
    times = (request.before.as_of, request.before.known_at, request.to_time, request.to_known_at)
    if older == newer and times == (None, None, None, None):
        raise InvalidRequestError(
            "There is only one answer, so nothing to compare.",
            hint="Give another version as `to`, or an earlier time as `fromTime` or `fromKnownAt`.",
        )
    _check_order("fromTime", request.before.as_of, "toTime", request.to_time)
    _check_order("fromKnownAt", request.before.known_at, "toKnownAt", request.to_known_at)
    if request.before.after is not None or request.before.also:
        raise InvalidRequestError("A comparison is of one thing, and has no pages.")


def _check_order(first: str, start: int | None, second: str, end: int | None) -> None:
    """None is now, the latest there is."""
    if end is not None and (start is None or start > end):
        shown = "now" if start is None else first
        raise InvalidRequestError(
            f"{shown} is later than {second}.",
            hint=f"Exchange {first} and {second}." if start is not None else f"Give {first} as well.",
            argument=first,
        )
