"""Searching and listing, composed from named parts: what to look at, filters, and a page or a count."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from graph_schema.catalogue import KINDS
from graph_schema.storage import ENTITY
from queries.query import Query, load_part
from queries.search.rows import CountRow, HitRow, HitsCount, HitsPage, ListCount, ListPage, ListRow

if TYPE_CHECKING:
    from typing import LiteralString

P = TypeVar("P")
R = TypeVar("R")

LABELS = (ENTITY, *KINDS)
"""Labels that a list may be read by: one kind's, or that of every entity."""


def _compose(name: str, parts: tuple[str, ...], params: type[P], row: type[R], label: str = ENTITY) -> Query[P, R]:
    loaded = [load_part(f"search/{part}") for part in parts]
    literal: LiteralString = cast("Any", label)
    text = "\n".join(part[0] for part in loaded).replace("%label%", literal)
    return Query(name, text, params, row, "\n".join(part[1] for part in loaded))


HITS = _compose("search/hits", ("hits", "filters", "page_of_hits"), HitsPage, HitRow)
HITS_COUNT = _compose("search/hits_count", ("hits", "filters", "count"), HitsCount, CountRow)


@cache
def list_query(label: str) -> Query[ListPage, ListRow]:
    """The statement that lists entities with one of :data:`LABELS`. Raises ValueError for any other label."""
    return _compose("search/list", ("listed", "filters", "page_of_list"), ListPage, ListRow, _known(label))


@cache
def list_count_query(label: str) -> Query[ListCount, CountRow]:
    """The statement that counts them. Raises ValueError for any other label."""
    return _compose("search/list_count", ("listed", "filters", "count"), ListCount, CountRow, _known(label))


def _known(label: str) -> str:
    if label not in LABELS:
        raise ValueError(f"{label!r} is not a label of an entity")
    return label


QUERIES = (HITS, HITS_COUNT)
