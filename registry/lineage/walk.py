"""The lineage of an entity: what it was made from, or what was made from it, and how complete that answer is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from operator import attrgetter

from queries.walk import MAX_DEPTH, Detail, Way
from registry.errors import InvalidRequestError, QueryTimeoutError
from registry.graph.database import Database
from registry.lineage.answer import Completeness, Edge, LineageAnswer, Node, Reason
from registry.lineage.near import Near, near_edges, near_nodes, read_near, reported, suits
from registry.lineage.near_misses import not_found
from registry.lineage.place import Place, begin
from registry.lineage.question import Question, question, ways
from registry.lineage.reach import Reach
from registry.lineage.reading import Bookmarks, edge_order
from registry.lineage.request import Direction, WalkRequest
from registry.lineage.roll_up import roll_up_edges, roll_up_nodes
from registry.lineage.starts import find_starts
from registry.lineage.subgraph import Subgraph
from registry.lineage.whole import Whole, read_whole

_BY_NAME = attrgetter("urn")
_WHEN_LATE = 1_000
"""How many nodes, the nearest, are shown of a walk that took longer than it may."""
_FIRST_SHARE = 0.8
"""The share of the time budget for the whole walk; the rest is for showing a part of it."""


class Walked:
    """A finished walk: what was reached, what of it this page reports, and why it may not be everything.

    ``found`` is all that is reported as far as it was read, in order; ``nodes`` is this page of it.
    """

    def __init__(
        self,
        database: Database,
        asked: Question,
        urns: list[str],
        *,
        detail: Detail,
        all_of_it: bool,
        bookmarks: Bookmarks,
        late: bool = False,
    ) -> None:
        self._database, self._bookmarks, self._detail, self._late = database, bookmarks, detail, late
        self._near, self._whole = self._read(asked, urns, all_of_it=all_of_it)
        self.question = self._near.question if self._near else self._some_whole.question
        self.start, self.found, more = self._nodes()
        offset, limit = asked.place.offset, asked.request.limit
        self.nodes = tuple(self.found[offset:] if all_of_it else self.found[offset : offset + limit])
        self._more = more or offset + len(self.nodes) < len(self.found)
        self._unread = more

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why there is more than this page."""
        deeper = self._near.deeper if self._near else self._some_whole.reach.goes_on
        told = [
            (Reason.DEPTH, deeper and not self._unread),
            (Reason.SIZE, self._more and not self._late),
            (Reason.TIME, self._late and (self._more or deeper)),
        ]
        return tuple(reason for reason, holds in told if holds)

    @cached_property
    def graph(self) -> Subgraph:
        """All that was walked, in memory. What was read without evidence has none here."""
        if self._whole is not None:
            return self._whole.graph
        near = self._near
        if near is None or not self._detail.edges:
            raise ValueError("this walk was read without its edges")
        nodes = near_nodes(self._database, near, self._bookmarks)
        return Subgraph(
            starts=tuple(sorted(near.names[: near.starts])),
            nodes={node.urn: node[:9] for node in nodes},
            edges=sorted(near_edges(near), key=edge_order),
            cut=near.more,
        )

    @cached_property
    def reach(self) -> Reach:
        """How each node was reached."""
        if self._whole is not None:
            return self._whole.reach
        return Reach(self.graph, downstream=self.question.downstream, depth=self.question.place.bound)

    @property
    def passed(self) -> Sequence[Node]:
        """Everything that was reached, also what is not reported."""
        return self._passed

    @property
    def edge_count(self) -> int:
        """How many edges were walked; 0 where none were read."""
        return len(self._walked_edges()) if self._detail.edges else 0

    def show(self, ordered: Sequence[Node]) -> None:
        """Take the page from ``found`` in another order; the same one for every page."""
        offset, limit = self.question.place.offset, self.question.request.limit
        self.nodes = tuple(ordered[offset : offset + limit])
        self._more = self._unread or offset + len(self.nodes) < len(self.found)

    def edges(self) -> tuple[Edge, ...]:
        """The edges walked between what is shown, in a stable order; each is on the page of its later end."""
        place = {node.urn: -1 for node in self.start}
        place.update((node.urn, number) for number, node in enumerate(self.found))
        offset, end = self.question.place.offset, self.question.place.offset + len(self.nodes)
        first = offset == 0
        edges = self._walked_edges()
        if self.question.request.roll_up:
            edges = roll_up_edges(edges)
        shown = []
        for edge in edges:
            at = max(place.get(edge[0], end), place.get(edge[1], end))
            if (offset <= at < end or (first and at < 0)) and edge[0] in place and edge[1] in place:
                shown.append(edge)
        return tuple(sorted(shown, key=edge_order))

    def completeness(self, edges: int, *, cut: bool = False, cursor: bool = True) -> Completeness:
        """How complete the answer is; ``cut`` where something beside the walk was cut by size."""
        reasons = tuple(dict.fromkeys((*self.reasons, Reason.SIZE))) if cut else self.reasons
        return Completeness(
            complete=not reasons,
            reasons=reasons,
            nodes=len(self.nodes),
            edges=edges,
            depth=max((node.depth for node in self.nodes), default=0),
            by_kind=_by_kind(self.nodes),
            total=None if self._unread else len(self.found),
            total_by_kind=None if self._unread else _by_kind(self.found),
            cursor=self.cursor(self.question.request) if cursor else None,
            known_at=self.question.moment.known_at,
        )

    def cursor(self, request: WalkRequest, *, deeper: bool = True) -> str | None:
        """What goes on from here, for the request as it was asked; None where nothing does, or nothing could."""
        place = self.question.place
        if self._more:
            if self._unread and not self.nodes:
                return None
            return replace(place, offset=place.offset + len(self.nodes)).cursor(request)
        if not deeper or not self.reasons or place.bound is None or request.depth is None:
            return None
        if place.bound + request.depth > MAX_DEPTH:
            return None
        # The next depth starts with what lies deeper: all that is reported so far came before.
        return replace(place, bound=place.bound + request.depth, offset=len(self.found)).cursor(request)

    @property
    def _some_whole(self) -> Whole:
        if self._whole is None:
            raise ValueError("this walk was read the short way")
        return self._whole

    def _read(self, asked: Question, urns: list[str], *, all_of_it: bool) -> tuple[Near | None, Whole | None]:
        request = asked.request
        most = max(request.max_walked, request.limit)
        if self._late:
            most = min(most, asked.place.offset + _WHEN_LATE)
            asked = replace(asked, request=replace(request, max_walked=most, limit=min(request.limit, most)))
        if suits(asked):
            every = all_of_it or asked.kinds or asked.request.report.namespaces
            limit = most if every else min(most, asked.place.offset + request.limit)
            near = read_near(self._database, asked, urns, self._detail, limit, self._bookmarks)
            if near is not None:
                return near, None
        return None, read_whole(self._database, asked, urns, self._detail, self._bookmarks)

    def _nodes(self) -> tuple[tuple[Node, ...], list[Node], bool]:
        """Starts, everything to report in order, and whether there is more that was not read."""
        near = self._near
        if near is None:
            whole = self._some_whole
            start, found = whole.start, whole.found
            self._passed = [node for node in whole.reach.nodes if node.depth]
            if self.question.request.roll_up:
                start, found = roll_up_nodes(self._database, self.question, start, found, self._bookmarks)
            return start, found, whole.graph.cut
        nodes = near_nodes(self._database, near, self._bookmarks)
        found = self._passed = nodes[near.starts :]
        if self.question.kinds or self.question.request.report.namespaces:
            shown = reported(self.question, [node.urn for node in found])
            found = [node for node, show in zip(found, shown, strict=True) if show]
        return tuple(sorted(nodes[: near.starts], key=_BY_NAME)), found, near.more

    def _walked_edges(self) -> list[Edge]:
        if self._near is not None:
            return near_edges(self._near)
        graph, reach = self._some_whole.graph, self._some_whole.reach
        edges = [edge for edge in graph.edges if reach.walked(edge)]
        edges += [edge for edge in graph.wholes if reach.walked_up(edge)]
        edges += [edge for edge in graph.identities if reach.has(edge[0]) and reach.has(edge[1])]
        return list({edge_order(edge): edge for edge in edges}.values())


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
    urns = find_starts(database, asked, bookmarks)
    try:
        first = replace(asked, request=replace(request, seconds=_FIRST_SHARE * seconds))
        walked = Walked(database, first, urns, detail=detail, all_of_it=all_of_it, bookmarks=bookmarks)
    except QueryTimeoutError:
        walked = _late(database, asked, urns, detail, seconds, bookmarks)
    if not walked.start:
        raise not_found(database, asked.urn, bookmarks=bookmarks)
    return walked


