"""Finding entities by text, kind, namespace, tag, owner and lifecycle, in a stable order and with an honest total.

A search is of one state: of now, or of what was so at one time as recorded by another. The first page notes in its
cursors which state that was, so that the pages behind it are of the same, whatever is written meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graph_schema.catalogue import KINDS
from graph_schema.storage import ENTITY
from graph_schema.times import OPEN, now_micros
from queries.query import Query
from queries.search import HITS, HITS_AT, list_at_query, list_query
from queries.search.rows import HitsAt, HitsNow, ListAt, ListNow, SearchRow
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.lineage.cursor import make_cursor, read_cursor
from registry.lineage.entity import check_page
from registry.lineage.moment import moment
from registry.lineage.question import check_kinds
from registry.lineage.reading import pin
from registry.lineage.search_terms import TEXT_MAX, full_text_query, joined, whole_words
from registry.lineage.state import SearchAnswer, SearchRequest
from registry.lineage.stored import entity_state

COUNT_MAX = 100_000
"""Hits are counted up to here; an answer with more says that its total is not exact."""
_ALWAYS = -(2**62)
_TAGS = 10
_CHANNELS = 64
_NO_CHANNEL = ("\x00",)

Bookmarks = Sequence[str] | None


class _State(NamedTuple):
    """The state that all pages of one search are of: recorded by ``known_at``, and asked for at ``now``.

    ``total`` is how many hits there are in it, counted for the first page.
    """

    known_at: int
    now: int
    total: int


@dataclass(frozen=True, slots=True)
class _Form:
    """One of the two questions, by text or by name: its statements, and where its order begins.

    A place in the order is a rank or a name, and a URN.
    """

    now: Query[Any, SearchRow]
    now_params: type[HitsNow] | type[ListNow]
    at: Query[Any, SearchRow]
    at_params: type[HitsAt] | type[ListAt]
    after: str
    begin: int | str
    asked: dict[str, Any]

    def place(self, item: dict[str, Any], rank: int) -> tuple[int | str, str]:
        """Where an item stands."""
        return (item["name"] if isinstance(self.begin, str) else rank), item["urn"]


def search(database: Database, request: SearchRequest, *, bookmarks: Bookmarks = None) -> SearchAnswer:
    """A page of what matches: by how well its name does and by URN where there is text, else by name and URN.

    Every word of the text has to begin a word of the name, title, tags or description. Assets, agents and other
    named things are found by their words, versions by those of their asset, everything else by how its name
    begins. With times, what is found was so and recorded then, and its words, tags, lifecycle and owners are those
    of then. Raises InvalidRequestError.
    """
    check_page(request.first)
    check_kinds(request.kinds)
    moment(request.as_of, request.known_at)  # refuses what is still to come
    form, question = _form(request), _question(request)
    state, place = None, (form.begin, "")
    if request.after is not None:
        shape = (int, int, int, type(form.begin), str)
        known_at, now, total, behind, urn = read_cursor(question, request.after, shape)
        state, place = _State(known_at, now, total), (behind, urn)
    row, state = _read(database, request, form, state, place, bookmarks)
    shown = row.items[: request.first]
    places = [form.place(item, rank) for item, rank in zip(shown, row.ranks, strict=False)]
    return SearchAnswer(
        tuple(entity_state(item) for item in shown),
        tuple(make_cursor(question, (*state, *place)) for place in places),
        min(state.total, COUNT_MAX),
        state.total <= COUNT_MAX,
        len(row.items) > request.first,
        state.known_at,
    )


def _question(request: SearchRequest) -> tuple[Any, ...]:
    return (
        "search", (request.text or "").strip(), sorted(request.kinds), request.namespace, sorted(request.tags),
        request.owner, request.lifecycle, request.as_of, request.known_at, request.channels,
    )  # fmt: skip


def _form(request: SearchRequest) -> _Form:
    text = (request.text or "").strip()
    if len(text) > TEXT_MAX:
        raise InvalidRequestError(f"The text is longer than {TEXT_MAX} characters.")
    filters = {
        "namespace": request.namespace or "",
        "lifecycle": request.lifecycle or "",
        "tags": _filled(request.tags, _TAGS),
        "owner": request.owner or "",
        "channels": _filled(_NO_CHANNEL if request.channels == () else request.channels or (), _CHANNELS),
        "limit": request.first + 1,
    }
    if not text:
        label = request.kinds[0] if len(set(request.kinds)) == 1 else ENTITY
        listed = filters | {"kinds": _filled(request.kinds or KINDS)}
        return _Form(list_query(label), ListNow, list_at_query(label), ListAt, "after_name", "", listed)
    kinds = [KINDS[name] for name in request.kinds or KINDS]
    words = {
        "query": full_text_query(text),
        "asset_kinds": _filled(kind.name for kind in kinds if kind.searchable),
        "version_kinds": _filled(kind.name for kind in kinds if kind.versioned),
        "other_kinds": _filled(kind.name for kind in kinds if not kind.searchable and not kind.versioned),
        "prefix": text,
        "joined": joined(text),
        "words": whole_words(text),
    }
    return _Form(HITS, HitsNow, HITS_AT, HitsAt, "after_rank", 2**31, filters | words)


def _filled(names: Iterable[str], length: int = len(KINDS)) -> list[str]:
    """A list of one length, whatever is asked: see :mod:`queries.search.rows`."""
    found = list(dict.fromkeys(names))
    return found + [""] * (length - len(found))


def _read(
    database: Database,
    request: SearchRequest,
    form: _Form,
    state: _State | None,
    place: tuple[int | str, str],
    bookmarks: Bookmarks,
) -> tuple[SearchRow, _State]:
    """The page behind a place, and the state that it is of."""
    asked = form.asked | {form.after: place[0], "after_urn": place[1]}
    present, now = request.as_of is None and request.known_at is None, now_micros()
    if state is None and present:
        params = form.now_params(**asked, count_limit=COUNT_MAX + 1, open=OPEN, now=now)
        settled = database.snapshots.settled
        row = database.snapshots.undisturbed(lambda: database.run(form.now, params, bookmarks=bookmarks)[0])
        if row.still and row.clock <= settled:
            return row, _State(row.clock or now, now, row.total)
        # Nobody knows yet whether that was one state: ask for the last one that is known to be whole.
    known_at = state.known_at if state else pin(database, moment(None, request.known_at), bookmarks).known_at
    then = state or _State(min(known_at, now), now, 0)
    # The total of a state stays what it is: only the first page counts.
    window = _window(request, then, present=present) | {"count_limit": 0 if state else COUNT_MAX + 1}
    at = form.at_params(**asked | window)
    row = database.snapshots.undisturbed(lambda: database.run(form.at, at, bookmarks=bookmarks)[0])
    return row, state or then._replace(total=row.total)


def _window(request: SearchRequest, state: _State, *, present: bool) -> dict[str, int]:
    """Which states and edges count; of now, what has ended still shows, and edges that are planned count."""
    if present:
        states, edges = (OPEN, _ALWAYS), (OPEN, state.now)
    else:
        when = state.now if request.as_of is None else request.as_of
        states = edges = (when, when)
    return {
        "known_at": state.known_at,
        "so_by": states[0],
        "so_after": states[1],
        "true_by": edges[0],
        "true_after": edges[1],
    }
