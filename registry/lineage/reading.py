"""Asking the database for a walk: its statement, its parameters, and its columns as nodes and edges."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, TypeVar

from graph_schema.catalogue import VERSION_KINDS
from graph_schema.times import OPEN
from graph_schema.urn import parse_urn
from queries.query import Query
from queries.walk import APPEARANCE, CLOCK, RECORDED_LATER, Detail, WalkShape, walk_query
from queries.walk.rows import (
    AppearanceParams,
    ClockParams,
    EdgeRow,
    EvidenceRow,
    LaterParams,
    LinksRow,
    NamesRow,
    NodesRow,
    StreamRow,
)
from registry.graph.database import Database
from registry.lineage.answer import Edge
from registry.lineage.moment import Moment
from registry.lineage.question import Question

_EDGES_PER_NODE = 20
_EDGES_AT_LEAST = 10_000
MAX_STARTS_WALKED = 10_000
"""Most starts of one walk, the versions of logical assets included."""
_TRIES = 40
_HARDLY_ANY = 0.001
TELLS_FROM = 1_000
"""From how many nodes on the walk of a restricted reader meets what is hidden itself. Of a walk that is cut sooner, what
was reached is asked for its neighbours: else what is hidden might take the places of what is not."""

Read = TypeVar("Read")
RawNode = tuple[Any, ...]
"""The fields of :class:`registry.lineage.answer.Node` up to ``true_to``."""
Bookmarks = Sequence[str] | None

EdgeName = tuple[str, str, str, str]
edge_order: Callable[[Edge], EdgeName] = itemgetter(0, 1, 2, 13)
"""Names an edge among all others and sorts them the same way every time: both ends, relation and key."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one statement may take: how many nodes beside the starts, and how many seconds (None: the server's most)."""

    nodes: int
    seconds: float | None = None

    def left(self, began: float) -> float | None:
        """The seconds that are left of what began at a time of the monotonic clock; hardly any where none are."""
        return None if self.seconds is None else max(self.seconds - (time.monotonic() - began), _HARDLY_ANY)

    @property
    def edges(self) -> int:
        """The most edges."""
        return max(self.nodes * _EDGES_PER_NODE, _EDGES_AT_LEAST)


def most_edges(nodes: int) -> int:
    """How many edges a walk of so many nodes may have."""
    return Budget(nodes).edges


def read_walk(
    database: Database,
    question: Question,
    urns: Sequence[str],
    detail: Detail,
    budget: Budget,
    bookmarks: Bookmarks,
    *,
    on_the_way: bool = False,
) -> NamesRow:
    """One walk as columns, one step deeper than the place is bound to; its row is that of ``detail``.

    ``on_the_way`` starts at the URNs as they are, also at what is not there, and not at their versions. One more
    node and edge than the budget come where there are more. Raises QueryTimeoutError.
    """
    query, shape = _statement(question, urns, detail, on_the_way=on_the_way)
    telling, began = tells(database, budget), time.monotonic()
    for _ in range(_TRIES):
        values = _values(database, question, urns, budget, on_the_way=on_the_way) | {"telling": telling}
        if detail.edges:
            values["edge_limit"] = budget.edges + 1
        snapshots = database.snapshots
        before = snapshots.applying
        rows = database.run(query, shape.params(**values), bookmarks=bookmarks, timeout=budget.left(began))
        if rows:
            row: NamesRow = rows[0]
            if isinstance(row, NodesRow) and snapshots.disturbed_since(before):
                # The clock itself may show later than what was written under it.
                return replace(row, written_at=row.written_at or snapshots.being_applied or snapshots.settled)
            return row
        if not telling:
            let_apply(database, bookmarks)
        telling = False  # as if it had been cut
    raise AssertionError("the last write settles within a second")


def tells(database: Database, budget: Budget) -> bool:
    """Whether a walk meets what is hidden itself, rather than asking what it reached for its neighbours."""
    return database.restricted and budget.nodes >= TELLS_FROM


