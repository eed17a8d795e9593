"""Questions about scheduled sources: which there are, and what their runs found."""

from __future__ import annotations

from queries.query import load_query
from queries.sources.rows import (
    ListedParams,
    ListedRow,
    RunCountParams,
    RunCountRow,
    RunParams,
    RunRow,
    RunsParams,
)

LISTED = load_query("sources/listed", ListedParams, ListedRow)
RUNS = load_query("sources/runs", RunsParams, RunRow)
RUN_COUNT = load_query("sources/run_count", RunCountParams, RunCountRow)
RUN = load_query("sources/run", RunParams, RunRow)

QUERIES = (LISTED, RUNS, RUN_COUNT, RUN)
