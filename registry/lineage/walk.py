"""The lineage of an entity: what it was made from, or what was made from it, and how complete that answer is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from queries.walk import Detail, Way
from registry.errors import InvalidRequestError, QueryTimeoutError
from registry.graph.database import Database
from registry.lineage.answer import Completeness, LineageAnswer, Reason
from registry.lineage.near_misses import not_found
from registry.lineage.place import WHAT_IS_NEW, Place, begin, ways
from registry.lineage.question import Question, question, read_urn
from registry.lineage.reading import Bookmarks, edge_order
from registry.lineage.request import Direction, WalkRequest
from registry.lineage.starts import Starts, find_starts
from registry.lineage.walked import Walked, count_kinds

__all__ = ["Walked", "lineage", "walk"]

_FIRST_SHARE = 0.8
"""The share of the time budget for the whole walk; the rest is for showing a part of it."""


def lineage(
    database: Database,
    request: WalkRequest,
    *,
    bookmarks: Sequence[str] | None = None,
    edges: bool = True,
    place: Place | None = None,
) -> LineageAnswer:
    """Walk upstream, downstream or both ways from an entity.

    Without ``edges`` none are read; ``place`` is where the page begins, if not where the request says.

    Raises InvalidUrnError, InvalidRequestError, NotFoundError (with near misses in ``details['suggestions']``),
    QueryTimeoutError, DatabaseUnavailableError.
    """
    detail = Detail.EVIDENCE if edges else Detail.NODES
    if request.direction is Direction.BOTH:
        return _both(database, request, begin(request) if place is None else place, detail, bookmarks)
    walked = walk(database, request, detail=detail, place=place, bookmarks=bookmarks)
    shown = walked.edges() if edges else ()
    return LineageAnswer(walked.start, request.direction, walked.nodes, shown, walked.completeness(len(shown)))


def walk(
    database: Database,
    request: WalkRequest,
    *,
    detail: Detail = Detail.EVIDENCE,
    all_of_it: bool = False,
    place: Place | None = None,
    bookmarks: Sequence[str] | None = None,
) -> Walked:
    """Walk one way, and keep what an explanation needs. Raises as :func:`lineage` does.

    ``all_of_it`` reads everything up to ``max_walked`` instead of one page.
    """
    if request.direction is Direction.BOTH:
        raise InvalidRequestError("This goes one way at a time: upstream or downstream.")
    place = begin(request) if place is None else place
    asked = question(request, place, Way(request.direction.value))
    seconds = min(request.seconds or database.query_timeout, database.query_timeout)
    urns, hidden = find_starts(database, asked, bookmarks)
    try:
        first = replace(asked, request=replace(request, seconds=_FIRST_SHARE * seconds))
        walked = Walked(database, first, urns, detail=detail, all_of_it=all_of_it, bookmarks=bookmarks, hidden=hidden)
    except QueryTimeoutError:
        walked = _late(database, asked, Starts(urns, hidden), detail, seconds, bookmarks)
    if walked.not_there is not None:
        raise not_found(database, read_urn(walked.not_there), bookmarks=bookmarks)
    return walked


def _late(
    database: Database, asked: Question, starts: Starts, detail: Detail, seconds: float, bookmarks: Bookmarks
) -> Walked:
    """What is nearest, where the whole walk took too long."""
    rest = replace(asked, request=replace(asked.request, seconds=(1 - _FIRST_SHARE) * seconds))
    try:
        return Walked(
            database, rest, starts.urns, detail=detail, all_of_it=False, bookmarks=bookmarks, late=True,
            hidden=starts.hidden,
        )  # fmt: skip
    except QueryTimeoutError as error:
        raise QueryTimeoutError(
            "The walk took longer than it may and was stopped; nothing of it is shown.",
            hint="Ask for a smaller depth or limit.",
        ) from error


def _both(
    database: Database, request: WalkRequest, place: Place, detail: Detail, bookmarks: Bookmarks
) -> LineageAnswer:
    """The walk upstream, then the one downstream, as one list that pages run through."""
    parts, left, rest = list[Walked](), request.limit, None
    for way in ways(request.direction)[place.part :]:
        if parts:
            place = _behind(parts[-1], request)
        one = replace(request, direction=Direction(way.value), limit=max(left, 1), after=None)
        walked = walk(database, one, detail=detail, place=place, bookmarks=bookmarks)
        if left < 1 and (walked.nodes or Reason.SIZE in parts[-1].reasons):
            rest = walked  # it begins on a later page: this only tells that there is more
        else:
            parts.append(walked)
            left -= len(walked.nodes)
    return _joined(request, parts, rest, detail)


def _behind(part: Walked, request: WalkRequest) -> Place:
    """Where the next part begins, of the state of the graph that this one is of."""
    place = part.question.place
    offset = WHAT_IS_NEW if place.smaller_bounds(request.depth) else 0
    return replace(place, offset=offset, part=place.part + 1, owing=Reason.DEPTH in part.reasons)


def _joined(request: WalkRequest, parts: list[Walked], rest: Walked | None, detail: Detail) -> LineageAnswer:
    edges = {edge_order(edge): edge for part in parts for edge in part.edges()} if detail.edges else {}
    nodes = tuple(node for part in parts for node in part.nodes)
    every = [*parts, rest] if rest else parts
    reasons = {reason for part in every for reason in part.reasons if part is not rest or reason is not Reason.SIZE}
    if parts[0].question.place.owing:
        reasons.add(Reason.DEPTH)
    cursor = next((found for part in parts if (found := part.cursor(request, deeper=False))), None)
    if rest is not None and cursor is None:
        reasons.add(Reason.SIZE)
        cursor = rest.question.place.cursor(request)
    if cursor is None and Reason.DEPTH in reasons:
        there = parts[0].question.place.deeper(request.depth, WHAT_IS_NEW)
        cursor = there.cursor(request) if there else None
    if any(part.hidden for part in every):
        reasons.add(Reason.PERMISSION)
    told = [part.completeness(0, cursor=False) for part in every]
    by_kind = Counter[str]()
    for one in told:
        by_kind.update(one.total_by_kind or {})
    total = len(every) == len(ways(request.direction)) and all(one.total is not None for one in told)
    completeness = Completeness(
        complete=not reasons,
        reasons=tuple(reason for reason in Reason if reason in reasons),
        nodes=len(nodes),
        edges=len(edges),
        depth=max((node.depth for node in nodes), default=0),
        by_kind=count_kinds(nodes),
        total=sum(by_kind.values()) if total else None,
        total_by_kind=dict(sorted(by_kind.items())) if total else None,
        cursor=cursor,
        known_at=parts[-1].question.moment.known_at,
    )
    shown = tuple(edges[name] for name in sorted(edges))
    return LineageAnswer(parts[0].start, request.direction, nodes, shown, completeness)