def stream_walk(
    database: Database,
    question: Question,
    urns: Sequence[str],
    budget: Budget,
    chunk: int,
    bookmarks: Bookmarks,
    *,
    telling: bool,
) -> Iterator[StreamRow]:
    """One walk as records of ``chunk`` names. None come where the last write is not known to be whole yet.

    ``telling`` is as :func:`tells` says, unless nothing came of it. Raises QueryTimeoutError.
    """
    query, shape = _statement(question, urns, Detail.STREAM, on_the_way=False)
    values = _values(database, question, urns, budget, on_the_way=False)
    values |= {"chunk": chunk, "telling": telling}
    rows: Iterator[StreamRow] = database.stream(
        query, shape.params(**values), bookmarks=bookmarks, timeout=budget.seconds
    )
    return rows


def _statement(
    question: Question, urns: Sequence[str], detail: Detail, *, on_the_way: bool
) -> tuple[Query[Any, Any], WalkShape]:
    bound = question.place.bound
    if bound is None and not question.narrow:
        alone = len(urns) == 1 and not (_with_versions(question, on_the_way=on_the_way) and _has_versions(urns[0]))
        now = question.place.moment.present
        shape = WalkShape(question.way, question.software, None, detail, now=now, alone=alone)
    else:
        depth = None if bound is None else bound + 1
        shape = WalkShape(question.way, question.software, depth, detail, question.narrow)
    return walk_query(shape), shape


def _with_versions(question: Question, *, on_the_way: bool) -> bool:
    """Whether a logical asset stands for all its versions."""
    return not on_the_way and question.request.versions in (None, "all")


def _has_versions(urn: str) -> bool:
    return parse_urn(urn).kind in VERSION_KINDS


def _values(
    database: Database, question: Question, urns: Sequence[str], budget: Budget, *, on_the_way: bool
) -> dict[str, Any]:
    known, when = database.snapshots, question.place.moment
    values: dict[str, Any] = {
        "urns": list(urns), "families": list(question.families), "limit": budget.nodes + 1,
        "start_limit": MAX_STARTS_WALKED + 1, "true_by": when.true_by, "true_after": when.true_after,
        "known_by": when.known_at, "settled": known.settled, "in_flight": known.in_flight,
        "present": when.present, "anywhere": on_the_way,
        "versions": _with_versions(question, on_the_way=on_the_way),
    }  # fmt: skip
    return values | _narrowing(question) if question.narrow else values


def let_apply(database: Database, bookmarks: Bookmarks) -> None:
    """Wait until the last write is known to be whole."""
    database.snapshots.let_apply(database.run(CLOCK, ClockParams(), bookmarks=bookmarks)[0].recorded_at)


def pin(database: Database, when: Moment, bookmarks: Bookmarks = None) -> Moment:
    """The moment, knowing of whole writes only: what statements that belong to one answer have to be about."""
    for _ in range(_TRIES):
        known = database.snapshots
        settled, in_flight = known.settled, known.in_flight
        last = database.run(CLOCK, ClockParams(), bookmarks=bookmarks)[0].recorded_at
        if not last or when.known_at < last:
            return when
        if last <= settled or last == in_flight:
            return replace(when, known_at=last if last <= settled else last - 1)
        known.let_apply(last)
    raise AssertionError("the last write settles within a second")


def pinned(when: Moment, row: NamesRow) -> Moment:
    """The moment that every further statement of an answer is about."""
    return replace(when, known_at=row.known_at)


def nodes_of(database: Database, row: NodesRow, bookmarks: Bookmarks) -> list[RawNode]:
    """The entities of a walk in its order, as they were recorded by the time that the walk knows of."""
    columns = (
        row.urn, row.kind, row.namespace, row.name, _or_none(row.version), row.version_unknown, row.placeholder,
        _or_none(row.title), _or_none(row.true_to, OPEN),
    )  # fmt: skip
    nodes = list(zip(*columns, strict=True))
    later = _changed_later(database, row, bookmarks)
    if later:
        params = AppearanceParams([row.urn[place] for place in later], row.known_at, OPEN)
        then = database.run(APPEARANCE, params, bookmarks=bookmarks)[0]
        looks = dict(
            zip(
                then.urn,
                zip(then.placeholder, _or_none(then.title), _or_none(then.true_to, OPEN), strict=True),
                strict=True,
            )
        )
        for place in later:
            # Without an earlier state: it was first heard of later, or changed after all this was read.
            then_too = nodes[place][6:] if row.heard_at[place] <= row.known_at else (True, None, None)
            nodes[place] = (*nodes[place][:6], *looks.get(row.urn[place], then_too))
    return nodes


