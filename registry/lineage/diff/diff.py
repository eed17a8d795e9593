"""Comparing the lineage of something at two times, or of two versions."""

from __future__ import annotations

from dataclasses import replace

from registry.graph.database import Database
from registry.lineage.diff.answer import DiffSide, LineageDiff
from registry.lineage.diff.comparison import States, compare_answers
from registry.lineage.diff.matching import Matching, match
from registry.lineage.diff.request import DiffRequest, check
from registry.lineage.diff.runs import compare_runs
from registry.lineage.diff.side import Side, pinned, read_side, read_states
from registry.lineage.diff.wording import summary
from registry.lineage.reading import Bookmarks


def lineage_diff(database: Database, request: DiffRequest, *, bookmarks: Bookmarks = None) -> LineageDiff:
    """What was added, removed, changed and replaced between two walks, and how complete that is.

    Each side is of one state. What is not there on one side, but on the other, is compared with nothing.

    Raises InvalidUrnError, InvalidRequestError, NotFoundError (where neither side has anything), QueryTimeoutError,
    DatabaseUnavailableError.
    """
    check(request)
    before, after = _read_sides(database, request, bookmarks)
    for missing in (before.missing, after.missing):
        if missing is not None and (request.to is not None or not (before.there or after.there)):
            raise missing
    matching = match(before.answer, after.answer)
    older, newer = _states(database, before, after, matching, bookmarks)
    compared = compare_answers(before.answer, after.answer, matching, older, newer)
    complete = before.answer.completeness.complete and after.answer.completeness.complete
    return LineageDiff(
        direction=request.before.direction,
        before=_side(before),
        after=_side(after),
        nodes=compared.nodes,
        edges=compared.edges,
        runs=compare_runs(database, before, after, bookmarks),
        node_counts=compared.node_counts,
        edge_counts=compared.edge_counts,
        summary=summary(compared.node_counts, compared.edge_counts, complete=complete),
    )


def _read_sides(database: Database, request: DiffRequest, bookmarks: Bookmarks) -> tuple[Side, Side]:
    """Both walks; where no time of recording was asked for, both of the same state."""
    now = pinned(database, request.after, bookmarks)
    then = pinned(database, request.before, bookmarks)
    if request.before.known_at is None:
        then = replace(then, known_at=now.known_at)
    if now.present is not then.present:
        # Now counts what is planned to begin, a time does not: both sides are of a time.
        now, then = (
            replace(when, present=False, true_by=when.true_after) if when.present else when for when in (now, then)
        )
    before = read_side(database, request.before, then, bookmarks)
    return before, read_side(database, request.after, now, bookmarks)


def _side(side: Side) -> DiffSide:
    known_at = side.moment.known_at
    completeness = replace(side.answer.completeness, cursor=None)
    return DiffSide(side.request.urn, side.request.as_of, known_at, side.there, side.answer.start, completeness)


def _states(
    database: Database, before: Side, after: Side, matching: Matching, bookmarks: Bookmarks
) -> tuple[States, States]:
    """What is recorded of the nodes that correspond; of the same node in the same state, nothing can differ."""
    same_state = before.moment.known_at == after.moment.known_at
    pairs = [(one, other) for one, other in matching.nodes if not same_state or one.urn != other.urn]
    older = read_states(database, before, (one.urn for one, _ in pairs), bookmarks)
    return older, read_states(database, after, (other.urn for _, other in pairs), bookmarks)
