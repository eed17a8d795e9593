"""What an export reads beside the walk: whole states and whole edges, of one recorded time."""

from __future__ import annotations

from queries.export.rows import RecordedStateRow, RecordedStatesParams, UrnRow, WholeEdgeRow, WholeEdgesParams
from queries.query import Sight, load_query

RECORDED_STATES = load_query("export/states", RecordedStatesParams, RecordedStateRow)
EDGES_UPSTREAM = load_query("export/edges_upstream", WholeEdgesParams, WholeEdgeRow)
EDGES_DOWNSTREAM = load_query("export/edges_downstream", WholeEdgesParams, WholeEdgeRow)
EDGES_HIDDEN = load_query("export/edges_hidden", WholeEdgesParams, UrnRow, Sight.RESTRICTED_ONLY)

QUERIES = (RECORDED_STATES, EDGES_UPSTREAM, EDGES_DOWNSTREAM, EDGES_HIDDEN)