def _changed_later(database: Database, row: NodesRow, bookmarks: Bookmarks) -> list[int]:
    """The places of the entities whose looks may be those of a later write, in whole or in part.

    Neo4j shows a commit property by property, so that an entity may be seen with a new title and yet with the old
    time of recording. That is over once the write is whole.
    """
    changed = set[str]()
    if row.written_at:
        database.snapshots.wait_for(row.written_at)
        changed.update(database.run(RECORDED_LATER, LaterParams(row.urn, row.known_at), bookmarks=bookmarks)[0].urn)
    return [
        place
        for place, (urn, heard) in enumerate(zip(row.urn, row.heard_at, strict=True))
        if heard > row.known_at or urn in changed
    ]


def undisturbed(database: Database, read: Callable[[], Read], bookmarks: Bookmarks) -> Read:
    """What a read gives while no write begins to show; a later state of an entity may then not be seen in part."""
    for _ in range(_TRIES):
        settled, found = database.snapshots.settled, database.snapshots.undisturbed(read)
        last = database.run(CLOCK, ClockParams(), bookmarks=bookmarks)[0].recorded_at
        if last <= settled:
            break
        database.snapshots.wait_for(last)
    return found


def edges_of(row: EvidenceRow | LinksRow) -> list[Edge]:
    """The edges of a walk, in no order; without evidence where the walk gave none."""
    if isinstance(row, LinksRow):
        return [
            Edge(below, above, relation, family, None, None, None, None, None, None, None, None, 0)
            for below, above, relation, family in zip(
                row.downstream, row.upstream, row.relation, row.family, strict=True
            )
        ]
    columns = (
        row.downstream, row.upstream, row.relation, row.family, _or_none(row.role), _or_none(row.evidence),
        _or_none(row.confidence, -1.0), _or_none(row.version_is), _or_none(row.event_id), _or_none(row.producer),
        row.true_from, _or_none(row.edge_true_to, OPEN), row.recorded_from, row.key, map(_channels, row.channels),
    )  # fmt: skip
    make: Callable[[Any], Edge] = Edge._make
    return list(map(make, zip(*columns, strict=True)))


def edge_of(row: EdgeRow) -> Edge:
    """The edge that a row names."""
    return Edge(
        row.downstream, row.upstream, row.relation, row.family, row.role, row.evidence, row.confidence,
        row.version_is, row.event_id, row.producer, row.true_from, None if row.true_to == OPEN else row.true_to,
        row.recorded_from, row.key, tuple(row.channels),
    )  # fmt: skip


def _channels(said: str | list[str]) -> tuple[str, ...]:
    if isinstance(said, str):
        return (said,) if said else ()
    return tuple(said)


def _narrowing(question: Question) -> dict[str, Any]:
    follow, within = question.request.follow, question.request.within
    return {
        "roles": list(follow.roles) or None,
        "slices": list(follow.slices) or None,
        "evidence": list(follow.evidence) or None,
        "min_confidence": 0.0 if follow.min_confidence is None else follow.min_confidence,
        "channels": None if question.request.channels is None else list(question.request.channels),
        "kinds": list(within.kinds) or None,
        "namespaces": list(within.namespaces) or None,
    }


def _or_none(column: Sequence[Any], missing: Any = "") -> Sequence[Any]:
    # Looking for the value that stands for a missing one is far cheaper than replacing it in every column.
    return [None if value == missing else value for value in column] if missing in column else column
