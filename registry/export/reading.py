"""Reading what is to be exported: a walk, the whole state of what it found, and what surrounds that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from graph_schema.catalogue import RELATIONS
from graph_schema.core import Family
from graph_schema.edges import EVERY_EDGE
from graph_schema.times import OPEN
from graph_schema.urn import parse_urn
from queries.export import EDGES_DOWNSTREAM, EDGES_HIDDEN, EDGES_UPSTREAM, RECORDED_STATES
from queries.export.rows import RecordedStatesParams, WholeEdgeRow, WholeEdgesParams
from queries.query import Query
from registry.errors import InvalidRequestError, NotFoundError, TooLargeError
from registry.export.subgraph import ExportedEdge, ExportedEntity, Extent, Subgraph, time_text
from registry.graph.database import Database
from registry.lineage.answer import Edge, LineageAnswer, Reason
from registry.lineage.entity import read_entities
from registry.lineage.moment import Moment
from registry.lineage.place import Place, begin
from registry.lineage.reading import Bookmarks, most_edges, pin, undisturbed
from registry.lineage.request import WalkRequest
from registry.lineage.state import EntityState
from registry.lineage.stored import closed, entity_state
from registry.lineage.walk import lineage

_AT_ONCE = 2_000
"""Entities of one statement."""
SURROUNDING = frozenset(
    {Family.STRUCTURE, Family.RESPONSIBILITY, Family.EVALUATION, Family.CONTEXT, Family.SOFTWARE, Family.IDENTITY}
)
"""Families that are not walked, but say something about what was."""
_LEADS_ON = frozenset({Family.STRUCTURE, Family.RESPONSIBILITY, Family.EVALUATION, Family.CONTEXT, Family.SOFTWARE})
_ONLY_BETWEEN = frozenset({"REVISION_OF", "SLICE_OF"})
_DESCRIBES = ("EVALUATES", "PROFILE_OF", "POINTS_TO", "FIELD_OF")
"""What is said of something by an edge that leads to it."""
_OF_SURROUNDINGS = frozenset({"OWNED_BY", "EVALUATED_ON", "DEPENDS_ON", "VERSION_OF", "INSTANCE_OF"})
_EDGE_ATTRIBUTES = {
    name: frozenset(item.name for item in (*relation.properties, *EVERY_EDGE)) for name, relation in RELATIONS.items()
}


def read_subgraph(
    database: Database, request: WalkRequest, *, surroundings: bool = True, bookmarks: Bookmarks = None
) -> Subgraph:
    """What a walk finds, of one state of the graph, up to the request's limit.

    ``surroundings`` adds what is said of it: assets, owners, schemas with their columns, evaluations, profiles,
    aliases, software, jobs. Raises what :func:`registry.lineage.walk.lineage` does; InvalidRequestError for a request
    that is rolled up or goes on from a cursor; TooLargeError where the surroundings are beyond all bounds.
    """
    if request.roll_up or request.after is not None:
        raise InvalidRequestError("An export has no pages and is not rolled up.")
    when = pin(database, begin(request).moment, bookmarks)
    try:
        answer = lineage(database, request, place=Place(when, request.depth), bookmarks=bookmarks)
    except NotFoundError as error:
        raise _not_then(database, request, error, bookmarks) from error
    known_at = answer.completeness.known_at
    when = when if known_at is None else replace(when, known_at=known_at)
    return Reading(database, when, most_edges(request.limit), bookmarks).read(answer, request, surroundings)


def _not_then(database: Database, request: WalkRequest, error: NotFoundError, bookmarks: Bookmarks) -> NotFoundError:
    """The error for a start that was not there at the asked time, where it is there now; else the error as it was."""
    if request.as_of is None and request.known_at is None:
        return error
    there = read_entities(database, request.urns, bookmarks=bookmarks)
    if not there:
        return error
    first = next(iter(there.values()))
    since = time_text(first.recorded_from)
    return NotFoundError(
        f"Nothing had been recorded as {first.urn} at that time.", hint=f"What is there now was recorded {since}."
    )


def _came_by(row: WholeEdgeRow, channels: tuple[str, ...] | None) -> bool:
    """Whether an edge came by one of the channels that the walk was limited to."""
    if channels is None:
        return True
    found = row.properties.get("channels")
    return not set(channels).isdisjoint([row.properties.get("channel")] if found is None else found)


class Reading:
    """One export being read: everything that it asks is of one state."""

    def __init__(self, database: Database, when: Moment, most: int, bookmarks: Bookmarks) -> None:
        self._database, self._when, self._most, self._bookmarks = database, when, most, bookmarks

    def read(self, answer: LineageAnswer, request: WalkRequest, surroundings: bool) -> Subgraph:
        """What a walk found, with what surrounds it. Raises TooLargeError."""
        walked = {node.urn: node for node in (*answer.nodes, *answer.start)}
        followed = {(edge.downstream, edge.upstream, edge.relation, edge.key): edge for edge in answer.edges}
        found, names = self._around(walked) if surroundings else (self.outgoing(walked), set(walked))
        edges = {name: _drawn(edge) for name, edge in followed.items()}
        for row in found:
            key = row.properties.get("key") or ""
            edge = whole_edge(row, walked=(row.downstream, row.upstream, row.relation, key) in followed)
            if edge.walked or (surroundings and _belongs(edge, walked, names) and _came_by(row, request.channels)):
                edges[edge.order] = edge
        states = self.states(sorted(names))
        entities = [
            ExportedEntity(state, node.depth, node.certainty.value)
            if (node := walked.get(urn))
            else ExportedEntity(state)
            for urn, state in states.items()
        ]
        known_at = self._when.known_at
        told = {*answer.completeness.reasons, *(self.hidden(names) if surroundings else ())}
        extent = Extent(
            tuple(sorted(node.urn for node in answer.start)), request.direction.value, request.depth, request.as_of,
            None if known_at >= OPEN - 1 else known_at,
            tuple(reason.value for reason in Reason if reason in told), surroundings,
        )  # fmt: skip
        return Subgraph(tuple(entities), tuple(edges[name] for name in sorted(edges)), extent)

    def _around(self, walked: Iterable[str]) -> tuple[list[WholeEdgeRow], set[str]]:
        """Every edge of what was walked and of what surrounds it, and the names of both."""
        names = set(walked)
        rows = self.outgoing(names)
        ends = {row.upstream for row in rows if _leads_on(row)}
        described = self._edges(EDGES_DOWNSTREAM, names, _DESCRIBES)
        ends.update(row.downstream for row in described)
        near = ends - names
        names |= near
        rows += self.outgoing(near)
        far = {row.upstream for row in rows if row.downstream in near and row.relation in _OF_SURROUNDINGS}
        far.update(row.downstream for row in self._edges(EDGES_DOWNSTREAM, near, ("FIELD_OF",)))
        far -= names
        rows += self.outgoing(far)
        # What a column was made from is said of it, whether or not it is known what has that other column.
        sources = {row.upstream for row in rows if row.downstream in far and row.relation == "DERIVED_FROM"}
        return rows, names | far | sources

    def outgoing(self, names: Iterable[str]) -> list[WholeEdgeRow]:
        """Every edge that leads away from entities. Raises TooLargeError."""
        return self._edges(EDGES_UPSTREAM, names, tuple(RELATIONS))

    def hidden(self, names: Iterable[str]) -> tuple[Reason, ...]:
        """PERMISSION where an edge leads away from these to what the reader may not see."""
        when = self._when
        for some in _parts(sorted(names)) if self._database.restricted else ():
            params = WholeEdgesParams(some, list(RELATIONS), when.true_by, when.true_after, when.known_at, 1)
            if self._database.run(EDGES_HIDDEN, params, bookmarks=self._bookmarks):
                return (Reason.PERMISSION,)
        return ()

    def _edges(
        self, query: Query[WholeEdgesParams, WholeEdgeRow], names: Iterable[str], relations: Sequence[str]
    ) -> list[WholeEdgeRow]:
        when, rows = self._when, list[WholeEdgeRow]()
        for some in _parts(sorted(names)):
            params = WholeEdgesParams(
                some, list(relations), when.true_by, when.true_after, when.known_at, self._most + 1 - len(rows)
            )
            rows += self._database.run(query, params, bookmarks=self._bookmarks)
            if len(rows) > self._most:
                raise TooLargeError(
                    f"What surrounds this has more than {self._most} edges.",
                    hint="Export less (a smaller depth or limit, fewer kinds), or the walk alone, without surroundings.",
                )
        return rows

    def states(self, names: list[str]) -> dict[str, EntityState]:
        """The whole states of entities, as they had been recorded, in the order of the names."""
        found: dict[str, EntityState] = {}
        for some in _parts(names):
            params = RecordedStatesParams(some, self._when.known_at)

            def read(params: RecordedStatesParams = params) -> list[Any]:
                return self._database.run(RECORDED_STATES, params, bookmarks=self._bookmarks)

            for row in undisturbed(self._database, read, self._bookmarks):
                found.setdefault(row.properties["urn"], entity_state(row.properties))
        return {urn: found.get(urn) or _unrecorded(urn) for urn in names}


def _parts(names: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(names), _AT_ONCE):
        yield names[first : first + _AT_ONCE]


def _leads_on(row: WholeEdgeRow) -> bool:
    """Whether the end of an edge belongs to the surroundings of its beginning."""
    return row.properties["family"] in _LEADS_ON and row.relation not in _ONLY_BETWEEN


def _belongs(edge: ExportedEdge, walked: Iterable[str], names: set[str]) -> bool:
    """Whether an edge that was not walked is among what surrounds the walk."""
    if edge.upstream not in names or edge.downstream not in names:
        return False
    return edge.family in SURROUNDING or edge.upstream not in walked or edge.downstream not in walked


def whole_edge(row: WholeEdgeRow, *, walked: bool) -> ExportedEdge:
    """The edge that stored properties hold."""
    stored = row.properties
    known = _EDGE_ATTRIBUTES[row.relation]
    key = stored.get("key") or ""
    return ExportedEdge(
        row.downstream, row.upstream, row.relation, stored["family"], key,
        {name: stored[name] for name in sorted(stored) if name in known},
        stored.get("event_id"), stored.get("event_time"), stored.get("producer"), stored.get("channel"),
        stored.get("trusted"), stored["true_from"], closed(stored["true_to"]), stored["recorded_from"],
        walked,
    )  # fmt: skip


def _drawn(edge: Edge) -> ExportedEdge:
    """An edge as the walk shows it, for those that are kept nowhere: columns and what has them."""
    given = {"role": edge.role, "evidence": edge.evidence, "confidence": edge.confidence, "version_is": edge.version_is}
    return ExportedEdge(
        edge.downstream, edge.upstream, edge.relation, edge.family, edge.key,
        {name: value for name, value in given.items() if value is not None},
        edge.event_id, None, edge.producer, None, None, edge.true_from, edge.true_to, edge.recorded_from or None,
    )  # fmt: skip


def _unrecorded(urn: str) -> EntityState:
    """Something that is named, but of which nothing had been recorded by then."""
    name = parse_urn(urn)
    return EntityState(
        urn, name.kind, name.namespace, name.name, name.version, name.version_unknown, True, {},
        None, None, 0, None, None, None, None,
    )  # fmt: skip
