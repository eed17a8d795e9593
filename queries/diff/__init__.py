"""Questions that a comparison asks beside its walks: states as they were recorded, and how things were made."""

from __future__ import annotations

from queries.diff.rows import AroundRow, AtParams, MadeByRow, RecordedParams, RecordedRow
from queries.query import load_query

RECORDED = load_query("diff/recorded", RecordedParams, RecordedRow)
MADE_BY = load_query("diff/made_by", AtParams, MadeByRow)
AROUND = load_query("diff/around", AtParams, AroundRow)

QUERIES = (RECORDED, MADE_BY, AROUND)
