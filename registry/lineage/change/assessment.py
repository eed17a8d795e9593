"""Ask before the change: everybody whom it would touch, judged one by one. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.lineage.answer import Edge
from registry.lineage.change.affected import find_affected
from registry.lineage.change.answer import Assessment
from registry.lineage.change.asked import Change, check_change
from registry.lineage.change.judging import Judge
from registry.lineage.change.record import Record
from registry.lineage.change.report import Report
from registry.lineage.change.spread import Spread, same_thing, wholes_of
from registry.lineage.change.subject import Subject, read_subject
from registry.lineage.change.use import EdgeName, edge_name, node_of
from registry.lineage.change.verdict import Verdict
from registry.lineage.change.walking import Downstream, Walker
from registry.lineage.entity import read_entity
from registry.lineage.moment import moment
from registry.lineage.question import read_urn
from registry.lineage.reading import pin
from registry.lineage.request import WalkRequest
from registry.lineage.subgraph import FIELD_OF

_MOST_USES_BESIDE = 5_000


def assess(
    database: Database, request: WalkRequest, change: Change, *, bookmarks: Sequence[str] | None = None
) -> Assessment:
    """What a change to the one entity that ``request`` names would do to everything downstream of it.

    The request's direction, roll-up and cursor do not matter; ``kinds``, ``report`` and ``report_via`` say what is
    reported, and the counts are of that.
    Raises InvalidUrnError, InvalidRequestError, NotFoundError (with near misses), QueryTimeoutError,
    DatabaseUnavailableError.
    """
    _check_request(request)
    name = read_urn(request.urn)
    check_change(change, name)
    state = read_entity(database, str(name), as_of=request.as_of, known_at=request.known_at, bookmarks=bookmarks)
    when = pin(database, moment(request.as_of, request.known_at), bookmarks)
    record = Record(database, when, request.max_walked, bookmarks)
    return _Assessing(record, request, read_subject(record, change, name, state)).answer()


def _check_request(request: WalkRequest) -> None:
    if len(request.urns) != 1:
        raise InvalidRequestError("A change is about one thing.", hint="Ask about one URN at a time.")
    if request.versions not in (None, "all"):
        raise InvalidRequestError(
            "A change takes no selector of versions.", hint="Name the version that changes in the URN."
        )


class _Assessing:
    """The work of one assessment.

    ``inside`` is what changes, ``wholes`` what slices of it belong to, ``judged`` the uses of these. ``beside`` are
    the judged uses of other versions: pinned to them a consumer is safe, floating it may get what changes, though no
    walk leads to it.
    """

    def __init__(self, record: Record, request: WalkRequest, subject: Subject) -> None:
        self.record, self.request, self.subject = record, request, subject
        self.walker = Walker(record.database, request, subject.name.kind, record.when, record.bookmarks)
        self.found = Downstream()
        self.walker.walk(self.found, sorted(self._starts()))
        self.starts = set(self.found.starts)
        self.inside = same_thing(self.starts, self.found.edges.values())
        self._leave_other_data()
        self.wholes = wholes_of(self.inside, list(self.found.edges.values()))
        changed = subject.changed | self.inside | self.wholes
        self.judge = Judge(record, replace(subject, changed=changed), self.found.nodes)
        self.judged = self._judge_walked()
        self.beside = self._judge_beside()

    def _starts(self) -> set[str]:
        """An asset starts at all its versions by itself; what no walk leads to is named."""
        subject = self.subject
        return {str(subject.name)} | (
            subject.changed - set(subject.shelf.versions) if subject.whole else subject.changed
        )

    def _leave_other_data(self) -> None:
        """A column that changes in these data stays as it is in others that have it."""
        if self.subject.column is None:
            return
        for name, edge in list(self.found.edges.items()):
            if edge.relation == FIELD_OF and edge.downstream in self.inside and edge.upstream not in self.inside:
                del self.found.edges[name]

    def _judge_walked(self) -> dict[EdgeName, Verdict]:
        touched, edges = self.inside | self.wholes, self.found.edges
        self.judge.judge(use for use in self.record.uses(touched) if edge_name(use.edge) in edges)
        self.judge.judge_unread(edge for edge in edges.values() if edge.upstream in touched)
        return {
            name: self.judge.of(edge).rule.verdict
            for name, edge in edges.items()
            if edge.upstream in touched and self.judge.has(edge)
        }

    def _judge_beside(self) -> list[tuple[Edge, Verdict]]:
        if self.subject.whole:
            return []
        bounded = replace(self.record, limit=min(self.record.limit, _MOST_USES_BESIDE))
        uses = [use for use in bounded.uses(set(self.subject.others) - self.inside) if use.user.urn not in self.inside]
        self.record.cut |= bounded.cut
        self.judge.judge(uses)
        self.found.add_users(uses)
        others = self.record.entities({use.edge.upstream for use in uses})
        for urn, state in others.items():
            self.found.nodes.setdefault(urn, node_of(state))
        judged = [(use.edge, self.judge.of(use.edge).rule.verdict) for use in uses]
        self.walker.walk(self.found, {edge.downstream for edge, verdict in judged if verdict is not Verdict.SAFE})
        return judged

    def answer(self) -> Assessment:
        """Everybody judged, the worst first."""
        edges = self.found.edges.values()
        spread = Spread(self.starts, self.inside, edges, self.judged, self.beside, self.request.depth)
        affected = find_affected(spread, self.judge, self.found.nodes, self.inside | self.wholes)
        changed = {urn: self.found.nodes[urn] for urn in sorted(self.inside) if urn in self.found.nodes}
        report = Report(self.record, self.request, self.found, self.judge)
        return report.assessment(self.subject.change, changed, affected, self.walker.reported())
