"""Questions about OpenLineage events as they came: one, a page of them, and what those of a run add up to."""

from __future__ import annotations

from queries.captured.rows import (
    ChosenParams,
    EventParams,
    EventRow,
    FoldRow,
    FoldsParams,
    PageParams,
    TotalRow,
)
from queries.query import Sight, load_query

EVENT = load_query("captured/event", EventParams, EventRow, Sight.UNRESTRICTED_ONLY)
NEWEST_FIRST = load_query("captured/newest_first", PageParams, EventRow, Sight.UNRESTRICTED_ONLY)
OLDEST_FIRST = load_query("captured/oldest_first", PageParams, EventRow, Sight.UNRESTRICTED_ONLY)
TOTAL = load_query("captured/total", ChosenParams, TotalRow, Sight.UNRESTRICTED_ONLY)
FOLDS = load_query("captured/folds", FoldsParams, FoldRow, Sight.UNRESTRICTED_ONLY)

QUERIES = (EVENT, NEWEST_FIRST, OLDEST_FIRST, TOTAL, FOLDS)
