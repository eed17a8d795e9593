"""What a change touches: everything downstream, why, whose it is, and which evaluations no longer hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from queries.impact import EVALUATIONS
from queries.impact.rows import EvaluationRow, EvaluationsParams
from registry.graph.database import Database
from registry.lineage.answer import (
    Certainty,
    Direction,
    EvaluationImpact,
    ImpactAnswer,
    ImpactItem,
    KindGroup,
    Node,
    Owner,
    OwnerGroup,
    WalkRequest,
)
from registry.lineage.entity import read_owners
from registry.lineage.explanation import Deployed, Explainer
from registry.lineage.stored import closed
from registry.lineage.walk import Walked, walk

_MEASURED_ON = frozenset({"DatasetVersion", "DataSlice", "FeatureMaterialization", "TelemetryBatch", "InferenceBatch"})
"""Kinds that evaluations are measured on."""


def impact(database: Database, request: WalkRequest, *, bookmarks: Sequence[str] | None = None) -> ImpactAnswer:
    """Everything that uses an entity, directly or not; the request's direction does not matter.

    Raises InvalidUrnError, InvalidRequestError, NotFoundError (with near misses in ``details['suggestions']``),
    QueryTimeoutError, DatabaseUnavailableError.
    """
    walked = walk(database, _downstream(request), bookmarks=bookmarks)
    owners = read_owners(
        database, [node.urn for node in walked.nodes], as_of=request.as_of, known_at=request.known_at,
        bookmarks=bookmarks,
    )  # fmt: skip
    items = tuple(sorted(_items(walked, owners), key=lambda item: _consequence(item.node, walked)))
    evaluations, cut = _evaluations(database, walked, bookmarks)
    return ImpactAnswer(
        walked.start,
        items,
        _by_kind(items),
        _by_owner(items),
        evaluations,
        walked.completeness(len(walked.edges()), cut=cut),
    )


def _downstream(request: WalkRequest) -> WalkRequest:
    return replace(request, direction=Direction.DOWNSTREAM)


def _items(walked: Walked, owners: dict[str, tuple[Owner, ...]]) -> Iterable[ImpactItem]:
    deployments, explainer = _deployments(walked), Explainer()
    for node in walked.nodes:
        path = walked.reach.path(node.urn)
        start = walked.reach.start_of(node.urn)
        summary = explainer.explain(start, path, deployments.get(node.urn, ()))
        yield ImpactItem(node, path, owners.get(node.urn, ()), summary)


def _deployments(walked: Walked) -> dict[str, list[Deployed]]:
    found: dict[str, list[Deployed]] = {}
    for edge in walked.graph.edges:
        if edge.relation == "DEPLOYS" and walked.reach.has(edge.downstream):
            label = walked.reach.node(edge.downstream).label
            found.setdefault(edge.upstream, []).append(Deployed(label, edge.true_from))
    return found


def _consequence(node: Node, walked: Walked) -> tuple[bool, bool, str, int, str]:
    """Sorts what matters most first."""
    live = node.kind == "Deployment" and (node.true_to is None or node.true_to > walked.question.moment.true_after)
    return node.certainty is not Certainty.CERTAIN, not live, node.kind, node.depth, node.urn


def _by_kind(items: Sequence[ImpactItem]) -> tuple[KindGroup, ...]:
    groups: dict[str, list[ImpactItem]] = {}
    for item in items:
        groups.setdefault(item.node.kind, []).append(item)
    return tuple(KindGroup(kind, tuple(found)) for kind, found in groups.items())


def _by_owner(items: Sequence[ImpactItem]) -> tuple[OwnerGroup, ...]:
    groups: dict[Owner | None, list[ImpactItem]] = {}
    for item in items:
        for owner in item.owners or (None,):
            groups.setdefault(owner, []).append(item)
    ordered = sorted(groups, key=lambda owner: ("", "") if owner is None else (owner.name, owner.urn))
    ordered.sort(key=lambda owner: owner is None)
    return tuple(OwnerGroup(owner, tuple(groups[owner])) for owner in ordered)


def _evaluations(
    database: Database, walked: Walked, bookmarks: Sequence[str] | None
) -> tuple[tuple[EvaluationImpact, ...], bool]:
    """Evaluations of affected data, and whether there are more than the limit lets through."""
    data = sorted(node.urn for node in walked.reach.nodes if node.kind in _MEASURED_ON)
    if not data:
        return (), False
    when, limit = walked.question.moment, walked.question.request.limit
    params = EvaluationsParams(data, when.true_by, when.true_after, when.known_at, limit + 1)
    rows = database.run(EVALUATIONS, params, bookmarks=bookmarks)
    return tuple(_evaluation(row, walked.reach.node(row.data)) for row in rows[:limit]), len(rows) > limit


def _evaluation(row: EvaluationRow, data: Node) -> EvaluationImpact:
    end = None if row.true_to is None else closed(row.true_to)
    node = Node(
        row.urn, row.kind, row.namespace, row.name, None, False, row.placeholder, row.title, end,
        data.depth + 1, data.certainty,
    )  # fmt: skip
    return EvaluationImpact(node, row.model, row.data, data.certainty)
