"""Questions about scheduled sources: which there are, and what their runs found."""

from __future__ import annotations

from queries.query import Sight, load_query
from queries.sources.rows import (
    ListedParams,
    ListedRow,
    RunCountParams,
    RunCountRow,
    RunParams,
    RunRow,
    RunsParams,
)

LISTED = load_query("sources/listed", ListedParams, ListedRow, Sight.UNRESTRICTED_ONLY)
RUNS = load_query("sources/runs", RunsParams, RunRow, Sight.UNRESTRICTED_ONLY)
RUN_COUNT = load_query("sources/run_count", RunCountParams, RunCountRow, Sight.UNRESTRICTED_ONLY)
RUN = load_query("sources/run", RunParams, RunRow, Sight.UNRESTRICTED_ONLY)

QUERIES = (LISTED, RUNS, RUN_COUNT, RUN)
