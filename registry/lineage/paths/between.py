"""The ways between any two entities, whichever is upstream of the other."""

from __future__ import annotations

from collections.abc import Sequence

from graph_schema.catalogue import VERSION_KINDS
from graph_schema.core import Family
from graph_schema.urn import Urn
from graph_schema.walks import SOFTWARE_KINDS, SOFTWARE_USE
from queries.paths import PARTS
from queries.paths.rows import PartsParams
from queries.walk import MAX_DEPTH
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.lineage.answer import Direction, Reason, WalkRequest
from registry.lineage.paths.answer import Paths, PathsRequest
from registry.lineage.paths.terrain import Found
from registry.lineage.paths.ways import both_ways, ways
from registry.lineage.place import Place
from registry.lineage.question import read_urn
from registry.lineage.subgraph import HAS_FIELDS
from registry.lineage.walk import Walked, walk

MOST_PATHS = 1_000
"""Most paths that one answer lists."""
_FIRST_TRY = 5_000
_NEXT_TRY = 4
"""How many nodes a walk may have that is tried first, from either end, and how much more those after it."""
_UPSTREAM_FAMILIES = sorted(family.value for family in SOFTWARE_USE | {Family.POSSIBLE})
_MOST_PARTS = 10_000

Bookmarks = Sequence[str] | None


def paths(database: Database, request: PathsRequest, *, bookmarks: Bookmarks = None) -> Paths:
    """The ways between two entities; of an asset, between any of its versions and the other.

    A way follows what a walk downstream follows, from the upstream one of the two; a possible step makes it
    possible. Raises InvalidUrnError, InvalidRequestError, NotFoundError (with near misses in
    ``details['suggestions']``), QueryTimeoutError, DatabaseUnavailableError.
    """
    one, other = read_urn(request.from_urn), read_urn(request.to_urn)
    _check(request)
    return _Question(database, request, one, other, bookmarks).answer()


