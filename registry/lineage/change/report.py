"""From what is affected to the answer: path, reason, owners and standing of each, what matters most first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from registry.lineage.answer import Completeness, ImpactItem, Node, Owner, PathStep, Reason, WalkRequest
from registry.lineage.change.affected import Affected
from registry.lineage.change.answer import Assessment, Judged
from registry.lineage.change.asked import Change
from registry.lineage.change.judging import Judge
from registry.lineage.change.outdated import find_outdated
from registry.lineage.change.record import Record
from registry.lineage.change.spread import STRENGTH
from registry.lineage.change.use import edge_name
from registry.lineage.change.verdict import Verdict
from registry.lineage.change.walking import Downstream
from registry.lineage.explanation import Explainer
from registry.lineage.ranking import Rank, consequence
from registry.lineage.serving import read_standings
from registry.lineage.standing import Standing


class Report:
    """Puts one assessment together from what was reached."""

    def __init__(self, record: Record, request: WalkRequest, found: Downstream, judge: Judge) -> None:
        self._record, self._request, self._found, self._judge = record, request, found, judge
        self._when = record.when
        self._explainer = Explainer(now=self._when.true_after)

    def assessment(
        self,
        change: Change,
        changed: Mapping[str, Node],
        affected: Mapping[str, Affected],
        reported: frozenset[str] | None,
    ) -> Assessment:
        """The answer, of those in ``reported``; None reports all."""
        limit = self._request.limit
        kept = [item for urn, item in affected.items() if reported is None or urn in reported]
        counts = Counter(item.verdict for item in kept)
        models = [item for item in kept if item.node.kind == "ModelVersion" and item.verdict is not Verdict.SAFE]
        outdated = find_outdated(self._record, self._judge, affected, changed)
        more = any(len(found) > limit for found in (kept, models, outdated))
        page = self._items(kept)
        return Assessment(
            change=change,
            changed=tuple(changed.values()),
            items=page,
            certain=counts[Verdict.CERTAIN],
            possible=counts[Verdict.POSSIBLE],
            safe=counts[Verdict.SAFE],
            models=self._items(models),
            evaluations=outdated[:limit],
            completeness=self._completeness(page, kept, more=more),
        )

    def _items(self, affected: Sequence[Affected]) -> tuple[Judged, ...]:
        """The worst and nearest of them, those that matter most first."""
        nearest = sorted(affected, key=_nearness)[: self._request.limit]
        nodes, record = [item.node for item in nearest], self._record
        standings = read_standings(record.database, nodes, self._when, bookmarks=record.bookmarks)
        record.cut |= standings.cut
        owners = record.owners(node.urn for node in nodes)
        items = [self._item(item, owners.get(item.node.urn, ()), standings.of(item.node.urn)) for item in nearest]
        return tuple(sorted(items, key=_consequence))

    def _item(self, affected: Affected, owners: tuple[Owner, ...], standing: Standing) -> Judged:
        path = self._path(affected)
        first = path[0]
        near = first.edge.upstream if first.edge.downstream == first.node.urn else first.edge.downstream
        summary = self._explainer.explain(self._found.nodes[near], path, standing.deployments)
        item = ImpactItem(affected.node, path, owners, summary, standing)
        return Judged(item, affected.verdict, affected.rule, affected.reason, affected.through)

    def _path(self, affected: Affected) -> tuple[PathStep, ...]:
        certainty = affected.node.certainty
        return tuple(
            PathStep(edge, self._found.nodes[urn]._replace(depth=place, certainty=certainty))
            for place, (urn, edge) in enumerate(affected.path, start=1)
        )

    def _completeness(self, page: Sequence[Judged], kept: Sequence[Affected], *, more: bool) -> Completeness:
        reasons, unread = (
            dict(self._found.reasons),
            self._record.cut or bool({*self._found.reasons} - {Reason.PERMISSION}),
        )
        if more or self._record.cut:
            reasons[Reason.SIZE] = None
        nodes = [item.item.node for item in page]
        return Completeness(
            complete=not reasons,
            reasons=tuple(sorted(reasons, key=list(Reason).index)),
            nodes=len(page),
            edges=len({edge_name(step.edge) for item in page for step in item.item.path}),
            depth=max((node.depth for node in nodes), default=0),
            by_kind=_by_kind(nodes),
            total=None if unread else len(kept),
            total_by_kind=None if unread else _by_kind([item.node for item in kept]),
            known_at=self._when.known_at,
        )


def _by_kind(nodes: Sequence[Node]) -> dict[str, int]:
    return dict(sorted(Counter(node.kind for node in nodes).items()))


def _nearness(item: Affected) -> tuple[int, int, str, str]:
    return -STRENGTH[item.verdict], item.node.depth, item.node.kind, item.node.urn


def _consequence(item: Judged) -> tuple[int, Rank]:
    """Sorts the worst first, and of these what matters most."""
    return -STRENGTH[item.verdict], consequence(item.item.node, item.item.standing)