def _late(
    database: Database, asked: Question, urns: list[str], detail: Detail, seconds: float, bookmarks: Bookmarks
) -> Walked:
    """What is nearest, where the whole walk took too long."""
    rest = replace(asked, request=replace(asked.request, seconds=(1 - _FIRST_SHARE) * seconds))
    try:
        return Walked(database, rest, urns, detail=detail, all_of_it=False, bookmarks=bookmarks, late=True)
    except QueryTimeoutError as error:
        raise QueryTimeoutError(
            "The walk took longer than it may and was stopped; nothing of it is shown.",
            hint="Ask for a smaller depth or limit.",
        ) from error


def _both(
    database: Database, request: WalkRequest, place: Place, detail: Detail, bookmarks: Bookmarks
) -> LineageAnswer:
    """The walk upstream, then the one downstream, as one list that pages run through."""
    parts, left = list[Walked](), request.limit
    for number, way in list(enumerate(ways(request.direction)))[place.part :]:
        one = replace(request, direction=Direction(way.value), limit=max(left, 1), after=None)
        here = place if number == place.part else replace(place, offset=0, part=number)
        if parts:
            here = replace(here, moment=parts[-1].question.moment)
        parts.append(walk(database, one, detail=detail, place=here, bookmarks=bookmarks))
        if left < 1:  # this part is walked only to tell whether there is anything on it
            return _joined(request, parts[:-1], parts[-1], detail)
        left -= len(parts[-1].nodes)
    return _joined(request, parts, None, detail)


