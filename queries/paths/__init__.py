"""Questions that paths ask beside their walks."""

from __future__ import annotations

from queries.paths.rows import PartsParams, PartsRow
from queries.query import load_query

PARTS = load_query("paths/parts", PartsParams, PartsRow)

QUERIES = (PARTS,)
