"""An answer as columns: for big ones, where a list of objects would cost more than the walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graph_schema.urn import UNKNOWN_VERSION, parse_urn
from queries.walk import Detail, Way
from queries.walk.rows import ColumnsRow
from registry.graph.database import Database
from registry.lineage.answer import (
    Certainty,
    Completeness,
    Edge,
    EdgeColumns,
    LineageAnswer,
    LineageColumns,
    Node,
    Reason,
)
from registry.lineage.impact import Wanted, impact
from registry.lineage.impact_answer import ImpactAnswer, OwnersToTell, Touched
from registry.lineage.near import Near, read_near, suits
from registry.lineage.place import Place, begin
from registry.lineage.question import question
from registry.lineage.request import Direction, WalkRequest
from registry.lineage.starts import find_starts
from registry.lineage.walk import lineage, walk

_IN_OBJECTS = {Detail.NAMES: Detail.NODES, Detail.COLUMNS: Detail.LINKS, Detail.EVIDENCE: Detail.EVIDENCE}
"""What has to be read where nodes are put together in memory."""
NO_EDGES = EdgeColumns([], [], [], [], [], [], [])


def lineage_columns(
    database: Database,
    request: WalkRequest,
    *,
    detail: Detail = Detail.EVIDENCE,
    place: Place | None = None,
    bookmarks: Sequence[str] | None = None,
) -> LineageColumns:
    """A walk one way, as columns: NAMES has no edges, COLUMNS what they mean, EVIDENCE all of them.

    Raises what :func:`registry.lineage.walk.lineage` does.
    """
    if detail is not Detail.EVIDENCE:
        found = _plain(database, request, detail, place, bookmarks)
        if found is not None:
            return _of_plain(found)
    walked = walk(database, request, detail=_IN_OBJECTS[detail], place=place, bookmarks=bookmarks)
    shown = walked.edges() if detail.edges else ()
    offset = walked.question.place.offset
    nodes = [*walked.start, *walked.nodes] if offset == 0 else list(walked.nodes)
    places = {node.urn: place for place, node in enumerate([*walked.start, *walked.found])}
    return LineageColumns(
        offset and offset + len(walked.start),
        *_node_columns(nodes),
        _edge_columns(shown, places) if detail.edges else NO_EDGES,
        walked.completeness(len(shown)),
    )


def lineage_parts(
    database: Database,
    request: WalkRequest,
    *,
    nodes: bool,
    edges: bool,
    columns: Detail | None,
    bookmarks: Sequence[str] | None = None,
) -> LineageAnswer:
    """The parts of an answer that somebody reads: lists of objects, columns, or both of one state of the graph.

    ``columns`` says in which detail; None: no columns.
    """
    if columns is None:
        return lineage(database, request, bookmarks=bookmarks, edges=edges)
    table = lineage_columns(database, request, detail=columns, bookmarks=bookmarks)
    if not nodes:
        return LineageAnswer((), request.direction, (), (), table.completeness, table)
    place = _at(request, table)
    return replace(lineage(database, request, place=place, bookmarks=bookmarks, edges=edges), columns=table)


def impact_parts(
    database: Database,
    request: WalkRequest,
    *,
    wanted: Wanted,
    columns: Detail | None,
    bookmarks: Sequence[str] | None = None,
) -> ImpactAnswer:
    """The same for an impact."""
    if columns is None:
        return impact(database, request, wanted=wanted, bookmarks=bookmarks)
    request = replace(request, direction=Direction.DOWNSTREAM)
    table = lineage_columns(database, request, detail=columns, bookmarks=bookmarks)
    if not (wanted.items or wanted.evaluations or wanted.start):
        nobody = OwnersToTell((), Touched(0, 0, ()))
        return ImpactAnswer((), table.completeness.nodes, (), (), (), (), nobody, (), table.completeness, None, table)
    found = impact(database, request, wanted=wanted, place=_at(request, table), bookmarks=bookmarks)
    return replace(found, columns=table)


def _at(request: WalkRequest, table: LineageColumns) -> Place:
    """Where the page of a request begins, in the state that the columns are of."""
    place, known_at = begin(request), table.completeness.known_at
    return place if known_at is None else replace(place, moment=replace(place.moment, known_at=known_at))


def split_names(urns: Sequence[str]) -> tuple[list[str], list[str], list[str], list[str | None]]:
    """Kinds, namespaces, names and versions, read from canonical URNs."""
    parts = [urn.split(":") if "%" not in urn else _decoded(urn) for urn in urns]
    versions = [part[5] if len(part) > 5 and part[5] != UNKNOWN_VERSION else None for part in parts]
    return [part[2] for part in parts], [part[3] for part in parts], [part[4] for part in parts], versions


def _decoded(urn: str) -> list[str]:
    name = parse_urn(urn)
    version = [] if name.version is None else [name.version]
    return ["urn", "lineage", name.kind, name.namespace, name.name, *version]


def _plain(
    database: Database,
    request: WalkRequest,
    detail: Detail,
    place: Place | None,
    bookmarks: Sequence[str] | None,
) -> Near | None:
    """The first page of a plain walk, which the database gives as it has to be; None for any other."""
    if request.direction is Direction.BOTH or request.after is not None or request.seconds is not None:
        return None
    asked = question(request, begin(request) if place is None else place, Way(request.direction.value))
    if not suits(asked) or asked.kinds or request.report:
        return None
    starts = find_starts(database, asked, bookmarks)
    near = read_near(database, asked, starts.urns, detail, request.limit, bookmarks)
    if near is None or not near.starts:
        return None
    return replace(near, hidden=True) if starts.hidden else near


def _of_plain(near: Near) -> LineageColumns:
    urns, reported = near.names, len(near.names) - near.starts
    kinds, namespaces, names, versions = split_names(urns)
    edges = _plain_edges(near) if isinstance(near.row, ColumnsRow) else NO_EDGES
    told = (
        (Reason.DEPTH, near.deeper and not near.more),
        (Reason.SIZE, near.more),
        (Reason.PERMISSION, near.hidden),
    )
    reasons = tuple(reason for reason, holds in told if holds)
    counted: dict[str, int] = {}
    for kind in kinds[near.starts :]:
        counted[kind] = counted.get(kind, 0) + 1
    by_kind = dict(sorted(counted.items()))
    place = near.question.place
    completeness = Completeness(
        complete=not reasons,
        reasons=reasons,
        nodes=reported,
        edges=len(edges.downstream),
        depth=near.depths[-1] if reported else 0,
        by_kind=by_kind,
        total=None if near.more else reported,
        total_by_kind=None if near.more else by_kind,
        cursor=replace(place, offset=reported).cursor(near.question.request) if near.more else None,
        known_at=place.moment.known_at,
    )
    return LineageColumns(
        0, urns, kinds, namespaces, names, versions, near.depths, [Certainty.CERTAIN] * len(urns), edges, completeness,
    )  # fmt: skip


def _plain_edges(near: Near) -> EdgeColumns:
    """The edges between what is shown, by the places of their ends, then by relation."""
    row = near.row
    if not isinstance(row, ColumnsRow):
        raise TypeError("this walk was read without its edges")
    places, bound, depths = {urn: place for place, urn in enumerate(near.names)}, near.question.place.bound, near.depths
    # Not shown are ends one step behind the bound, and what was read beyond the limit.
    joined: list[tuple[int, int, str, str]] = [
        (places[below], places[above], relation, family)
        for below, above, relation, family in zip(row.downstream, row.upstream, row.relation, row.family, strict=True)
        if below in places and above in places
    ]
    if bound is not None and near.question.downstream:
        joined = [edge for edge in joined if depths[edge[1]] < bound]
    elif bound is not None:
        joined = [edge for edge in joined if depths[edge[0]] < bound]
    joined.sort()
    size = len(joined)
    return EdgeColumns(
        [edge[0] for edge in joined], [edge[1] for edge in joined], [edge[2] for edge in joined],
        [edge[3] for edge in joined], [None] * size, [None] * size, [None] * size,
    )  # fmt: skip


def _node_columns(
    nodes: Sequence[Node],
) -> tuple[list[str], list[str], list[str], list[str], list[str | None], list[int], list[Certainty]]:
    return (
        [node.urn for node in nodes],
        [node.kind for node in nodes],
        [node.namespace for node in nodes],
        [node.name for node in nodes],
        [node.version for node in nodes],
        [node.depth for node in nodes],
        [node.certainty for node in nodes],
    )


def _edge_columns(edges: Sequence[Edge], places: dict[str, int]) -> EdgeColumns:
    """Edges by the places of their ends, then by relation and key."""
    ordered = sorted(edges, key=lambda edge: (places[edge[0]], places[edge[1]], edge[2], edge[13]))
    return EdgeColumns(
        [places[edge.downstream] for edge in ordered],
        [places[edge.upstream] for edge in ordered],
        [edge.relation for edge in ordered],
        [edge.family for edge in ordered],
        [edge.role for edge in ordered],
        [edge.evidence for edge in ordered],
        [edge.confidence for edge in ordered],
    )
