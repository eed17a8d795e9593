"""Questions that impact asks beside its walk."""

from __future__ import annotations

from queries.impact.rows import (
    EvaluationRow,
    EvaluationsParams,
    StandingParams,
    StandingRow,
    TeamsParams,
    TeamsRow,
)
from queries.query import load_query

EVALUATIONS = load_query("impact/evaluations", EvaluationsParams, EvaluationRow)
STANDING = load_query("impact/standing", StandingParams, StandingRow)
TEAMS = load_query("impact/teams", TeamsParams, TeamsRow)

QUERIES = (EVALUATIONS, STANDING, TEAMS)
