"""Answers of any size as chunks of columns: what is plain goes from the database to the reader as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from queries.walk import ANY_IDENTITY, Detail, Way
from queries.walk.rows import StreamRow
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.lineage.answer import Certainty, EdgeColumns, LineageColumns
from registry.lineage.columns import lineage_columns
from registry.lineage.moment import Moment
from registry.lineage.near import suits
from registry.lineage.near_misses import not_found
from registry.lineage.place import Place, begin
from registry.lineage.question import Question, question
from registry.lineage.reading import MAX_STARTS_WALKED, Bookmarks, Budget, let_apply, stream_walk, tells
from registry.lineage.request import Direction, WalkRequest
from registry.lineage.starts import find_starts
from registry.lineage.subgraph import joins

CHUNK = 5_000
"""Rows of one chunk."""
STREAM_SECONDS = 600.0
"""How long a stream may take in the database, its reader included."""
_TRIES = 40


@dataclass(frozen=True, slots=True)
class NodeChunk:
    """Some of the nodes, in order: URNs, depths, certainties."""

    urn: Sequence[str]
    depth: Sequence[int]
    certainty: Sequence[Certainty]


@dataclass(frozen=True, slots=True)
class NodeStream:
    """Nodes in chunks, the starts first; what is said of all of them is known before the first chunk.

    ``chunks`` has to be read to its end, or closed.
    """

    complete: bool
    total: int
    state: Moment
    chunks: Iterator[NodeChunk]


@dataclass(frozen=True, slots=True)
class EdgeStream:
    """Edges in chunks; their ends are places of nodes in the stream of the nodes of the same state."""

    complete: bool
    total: int
    state: Moment
    chunks: Iterator[EdgeColumns]


def stream_nodes(
    database: Database, request: WalkRequest, *, when: Moment | None = None, bookmarks: Bookmarks = None
) -> NodeStream:
    """Everything that a walk one way reaches, up to the request's limit; ``when`` is the state of another stream.

    Raises what :func:`registry.lineage.walk.lineage` does.
    """
    asked = _asked(request, when)
    if suits(asked) and not asked.kinds and not request.report:
        plain = _plain(database, asked, bookmarks)
        if plain is not None:
            return plain
    table = lineage_columns(database, request, detail=Detail.NAMES, place=asked.place, bookmarks=bookmarks)
    return NodeStream(table.completeness.complete, len(table.urn), _state(asked, table), _chunks_of(table))


def stream_edges(
    database: Database, request: WalkRequest, *, when: Moment | None = None, bookmarks: Bookmarks = None
) -> EdgeStream:
    """The edges between what :func:`stream_nodes` gives for the same request in the same state.

    They are put together in memory: an edge names both of its ends by their places. Raises as it does.
    """
    asked = _asked(request, when)
    table = lineage_columns(database, request, place=asked.place, bookmarks=bookmarks)
    edges = table.edges
    chunks = (
        EdgeColumns(
            edges.downstream[first : first + CHUNK], edges.upstream[first : first + CHUNK],
            edges.relation[first : first + CHUNK], edges.family[first : first + CHUNK],
            edges.role[first : first + CHUNK], edges.evidence[first : first + CHUNK],
            edges.confidence[first : first + CHUNK],
        )
        for first in range(0, len(edges.downstream), CHUNK)
    )  # fmt: skip
    return EdgeStream(table.completeness.complete, len(edges.downstream), _state(asked, table), chunks)


def _state(asked: Question, table: LineageColumns) -> Moment:
    known_at = table.completeness.known_at
    return asked.moment if known_at is None else replace(asked.moment, known_at=known_at)


def _asked(request: WalkRequest, when: Moment | None) -> Question:
    if request.direction is Direction.BOTH:
        raise InvalidRequestError("A stream goes one way: upstream or downstream.")
    if request.after is not None or request.roll_up:
        raise InvalidRequestError("A stream has no pages and is not rolled up.")
    place = begin(request) if when is None else Place(when, request.depth)
    return question(request, place, Way(request.direction.value))


def _plain(database: Database, asked: Question, bookmarks: Bookmarks) -> NodeStream | None:
    """The stream as the database gives it; None where that would not be the answer."""
    starts, limit = find_starts(database, asked, bookmarks), asked.request.limit
    rows, first = _first(database, asked, starts.urns, bookmarks)
    if not first.starts:
        raise not_found(database, asked.urn, bookmarks=bookmarks)
    bound = asked.place.bound
    deeper = bound is not None and first.deepest > bound
    more = first.total - first.starts > limit
    special = asked.possible and first.specials
    named_twice = first.identities and joins(database, pinned_to(asked, first.known_at), ANY_IDENTITY, [], 1, bookmarks)
    if special or named_twice or first.starts > MAX_STARTS_WALKED or (deeper and not more):
        rows.close()  # type: ignore[attr-defined]
        return None
    total = first.starts + min(first.total - first.starts, limit)
    state = replace(asked.moment, known_at=first.known_at)
    complete = not (more or first.blind or starts.hidden)
    return NodeStream(complete, total, state, _cut(chain((first,), rows), total))


def pinned_to(asked: Question, known_at: int) -> Question:
    """The question, in the state of a recorded time."""
    return replace(asked, place=replace(asked.place, moment=replace(asked.moment, known_at=known_at)))


def _first(
    database: Database, asked: Question, urns: list[str], bookmarks: Bookmarks
) -> tuple[Iterator[StreamRow], StreamRow]:
    budget = Budget(asked.request.limit, STREAM_SECONDS)
    telling = tells(database, budget)
    for _ in range(_TRIES):
        rows = stream_walk(database, asked, urns, budget, CHUNK, bookmarks, telling=telling)
        first = next(rows, None)
        if first is not None:
            return rows, first
        if not telling:
            let_apply(database, bookmarks)
        telling = False
    raise AssertionError("the last write settles within a second")


def _cut(rows: Iterator[StreamRow], total: int) -> Iterator[NodeChunk]:
    left = total
    for row in rows:
        shown = min(left, len(row.urn))
        left -= shown
        yield NodeChunk(row.urn[:shown], row.depth[:shown], [Certainty.CERTAIN] * shown)


def _chunks_of(table: LineageColumns) -> Iterator[NodeChunk]:
    for first in range(0, len(table.urn), CHUNK):
        end = first + CHUNK
        yield NodeChunk(table.urn[first:end], table.depth[first:end], table.certainty[first:end])
