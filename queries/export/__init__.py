"""What an export reads beside the walk: whole states and whole edges, of one recorded time."""

from __future__ import annotations

from queries.export.rows import RecordedStateRow, RecordedStatesParams, WholeEdgeRow, WholeEdgesParams
from queries.query import load_query

RECORDED_STATES = load_query("export/states", RecordedStatesParams, RecordedStateRow)
EDGES_UPSTREAM = load_query("export/edges_upstream", WholeEdgesParams, WholeEdgeRow)
EDGES_DOWNSTREAM = load_query("export/edges_downstream", WholeEdgesParams, WholeEdgeRow)

QUERIES = (RECORDED_STATES, EDGES_UPSTREAM, EDGES_DOWNSTREAM)
