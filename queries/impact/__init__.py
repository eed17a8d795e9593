"""Questions that impact asks beside its walk."""

from __future__ import annotations

from queries.impact.rows import EvaluationRow, EvaluationsParams
from queries.query import load_query

EVALUATIONS = load_query("impact/evaluations", EvaluationsParams, EvaluationRow)

QUERIES = (EVALUATIONS,)
