"""What a change touches: everything downstream, why, whose it is, and which evaluations no longer hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from queries.impact import EVALUATIONS
from queries.impact.rows import EvaluationRow, EvaluationsParams
from registry.graph.database import Database
from registry.lineage.answer import Direction, ImpactItem, Node, Owner, WalkRequest
from registry.lineage.entity import read_owners
from registry.lineage.explanation import Explainer
from registry.lineage.impact_answer import EvaluationImpact, ImpactAnswer, OwnerGroup
from registry.lineage.impact_groups import by_environment, by_kind, by_owner
from registry.lineage.owners_to_tell import owners_to_tell, read_teams
from registry.lineage.paths.terrain import Routes
from registry.lineage.ranking import consequence
from registry.lineage.serving import Standings, read_standings
from registry.lineage.stored import closed
from registry.lineage.walk import Walked, walk

_MEASURED_ON = frozenset({"DatasetVersion", "DataSlice", "FeatureMaterialization", "TelemetryBatch", "InferenceBatch"})
"""Kinds that evaluations are measured on."""

Bookmarks = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts of an answer that somebody reads; each of the others saves a question to the database.

    Without ``items`` there are no groups and no owners either.
    """

    items: bool = True
    owners: bool = True
    teams: bool = True
    evaluations: bool = True


EVERYTHING = Wanted()


def impact(
    database: Database, request: WalkRequest, *, wanted: Wanted = EVERYTHING, bookmarks: Bookmarks = None
) -> ImpactAnswer:
    """Everything that uses an entity, directly or not; the request's direction does not matter.

    Raises InvalidUrnError, InvalidRequestError, NotFoundError (with near misses in ``details['suggestions']``),
    QueryTimeoutError, DatabaseUnavailableError.
    """
    walked = walk(database, replace(request, direction=Direction.DOWNSTREAM), bookmarks=bookmarks)
    standings = _standings(database, walked, wanted, bookmarks)
    items = _items(walked, _owners(database, walked, wanted, bookmarks), standings) if wanted.items else ()
    owned = by_owner(items)
    evaluations, cut = _evaluations(database, walked, bookmarks) if wanted.evaluations else ((), False)
    return ImpactAnswer(
        start=walked.start,
        total=len(walked.nodes),
        items=items,
        by_kind=by_kind(items),
        by_owner=owned,
        by_environment=by_environment(items),
        owners_to_tell=owners_to_tell(items, owned, _teams(database, walked, owned, wanted, bookmarks)),
        evaluations=evaluations,
        completeness=walked.completeness(len(walked.edges()), cut=cut or standings.cut),
        routes=Routes(walked.graph, walked.graph.starts, possible=request.possible, depth=request.depth),
    )


def _standings(database: Database, walked: Walked, wanted: Wanted, bookmarks: Bookmarks) -> Standings:
    nodes = walked.nodes if wanted.items else ()
    return read_standings(database, nodes, walked.question.moment, bookmarks=bookmarks)


def _owners(
    database: Database, walked: Walked, wanted: Wanted, bookmarks: Bookmarks
) -> Mapping[str, tuple[Owner, ...]]:
    if not wanted.owners:
        return {}
    request = walked.question.request
    return read_owners(
        database, [node.urn for node in walked.nodes], as_of=request.as_of, known_at=request.known_at,
        bookmarks=bookmarks,
    )  # fmt: skip


def _items(walked: Walked, owners: Mapping[str, tuple[Owner, ...]], standings: Standings) -> tuple[ImpactItem, ...]:
    explainer = Explainer(now=walked.question.moment.true_after)
    items = (_item(node, walked, owners.get(node.urn, ()), standings, explainer) for node in walked.nodes)
    return tuple(sorted(items, key=lambda item: consequence(item.node, item.standing)))


def _item(
    node: Node, walked: Walked, owners: tuple[Owner, ...], standings: Standings, explainer: Explainer
) -> ImpactItem:
    path, start, standing = walked.reach.path(node.urn), walked.reach.start_of(node.urn), standings.of(node.urn)
    return ImpactItem(node, path, owners, explainer.explain(start, path, standing.deployments), standing)


def _teams(
    database: Database, walked: Walked, owned: Sequence[OwnerGroup], wanted: Wanted, bookmarks: Bookmarks
) -> Mapping[str, tuple[Owner, ...]]:
    owners = [group.owner for group in owned if group.owner is not None] if wanted.teams else []
    return read_teams(database, owners, walked.question.moment, bookmarks=bookmarks)


def _evaluations(database: Database, walked: Walked, bookmarks: Bookmarks) -> tuple[tuple[EvaluationImpact, ...], bool]:
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
