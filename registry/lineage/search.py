"""Finding entities by text, kind, namespace, tag, owner and lifecycle, in a stable order and with an honest total."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph_schema.catalogue import KINDS
from graph_schema.search_text import runs
from graph_schema.storage import ENTITY
from graph_schema.times import OPEN, now_micros
from queries.search import HITS, HITS_COUNT, list_count_query, list_query
from queries.search.rows import HitsCount, HitsPage, ListCount, ListPage
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.lineage.cursor import make_cursor, read_cursor
from registry.lineage.entity import check_page
from registry.lineage.question import check_kinds
from registry.lineage.state import SearchAnswer, SearchRequest
from registry.lineage.stored import entity_state

COUNT_MAX = 100_000
"""Hits are counted up to here; an answer with more says that its total is not exact."""
_TEXT_MAX = 1_000
_MOST_RUNS = 20
_BEST = 1e9


def search(database: Database, request: SearchRequest, *, bookmarks: Sequence[str] | None = None) -> SearchAnswer:
    """A page of what matches: by score and URN where there is text, else by name and URN.

    Every word of the text has to begin a word of the name, title, tags or description. Assets, agents and other
    named things are found by their words, versions by those of their asset, everything else by how its name
    begins. Raises InvalidRequestError.
    """
    check_page(request.first)
    check_kinds(request.kinds)
    text = (request.text or "").strip()
    if len(text) > _TEXT_MAX:
        raise InvalidRequestError(f"The text is longer than {_TEXT_MAX} characters.")
    question = (
        "search", text, sorted(request.kinds), request.namespace, sorted(request.tags), request.owner,
        request.lifecycle,
    )  # fmt: skip
    if text:
        return _hits(database, request, text, question, bookmarks)
    return _listed(database, request, question, bookmarks)


def full_text_query(text: str) -> str:
    """The text in the full-text index's language: all of its words, each as the beginning of one.

    Raises InvalidRequestError where it has none.
    """
    found = runs(text)
    if not found:
        raise InvalidRequestError("The text has no letters and no digits to search for.")
    return " AND ".join(_either(whole, parts) for whole, parts in found[:_MOST_RUNS])


def _either(whole: str, parts: tuple[str, ...]) -> str:
    if not parts:
        return _begins(whole)
    return f"({_begins(whole)} OR ({' AND '.join(_begins(part) for part in parts[:_MOST_RUNS])}))"


def _begins(word: str) -> str:
    return f"({word}^4 OR {word}*)"


def _hits(
    database: Database,
    request: SearchRequest,
    text: str,
    question: Sequence[Any],
    bookmarks: Sequence[str] | None,
) -> SearchAnswer:
    kinds = [KINDS[name] for name in request.kinds or KINDS]
    score, urn = (_BEST, "") if request.after is None else read_cursor(question, request.after, (float, str))
    what = (
        full_text_query(text),
        [kind.name for kind in kinds if kind.searchable],
        [kind.name for kind in kinds if kind.versioned],
        [kind.name for kind in kinds if not kind.searchable and not kind.versioned],
        text,
        *_filters(request),
    )
    rows = database.run(HITS, HitsPage(*what, score, urn, request.first + 1), bookmarks=bookmarks)
    counted = database.run(HITS_COUNT, HitsCount(*what, COUNT_MAX + 1), bookmarks=bookmarks)[0].total
    shown = rows[: request.first]
    return SearchAnswer(
        tuple(entity_state(row.properties) for row in shown),
        tuple(make_cursor(question, (row.score, row.properties["urn"])) for row in shown),
        min(counted, COUNT_MAX),
        counted <= COUNT_MAX,
        len(rows) > request.first,
    )


def _listed(
    database: Database, request: SearchRequest, question: Sequence[Any], bookmarks: Sequence[str] | None
) -> SearchAnswer:
    name, urn = ("", "") if request.after is None else read_cursor(question, request.after, (str, str))
    label = request.kinds[0] if len(set(request.kinds)) == 1 else ENTITY
    what = (list(request.kinds or KINDS), *_filters(request))
    page, count = ListPage(*what, name, urn, request.first + 1), ListCount(*what, "", COUNT_MAX + 1)
    rows = database.run(list_query(label), page, bookmarks=bookmarks)
    counted = database.run(list_count_query(label), count, bookmarks=bookmarks)[0].total
    shown = rows[: request.first]
    return SearchAnswer(
        tuple(entity_state(row.properties) for row in shown),
        tuple(make_cursor(question, (row.properties["name"], row.properties["urn"])) for row in shown),
        min(counted, COUNT_MAX),
        counted <= COUNT_MAX,
        len(rows) > request.first,
    )


def _filters(request: SearchRequest) -> tuple[str | None, str | None, list[str], str | None, int, int]:
    return request.namespace, request.lifecycle, list(request.tags), request.owner, OPEN, now_micros()
