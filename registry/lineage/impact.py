"""What a change touches: everything downstream, why, whose it is, and which evaluations no longer hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from queries.impact import EVALUATIONS
from queries.impact.rows import EvaluationRow, EvaluationsParams
from queries.walk import Detail
from registry.errors import DocumentTooCostlyError
from registry.graph.database import Database
from registry.lineage.answer import Direction, ImpactItem, Node, Owner, WalkRequest
from registry.lineage.entity import owners_at
from registry.lineage.explanation import Explainer
from registry.lineage.impact_answer import EvaluationImpact, ImpactAnswer, OwnerGroup
from registry.lineage.impact_groups import by_environment, by_kind, by_owner
from registry.lineage.owners_to_tell import owners_to_tell, read_teams
from registry.lineage.paths.routes import Routes
from registry.lineage.place import Place
from registry.lineage.ranking import consequence
from registry.lineage.serving import Standings, read_standings
from registry.lineage.stored import closed
from registry.lineage.walk import Walked, walk

_MEASURED_ON = frozenset({"DatasetVersion", "DataSlice", "FeatureMaterialization", "TelemetryBatch", "InferenceBatch"})
"""Kinds that evaluations are measured on."""

MOST_STEPS = 100_000
"""Most steps of all paths of one answer: paths of a long chain grow with its square."""
Bookmarks = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts of an answer that somebody reads; each of the others saves a question to the database.

    Without ``items`` there are no groups and no owners either; without ``paths`` no edge is read and nothing is
    explained.
    """

    start: bool = True
    items: bool = True
    paths: bool = True
    owners: bool = True
    teams: bool = True
    evaluations: bool = True


EVERYTHING = Wanted()


def impact(
    database: Database,
    request: WalkRequest,
    *,
    wanted: Wanted = EVERYTHING,
    place: Place | None = None,
    bookmarks: Bookmarks = None,
) -> ImpactAnswer:
    """Everything that uses an entity, directly or not; the request's direction does not matter.

    Raises InvalidUrnError, InvalidRequestError, NotFoundError (with near misses in ``details['suggestions']``),
    QueryTimeoutError, DatabaseUnavailableError.
    """
    request = replace(request, direction=Direction.DOWNSTREAM)
    detail = Detail.EVIDENCE if wanted.paths else Detail.NODES
    walked = walk(database, request, detail=detail, all_of_it=True, place=place, bookmarks=bookmarks)
    when = walked.question.moment
    standings = read_standings(database, walked.found if wanted.items else (), when, bookmarks=bookmarks)
    walked.show(sorted(walked.found, key=lambda node: consequence(node, standings.of(node.urn))))
    items = _items(walked, _owners(database, walked, wanted, bookmarks), standings, wanted) if wanted.items else ()
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
        completeness=walked.completeness(walked.edge_count, cut=cut or standings.cut),
        routes=Routes(walked) if wanted.paths else None,
    )


def _owners(
    database: Database, walked: Walked, wanted: Wanted, bookmarks: Bookmarks
) -> Mapping[str, tuple[Owner, ...]]:
    if not wanted.owners:
        return {}
    return owners_at(database, [node.urn for node in walked.nodes], walked.question.moment, bookmarks=bookmarks)


def _items(
    walked: Walked, owners: Mapping[str, tuple[Owner, ...]], standings: Standings, wanted: Wanted
) -> tuple[ImpactItem, ...]:
    if not wanted.paths:
        return tuple(
            ImpactItem(node, (), owners.get(node.urn, ()), "", standings.of(node.urn)) for node in walked.nodes
        )
    _check_steps(walked.nodes)
    explainer = Explainer(now=walked.question.moment.true_after)
    return tuple(_item(node, walked, owners.get(node.urn, ()), standings, explainer) for node in walked.nodes)


def _check_steps(nodes: Sequence[Node]) -> None:
    """Raise DocumentTooCostlyError where the paths of these are longer, all together, than one answer may be."""
    steps = sum(node.depth for node in nodes)
    if steps > MOST_STEPS:
        raise DocumentTooCostlyError(
            f"The paths of this answer have {steps} steps; one answer explains at most {MOST_STEPS}.",
            hint="Lower `limit` and go on by cursor, or leave out path, allPaths and summary.",
            limit="steps",
            maximum=MOST_STEPS,
        )


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
    nodes = {node.urn: node for node in (*walked.start, *walked.passed) if node.kind in _MEASURED_ON}
    data = sorted(nodes)
    if not data:
        return (), False
    when, limit = walked.question.moment, walked.question.request.limit
    channels = walked.question.request.channels
    params = EvaluationsParams(
        data, when.true_by, when.true_after, when.known_at, limit + 1, None if channels is None else list(channels)
    )
    rows = database.run(EVALUATIONS, params, bookmarks=bookmarks)
    return tuple(_evaluation(row, nodes[row.data]) for row in rows[:limit]), len(rows) > limit


def _evaluation(row: EvaluationRow, data: Node) -> EvaluationImpact:
    end = None if row.true_to is None else closed(row.true_to)
    node = Node(
        row.urn, row.kind, row.namespace, row.name, None, False, row.placeholder, row.title, end,
        data.depth + 1, data.certainty,
    )  # fmt: skip
    return EvaluationImpact(node, row.model, row.data, data.certainty)
