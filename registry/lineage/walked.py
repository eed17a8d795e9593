"""A finished walk: the page that it shows, and how complete that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from operator import attrgetter

from queries.walk import Detail
from registry.graph.database import Database
from registry.lineage.answer import Completeness, Edge, Node, Reason
from registry.lineage.near import Near, near_edges, near_nodes, read_near, reported, suits
from registry.lineage.pages import Listed, list_by_bound
from registry.lineage.place import WHAT_IS_NEW
from registry.lineage.question import Question
from registry.lineage.reach import Reach
from registry.lineage.reading import Bookmarks, edge_order
from registry.lineage.request import WalkRequest
from registry.lineage.roll_up import roll_up_edges, roll_up_nodes
from registry.lineage.subgraph import Subgraph
from registry.lineage.whole import Whole, read_whole

_BY_NAME = attrgetter("urn")
_WHEN_LATE = 1_000
"""How many nodes, the nearest, are shown of a walk that took longer than it may."""


class Walked:
    """A finished walk: what was reached, what of it this page (``nodes``) reports, and why it may not be everything.

    ``hidden`` says that it ended somewhere at what the reader may not see.
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
        hidden: bool = False,
    ) -> None:
        self._database, self._bookmarks, self._detail, self._late = database, bookmarks, detail, late
        self._asked = urns
        self._near, self._whole = self._read(asked, urns, all_of_it=all_of_it)
        self.hidden = hidden or (self._near.hidden if self._near else self._some_whole.reach.hidden)
        self.question = self._near.question if self._near else self._some_whole.question
        self.start, self._listed, self._counted, more = self._nodes()
        if asked.place.offset == WHAT_IS_NEW:
            self.question = replace(self.question, place=replace(self.question.place, offset=self._listed.new))
        offset, limit = self.question.place.offset, asked.request.limit
        self.nodes = tuple(self.found[offset:] if all_of_it else self.found[offset : offset + limit])
        self._more = more or offset + len(self.nodes) < len(self.found)
        self._unread = more

    @property
    def not_there(self) -> str | None:
        """The first of the starts that is not there; None where all are, or where there are too many to tell."""
        if self._near is not None:
            names, cut = set(self._near.names[: self._near.starts]), False
        else:
            names, cut = set(self._some_whole.graph.starts), self._some_whole.graph.cut
        return None if cut and names else next((urn for urn in self._asked if urn not in names), None)

    @property
    def found(self) -> Sequence[Node]:
        """All that is reported as far as it was read, in the order of the pages."""
        return self._listed.nodes

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why there is more than this page, for whoever may see it."""
        deeper = self._near.deeper if self._near else self._some_whole.goes_on
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
            edges=sorted(near_edges(near, near.question.place.bound), key=edge_order),
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
        offset, limit, listed = self.question.place.offset, self.question.request.limit, self._listed
        before = listed.nodes[: listed.new]  # on pages of smaller bounds, in whatever order
        came = set(before)
        self._listed = replace(listed, nodes=[*before, *(node for node in ordered if node not in came)])
        self.nodes = tuple(self.found[offset : offset + limit])
        self._more = self._unread or offset + len(self.nodes) < len(self.found)

    def edges(self) -> tuple[Edge, ...]:
        """The edges walked between what is shown, in a stable order; each is on the page of its later end."""
        place = self.question.place
        edges, end = self._edges_between(self._whole or place.bound), place.offset + len(self.nodes)
        return tuple(self._listed.edges_on(self.start, edges, place.offset, end))

    def completeness(self, edges: int, *, cut: bool = False, cursor: bool = True) -> Completeness:
        """How complete the answer is; ``cut`` where something beside the walk was cut by size."""
        told = {*self.reasons, *((Reason.SIZE,) if cut else ()), *((Reason.PERMISSION,) if self.hidden else ())}
        reasons = tuple(reason for reason in Reason if reason in told)
        return Completeness(
            complete=not reasons,
            reasons=reasons,
            nodes=len(self.nodes),
            edges=edges,
            depth=max((node.depth for node in self.nodes), default=0),
            by_kind=count_kinds(self.nodes),
            total=None if self._unread else len(self._counted),
            total_by_kind=None if self._unread else count_kinds(self._counted),
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
        there = place.deeper(request.depth, len(self.found)) if deeper and self.reasons else None
        return there.cursor(request) if there else None

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
            every = all_of_it or asked.kinds or request.report.namespaces or asked.place.offset == WHAT_IS_NEW
            limit = most if every else min(most, asked.place.offset + request.limit)
            near = read_near(self._database, asked, urns, self._detail, limit, self._bookmarks)
            if near is not None:
                return near, None
        return None, read_whole(self._database, asked, urns, self._detail, self._bookmarks)

    def _nodes(self) -> tuple[tuple[Node, ...], Listed, list[Node], bool]:
        """Starts, everything to report by pages and in order, and whether there is more that was not read."""
        near, bounds = self._near, self.question.place.smaller_bounds(self.question.request.depth)
        if near is None:
            whole = self._some_whole
            self._passed = [node for node in whole.reach.nodes if node.depth]
            start, found = self._rolled_up(whole)
            before = [whole.within(bound) for bound in bounds]
            known = self._edges_between(before[-1]) if before and self._detail.edges else []
            pages = [*(self._rolled_up(smaller)[1] for smaller in before), found]
            return start, list_by_bound(pages, known), found, whole.graph.cut
        nodes = near_nodes(self._database, near, self._bookmarks)
        found = self._passed = nodes[near.starts :]
        if self.question.kinds or self.question.request.report.namespaces:
            shown = reported(self.question, [node.urn for node in found])
            found = [node for node, show in zip(found, shown, strict=True) if show]
        known = self._edges_between(bounds[-1]) if bounds and self._detail.edges else []
        pages = [[node for node in found if node.depth <= bound] for bound in bounds]
        return (
            tuple(sorted(nodes[: near.starts], key=_BY_NAME)),
            list_by_bound([*pages, found], known),
            found,
            near.more,
        )

    def _rolled_up(self, whole: Whole) -> tuple[tuple[Node, ...], list[Node]]:
        if not self.question.request.roll_up:
            return whole.start, whole.found
        return roll_up_nodes(self._database, self.question, whole.start, whole.found, self._bookmarks)

    def _edges_between(self, walk: Whole | int | None) -> list[Edge]:
        """The edges that were walked between what is reported: in memory, or by the database within a bound."""
        if not isinstance(walk, Whole):
            return near_edges(self._near, walk) if self._near else []
        shown = {node.urn for node in (*walk.start, *walk.found)}
        edges = [edge for edge in walk.edges() if edge[0] in shown and edge[1] in shown]
        return roll_up_edges(edges) if self.question.request.roll_up else edges

    def _walked_edges(self) -> list[Edge]:
        return self._some_whole.edges() if self._near is None else near_edges(self._near, self.question.place.bound)


def count_kinds(nodes: Sequence[Node]) -> dict[str, int]:
    """How many of each kind, by kind."""
    return dict(sorted(Counter(node.kind for node in nodes).items()))