class _Question:
    """Two walks upstream, one from each end, show which lies upstream of the other, and mostly every way between."""

    def __init__(self, database: Database, request: PathsRequest, one: Urn, other: Urn, bookmarks: Bookmarks) -> None:
        self._database, self._request, self._bookmarks = database, request, bookmarks
        self._software = request.software or bool({one.kind, other.kind} & SOFTWARE_KINDS)
        self._one, self._other = one, other
        self._place: Place | None = None

    def answer(self) -> Paths:
        from_other = self._walk(self._other, Direction.UPSTREAM, _FIRST_TRY)
        from_one = self._walk(self._one, Direction.UPSTREAM, _FIRST_TRY)
        if from_one.graph.starts == from_other.graph.starts:
            raise _same()
        down = self._ways((self._one, self._other), (from_one, from_other), Direction.DOWNSTREAM)
        up = self._ways((self._other, self._one), (from_other, from_one), Direction.UPSTREAM)
        return both_ways(down, up, self._request.most)

    def _ways(self, names: tuple[Urn, Urn], walks: tuple[Walked, Walked], direction: Direction) -> Paths:
        """The ways from the first of two down to the second; with the walks upstream from both."""
        (above, below), (from_above, from_below) = names, walks
        starts, ends = frozenset(from_above.graph.starts), frozenset(from_below.graph.starts)
        # A version is not on the way to its own asset, nor the asset on the way to it.
        if above.kind in VERSION_KINDS:
            starts -= ends
        ends -= starts
        found = self._found(above, below, from_above, from_below)
        return ways(
            found.terrain(ends),
            starts,
            ends,
            most=self._request.most,
            max_length=self._request.max_length,
            direction=direction,
            same=direction is Direction.DOWNSTREAM,
        )

    def _found(self, above: Urn, below: Urn, from_above: Walked, from_below: Walked) -> Found:
        """A subgraph with every way from one to the other in it: what is upstream of the lower one, if not too much.

        Only a walk downstream goes from slices and columns to their wholes; where that matters it is that walk.
        Else it is whichever ends sooner.
        """
        limit, up, down = _FIRST_TRY, from_below, None
        while True:
            if not up.reasons:
                found = Found([up], _hidden(up, from_above))
                if not self._parts_matter(found, from_above, up):
                    return found
                down = self._walk(above, Direction.DOWNSTREAM, self._request.max_walked)
                break
            down = self._walk(above, Direction.DOWNSTREAM, limit)
            if not down.reasons or limit >= self._request.max_walked:
                break
            limit *= _NEXT_TRY
            up = self._walk(below, Direction.UPSTREAM, limit)
        return self._found_downstream(above, down, up)

    def _found_downstream(self, above: Urn, down: Walked, up: Walked) -> Found:
        length, bounded = self._request.max_length, tuple[Reason, ...]()
        if down.reasons and length is not None and length <= MAX_DEPTH:
            down, bounded = self._walk(above, Direction.DOWNSTREAM, self._request.max_walked, length), (Reason.DEPTH,)
        # Columns that nothing was made from lie on no walk downstream, but are on the one from them.
        return Found([down, up], dict.fromkeys((*down.reasons, *bounded, *_hidden(down, up))))

    def _walk(self, end: Urn, direction: Direction, limit: int, depth: int | None = None) -> Walked:
        """Walk from one end; every walk of an answer is about the same state of the graph."""
        request, limit = self._request, min(limit, self._request.max_walked)
        asked = WalkRequest(
            str(end), direction, depth, software=self._software, possible=request.possible, same_as=request.same_as,
            limit=limit, max_walked=limit, as_of=request.as_of, known_at=request.known_at, channels=request.channels,
        )  # fmt: skip
        place = None if self._place is None else Place(self._place.moment, depth)
        walked = walk(self._database, asked, all_of_it=True, place=place, bookmarks=self._bookmarks)
        self._place = walked.question.place
        return walked

    def _parts_matter(self, found: Found, from_above: Walked, from_below: Walked) -> bool:
        """Whether a way may lead over a part that was not found to a whole that was."""
        wholes = found.of_kinds(HAS_FIELDS)
        if not self._request.possible or not wholes:
            return False
        when, seen = from_below.question.moment, set(found.names())
        starts = _names_of_starts(from_above)
        while wholes:
            params = PartsParams(
                wholes, sorted(starts), _UPSTREAM_FAMILIES, when.true_by, when.true_after, when.known_at, _MOST_PARTS
            )  # fmt: skip
            row = self._database.run(PARTS, params, bookmarks=self._bookmarks)[0]
            new = {urn for urn in row.urn if urn not in seen}
            made = {urn for urn, made in zip(row.urn, row.made, strict=True) if made}
            # Of a walk that was cut nobody knows all names of its starts.
            relevant = new & (made | starts) if not from_above.reasons else new
            if len(row.urn) == _MOST_PARTS or relevant:
                return True
            seen |= new
            wholes = sorted(new)
        return False


def check_most(most: int) -> None:
    """Raise InvalidRequestError unless so many paths may be listed."""
    if not 1 <= most <= MOST_PATHS:
        raise InvalidRequestError(f"most is {most}, but has to be 1 to {MOST_PATHS}.", argument="most")


def _hidden(*walks: Walked) -> tuple[Reason, ...]:
    """A way may lead over what ended any of the walks."""
    return (Reason.PERMISSION,) if any(walked.hidden for walked in walks) else ()


def _names_of_starts(walked: Walked) -> set[str]:
    """The starts of a walk by all their names."""
    names = set(walked.graph.starts)
    while True:
        more = {end for edge in walked.graph.identities if names & set(edge[:2]) for end in edge[:2]} - names
        if not more:
            return names
        names |= more


def _same() -> InvalidRequestError:
    return InvalidRequestError(
        "Both ends are the same entity.", hint="Name two: a version and a deployment, for example."
    )


def _check(request: PathsRequest) -> None:
    if request.from_urn == request.to_urn:
        raise _same()
    check_most(request.most)
    if request.max_length is not None and request.max_length < 1:
        raise InvalidRequestError(
            f"maxLength is {request.max_length}, but has to be at least 1.",
            hint="Leave it out for ways of any length.",
            argument="maxLength",
        )
    if request.max_walked < 1:
        raise InvalidRequestError("A limit has to be at least 1.")
