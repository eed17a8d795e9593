"""Lists that are read up to a length: what was recorded of an entity over time, and what was found while writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from graph_schema.times import OPEN
from queries.entity import ALL_FINDINGS, FINDINGS, HISTORY
from queries.entity.rows import FindingParams, FindingRow, FindingsParams, HistoryParams
from registry.graph.database import Database
from registry.lineage.cursor import make_cursor, read_cursor
from registry.lineage.moment import moment
from registry.lineage.question import read_urn
from registry.lineage.state import EntityState, PastState, RecordedFinding
from registry.lineage.stored import entity_state

T = TypeVar("T")
Bookmarks = Sequence[str] | None
_BEGINNING = (-(2**62), -(2**62))


@dataclass(frozen=True, slots=True)
class Excerpt(Generic[T]):
    """A part of a list; the cursor of its last item leads to the next."""

    items: tuple[T, ...]
    has_more: bool


def read_history(
    database: Database,
    urn: str,
    first: int = 100,
    after: str | None = None,
    *,
    as_of: int | None = None,
    known_at: int | None = None,
    bookmarks: Bookmarks = None,
) -> Excerpt[PastState]:
    """Every state that was recorded of an entity, oldest first, retracted ones too; empty where nothing was.

    ``known_at`` leaves out what was recorded later, ``as_of`` what was not said of that time: what is left is how
    the knowledge of one time changed. Raises InvalidRequestError.
    """
    when, question = moment(as_of, known_at), ("history", urn, as_of, known_at)
    after_from, after_to = _BEGINNING if after is None else read_cursor(question, after, (int, int))
    so_by, so_after = (OPEN, _BEGINNING[0]) if as_of is None else (as_of, as_of)
    params = HistoryParams(urn, when.known_at, so_by, so_after, after_from, after_to, first + 1)
    rows = database.run(HISTORY, params, bookmarks=bookmarks)
    return Excerpt(tuple(_past_state(row.properties, question) for row in rows[:first]), len(rows) > first)


def read_findings(
    database: Database,
    rule: str | None = None,
    urn: str | None = None,
    first: int = 50,
    after: str | None = None,
    *,
    known_at: int | None = None,
    bookmarks: Bookmarks = None,
) -> Excerpt[RecordedFinding]:
    """What was found while writing by ``known_at``, newest first. Raises InvalidUrnError and InvalidRequestError."""
    question = ("findings", rule, urn, known_at)
    begin = (min(moment(None, known_at).known_at + 1, OPEN), "")
    before, after_id = begin if after is None else read_cursor(question, after, (int, str))
    if urn is None:
        rows = database.run(ALL_FINDINGS, FindingsParams(rule, before, after_id, first + 1), bookmarks=bookmarks)
    else:
        read_urn(urn)
        rows = database.run(FINDINGS, FindingParams(urn, rule, before, after_id, first + 1), bookmarks=bookmarks)
    return Excerpt(tuple(_finding(row, question) for row in rows[:first]), len(rows) > first)


_STATE_FIELDS = tuple(item.name for item in fields(EntityState))


def _past_state(stored: dict[str, Any], question: Sequence[Any]) -> PastState:
    state = entity_state(stored)
    cursor = make_cursor(question, (stored["recorded_from"], stored["recorded_to"]))
    return PastState(**{name: getattr(state, name) for name in _STATE_FIELDS}, cursor=cursor)


def _finding(row: FindingRow, question: Sequence[Any]) -> RecordedFinding:
    cursor = make_cursor(question, (row.recorded_at, row.id))
    return RecordedFinding(row.id, row.rule, row.severity, row.urn, row.message, row.event_id, row.recorded_at, cursor)