def _joined(request: WalkRequest, parts: list[Walked], rest: Walked | None, detail: Detail) -> LineageAnswer:
    edges = sorted({edge_order(edge): edge for part in parts for edge in part.edges()}.values(), key=edge_order)
    shown = tuple(edges) if detail.edges else ()
    nodes = tuple(node for part in parts for node in part.nodes)
    told = [part.completeness(0, cursor=False) for part in parts]
    reasons = dict.fromkeys(reason for one in told for reason in one.reasons)
    cursor = next((found for part in parts if (found := part.cursor(request, deeper=False))), None)
    if rest is not None and rest.nodes and cursor is None:
        reasons[Reason.SIZE] = None
        cursor = rest.question.place.cursor(request)
    total = rest is None and len(parts) == len(ways(request.direction)) and all(one.total is not None for one in told)
    by_kind = Counter[str]()
    for one in told:
        by_kind.update(one.total_by_kind or {})
    completeness = Completeness(
        complete=not reasons,
        reasons=tuple(reason for reason in Reason if reason in reasons),
        nodes=len(nodes),
        edges=len(shown),
        depth=max((node.depth for node in nodes), default=0),
        by_kind=_by_kind(nodes),
        total=sum(by_kind.values()) if total else None,
        total_by_kind=dict(sorted(by_kind.items())) if total else None,
        cursor=cursor,
        known_at=parts[-1].question.moment.known_at,
    )
    return LineageAnswer(parts[0].start, request.direction, nodes, shown, completeness)


def _by_kind(nodes: Sequence[Node]) -> dict[str, int]:
    return dict(sorted(Counter(node.kind for node in nodes).items()))
