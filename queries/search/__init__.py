"""Searching and listing, composed from named parts: what to look at, filters, a page and a count, in one statement.

Each has two forms: the present, which is fast, and what was recorded by a time, which looks at replaced states too.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from graph_schema.catalogue import KINDS
from graph_schema.storage import ENTITY
from queries.query import Query, load_part
from queries.search.rows import HitsAt, HitsNow, ListAt, ListNow, SearchRow

if TYPE_CHECKING:
    from typing import LiteralString

P = TypeVar("P")

LABELS = (ENTITY, *KINDS)
"""Labels that a list may be read by: one kind's, or that of every entity."""


_NOW = ("clock", "owned", "filters")
_AT = ("pinned", "owned_at", "filters_at")
_FROM_THE_BEGINNING = {"from": "''", "nearest": ""}


def _compose(
    name: str, time: tuple[str, str, str], parts: tuple[str, str], params: type[P], label: str = ENTITY
) -> Query[P, SearchRow]:
    """Fill a frame: it looks twice at the same source, for a page behind a place and for the count of all."""
    frame, owned, filters, source, page = (load_part(f"search/{part}") for part in (*time, *parts))
    count, nearest, state = (load_part(f"search/{part}") for part in ("count", "nearest", "state_at"))
    # A source that has several parts filters and cuts each by itself.
    found = source[0] if "%filters%" in source[0] else f"{source[0]}\n{filters[0]}"
    present = filters[0].replace("e IN owned", "n IN owned").replace("%seen:e%", "%seen:n%")
    found = _fill(found, {"filters": filters[0], "present_filters": present, "state": state[0], "label": label})
    slots = {
        "owned": owned[0],
        "page": f"{_fill(found, {'from': '$after_name', 'nearest': nearest[0]})}\n{page[0]}",
        "count": f"{_fill(found, _FROM_THE_BEGINNING)}\n{count[0]}",
    }
    said = (frame, owned, source, filters, page, count)
    return Query(name, _fill(frame[0], slots), params, SearchRow, "\n".join(part[1] for part in said))


def _fill(text: LiteralString, slots: dict[str, str]) -> LiteralString:
    for slot, value in slots.items():
        name: LiteralString = cast("Any", f"%{slot}%")
        text = text.replace(name, cast("Any", value))
    return text


HITS = _compose("search/hits", _NOW, ("hits", "page_of_hits"), HitsNow)
HITS_AT = _compose("search/hits_at", _AT, ("hits_at", "page_of_hits"), HitsAt)


@cache
def list_query(label: str) -> Query[ListNow, SearchRow]:
    """The statement that lists entities with one of :data:`LABELS`. Raises ValueError for any other label."""
    return _compose("search/list", _NOW, ("listed", "page_of_list"), ListNow, _known(label))


@cache
def list_at_query(label: str) -> Query[ListAt, SearchRow]:
    """The statement that lists what was recorded by a time. Raises ValueError for any other label."""
    return _compose("search/list_at", _AT, ("listed_at", "page_of_list"), ListAt, _known(label))


def _known(label: str) -> str:
    if label not in LABELS:
        raise ValueError(f"{label!r} is not a label of an entity")
    return label


QUERIES = (HITS, HITS_AT)
