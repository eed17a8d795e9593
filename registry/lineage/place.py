"""Where a page of a walk begins: the state of the graph it is of, how deep it may go, how much came before."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from queries.walk import MAX_DEPTH, Way
from registry.lineage.cursor import foreign_cursor, make_cursor, read_cursor
from registry.lineage.moment import Moment, moment
from registry.lineage.request import Direction, WalkRequest

WHAT_IS_NEW = -1
_NO_BOUND = -1
_FARTHEST = 10**12


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on. ``bound`` is the depth to report to (None: no bound), ``offset`` how many came before.

    ``part`` counts the walks of an answer that has several: 1 is the second; ``owing`` says that an earlier one of
    them has more behind the bound. An ``offset`` of ``WHAT_IS_NEW`` is behind all that a smaller bound shows.
    """

    moment: Moment
    bound: int | None
    offset: int = 0
    part: int = 0
    owing: bool = False

    def smaller_bounds(self, depth: int | None) -> range:
        """The bounds of the pages before, where each goes on by ``depth`` steps."""
        return range(0) if depth is None or self.bound is None else range(depth, self.bound, depth)

    def deeper(self, depth: int | None, offset: int) -> Place | None:
        """The place behind all that this bound shows; None where there is no bound, or none can be greater."""
        if depth is None or self.bound is None or self.bound + depth > MAX_DEPTH:
            return None
        return Place(self.moment, self.bound + depth, offset)

    def cursor(self, request: WalkRequest) -> str:
        """The cursor that leads here, for the same question."""
        when = self.moment
        bound = _NO_BOUND if self.bound is None else self.bound
        return make_cursor(
            _identity(request),
            (
                int(when.present), when.true_by, when.true_after, when.known_at, bound, self.offset, self.part,
                int(self.owing),
            ),
        )  # fmt: skip


def ways(direction: Direction) -> tuple[Way, ...]:
    """The walks that a direction takes, in the order of the answer."""
    return (Way.UPSTREAM, Way.DOWNSTREAM) if direction is Direction.BOTH else (Way(direction.value),)


def begin(request: WalkRequest) -> Place:
    """Where the page of a request begins. Raises InvalidRequestError for a cursor of another question."""
    if request.after is None:
        return Place(moment(request.as_of, request.known_at), request.depth)
    present, true_by, true_after, known_at, bound, offset, part, owing = read_cursor(
        _identity(request), request.after, (int,) * 8
    )
    when = Moment(bool(present), true_by, true_after, known_at)
    place = Place(when, None if bound == _NO_BOUND else bound, offset, part, bool(owing))
    if not (when.can_be_asked_about and _is_on_the_way(place, request)):
        raise foreign_cursor()
    return place


def _is_on_the_way(place: Place, request: WalkRequest) -> bool:
    """Whether the pages of a request lead to a place; anybody can make up a cursor."""
    depth, bound = request.depth, place.bound
    if depth is None or bound is None:
        right_bound = depth is bound
    else:
        right_bound = depth <= bound <= MAX_DEPTH and bound % depth == 0
    return right_bound and WHAT_IS_NEW <= place.offset < _FARTHEST and 0 <= place.part < len(ways(request.direction))


def _identity(request: WalkRequest) -> list[object]:
    """What makes two requests the same question: everything but the size and the price of a page."""
    asked = asdict(request)
    for name in ("limit", "after", "seconds", "max_walked"):
        del asked[name]
    return ["walk", *asked.items()]


def make_moment(when: Moment) -> str:
    """A moment as an opaque text, for another question about the same state."""
    return make_cursor(("moment",), (int(when.present), when.true_by, when.true_after, when.known_at))


def read_moment(text: str) -> Moment:
    """Read what :func:`make_moment` wrote. Raises InvalidRequestError."""
    present, true_by, true_after, known_at = read_cursor(("moment",), text, (int,) * 4)
    when = Moment(bool(present), true_by, true_after, known_at)
    if not when.can_be_asked_about:
        raise foreign_cursor()
    return when
