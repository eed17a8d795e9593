"""Where a page of a walk begins: the state of the graph it is of, how deep it may go, how much came before."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from registry.lineage.cursor import make_cursor, read_cursor
from registry.lineage.moment import Moment, moment
from registry.lineage.request import WalkRequest

_NO_BOUND = -1


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on. ``bound`` is the depth to report to (None: no bound), ``offset`` how many came before.

    ``part`` counts the walks of an answer that has several: 1 is the second.
    """

    moment: Moment
    bound: int | None
    offset: int = 0
    part: int = 0

    def cursor(self, request: WalkRequest) -> str:
        """The cursor that leads here, for the same question."""
        when = self.moment
        bound = _NO_BOUND if self.bound is None else self.bound
        return make_cursor(
            _identity(request),
            (int(when.present), when.true_by, when.true_after, when.known_at, bound, self.offset, self.part),
        )


def begin(request: WalkRequest) -> Place:
    """Where the page of a request begins. Raises InvalidRequestError for a cursor of another question."""
    if request.after is None:
        return Place(moment(request.as_of, request.known_at), request.depth)
    present, true_by, true_after, known_at, bound, offset, part = read_cursor(
        _identity(request), request.after, (int,) * 7
    )
    when = Moment(bool(present), true_by, true_after, known_at)
    return Place(when, None if bound == _NO_BOUND else bound, offset, part)


def _identity(request: WalkRequest) -> list[object]:
    """What makes two requests the same question: everything but the size and the price of a page."""
    asked = asdict(request)
    for name in ("limit", "after", "seconds", "max_walked"):
        del asked[name]
    return ["walk", *asked.items()]
