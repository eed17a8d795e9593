"""Reading what is to be exported without a walk: everything of a namespace, or everything there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from registry.errors import NotFoundError
from registry.export.reading import Reading, whole_edge
from registry.export.subgraph import ExportedEntity, Extent, Subgraph
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Reason
from registry.lineage.entity import PAGE_MAX
from registry.lineage.moment import moment
from registry.lineage.reading import Bookmarks, most_edges
from registry.lineage.search import search
from registry.lineage.state import SearchRequest

DIRECTION = "everything"
"""What an extent says where nothing was walked."""


def read_namespace(
    database: Database,
    namespace: str | None,
    *,
    kinds: Sequence[str] = (),
    as_of: int | None = None,
    known_at: int | None = None,
    limit: int,
    bookmarks: Bookmarks = None,
) -> Subgraph:
    """The entities of a namespace (None: of all), by name, up to ``limit``, with the edges that lead away from them.

    What such an edge leads to outside is there too, as what surrounds. All of it is of one state. Raises
    NotFoundError where there is nothing, InvalidRequestError for bad kinds and times, TooLargeError.
    """
    asked = SearchRequest(None, tuple(kinds), namespace, as_of=as_of, known_at=known_at)
    names, recorded, more = _listed(database, asked, limit, bookmarks)
    if not names:
        where = "" if namespace is None else f" in the namespace {namespace!r}"
        raise NotFoundError(f"Nothing is recorded{where} of that time and those kinds.")
    when = replace(moment(as_of, known_at), known_at=recorded)
    reading = Reading(database, when, most_edges(limit), bookmarks)
    rows = reading.outgoing(names)
    states = reading.states(sorted(names | {row.upstream for row in rows}))
    entities = [
        ExportedEntity(state, 0, Certainty.CERTAIN.value) if urn in names else ExportedEntity(state)
        for urn, state in states.items()
    ]
    edges = sorted((whole_edge(row, walked=row.upstream in names) for row in rows), key=lambda edge: edge.order)
    reasons = (*((Reason.SIZE,) if more else ()), *reading.hidden(names))
    told = tuple(reason.value for reason in reasons)
    extent = Extent((), DIRECTION, None, as_of, recorded, told, surroundings=True)
    return Subgraph(tuple(entities), tuple(edges), extent)


def _listed(database: Database, asked: SearchRequest, limit: int, bookmarks: Bookmarks) -> tuple[set[str], int, bool]:
    """Names, the recorded time that they are of, and whether there are more."""
    names, after = set[str](), None
    while True:
        page = search(
            database, replace(asked, first=min(PAGE_MAX, limit - len(names)), after=after), bookmarks=bookmarks
        )
        names.update(item.urn for item in page.items)
        if not page.has_next or len(names) >= limit:
            return names, page.known_at, page.has_next
        after = page.cursors[-1]
