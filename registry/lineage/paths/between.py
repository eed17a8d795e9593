"""The ways between any two entities, whichever is upstream of the other."""

from __future__ import annotations

from collections.abc import Sequence

from graph_schema.catalogue import VERSION_KINDS
from graph_schema.core import Family
from graph_schema.urn import Urn
from graph_schema.walks import SOFTWARE_KINDS, SOFTWARE_USE
from queries.paths import PARTS
from queries.paths.rows import PartsParams
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.lineage.answer import Direction, WalkRequest
from registry.lineage.moment import moment
from registry.lineage.paths.answer import Paths, PathsRequest
from registry.lineage.paths.terrain import Found
from registry.lineage.paths.ways import both_ways, ways
from registry.lineage.question import read_urn
from registry.lineage.walk import walk

MOST_PATHS = 1_000
"""Most paths that one answer lists."""
_SMALL = 5_000
"""Nodes of a walk that is tried first: one end of nearly every pair has no more on its side."""
_UPSTREAM_FAMILIES = sorted(family.value for family in SOFTWARE_USE | {Family.POSSIBLE})
_MOST_PARTS = 10_000
_WITH_PARTS = ("DatasetVersion", "DataSlice")

Bookmarks = Sequence[str] | None


def paths(database: Database, request: PathsRequest, *, bookmarks: Bookmarks = None) -> Paths:
    """The ways between two entities; of an asset, between any of its versions and the other.

    A way follows what a walk downstream follows, from the upstream one of the two; a possible step makes it
    possible. Raises InvalidUrnError, InvalidRequestError, NotFoundError (with near misses in
    ``details['suggestions']``), QueryTimeoutError, DatabaseUnavailableError.
    """
    return _Question(database, request, bookmarks).answer()


class _Question:
    def __init__(self, database: Database, request: PathsRequest, bookmarks: Bookmarks) -> None:
        self._database, self._request, self._bookmarks = database, request, bookmarks
        self._from, self._to = read_urn(request.from_urn), read_urn(request.to_urn)
        _check(request)
        self._software = request.software or bool({self._from.kind, self._to.kind} & SOFTWARE_KINDS)

    def answer(self) -> Paths:
        down = self._ways(self._from, self._to, Direction.DOWNSTREAM)
        up = self._ways(self._to, self._from, Direction.UPSTREAM)
        return both_ways(down, up, self._request.most)

    def _ways(self, above: Urn, below: Urn, direction: Direction) -> Paths:
        """The ways from one down to the other."""
        found = self._found(above, below)
        starts, ends = found.named(str(above)), found.named(str(below))
        # A version is not on the way to its own asset, nor the asset on the way to it.
        if above.kind in VERSION_KINDS:
            starts -= ends
        ends -= starts
        request = self._request
        return ways(
            found.terrain(ends),
            starts,
            ends,
            most=request.most,
            max_length=request.max_length,
            direction=direction,
        )

    def _found(self, above: Urn, below: Urn) -> Found:
        """A subgraph with every way from one to the other in it: what is upstream of the lower one, if not too much.

        Only a walk downstream goes from slices to their wholes, so where that matters it is that walk.
        """
        upstream = self._walk(below, Direction.UPSTREAM, _SMALL)
        if not upstream.cut and not self._parts_matter(upstream, above):
            return upstream
        downstream = self._walk(above, Direction.DOWNSTREAM, _SMALL)
        return downstream if not downstream.cut else self._walk(above, Direction.DOWNSTREAM, self._request.max_walked)

    def _walk(self, end: Urn, direction: Direction, limit: int) -> Found:
        request = self._request
        asked = WalkRequest(
            str(end), direction, software=self._software, possible=request.possible,
            limit=min(limit, request.max_walked), max_walked=min(limit, request.max_walked),
            as_of=request.as_of, known_at=request.known_at,
        )  # fmt: skip
        return Found(walk(self._database, asked, bookmarks=self._bookmarks).graph, possible=request.possible)

    def _parts_matter(self, found: Found, above: Urn) -> bool:
        """Whether a way may lead over a slice that was not found to a whole that was."""
        wholes = found.of_kinds(_WITH_PARTS)
        if not self._request.possible or not wholes:
            return False
        when, seen = moment(self._request.as_of, self._request.known_at), set(wholes)
        while wholes:
            params = PartsParams(
                wholes, _UPSTREAM_FAMILIES, when.true_by, when.true_after, when.known_at, _MOST_PARTS
            )  # fmt: skip
            row = self._database.run(PARTS, params, bookmarks=self._bookmarks)[0]
            new = {urn for urn in row.urn if urn not in seen}
            made = {urn for urn, made in zip(row.urn, row.made, strict=True) if made}
            if len(row.urn) == _MOST_PARTS or new & made or str(above) in new:
                return True
            seen |= new
            wholes = sorted(new)
        return False


def check_most(most: int) -> None:
    """Raise InvalidRequestError unless so many paths may be listed."""
    if not 1 <= most <= MOST_PATHS:
        raise InvalidRequestError(f"most is {most}, but has to be 1 to {MOST_PATHS}.", argument="most")


def _check(request: PathsRequest) -> None:
    if request.from_urn == request.to_urn:
        raise InvalidRequestError(
            "Both ends are the same entity.", hint="Name two: a version and a deployment, for example."
        )
    check_most(request.most)
    if request.max_length is not None and request.max_length < 1:
        raise InvalidRequestError(
            f"maxLength is {request.max_length}, but has to be at least 1.",
            hint="Leave it out for ways of any length.",
            argument="maxLength",
        )
    if not 0 <= request.same_as <= 1:
        raise InvalidRequestError("sameAs is a confidence, from 0 to 1.", argument="sameAs")
    if request.max_walked < 1:
        raise InvalidRequestError("A limit has to be at least 1.")
