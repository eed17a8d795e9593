"""Every fixed question, for the tests and the docs, and every shape that composed ones can take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import queries.attestation
import queries.captured
import queries.change
import queries.diff
import queries.entity
import queries.export
import queries.impact
import queries.marquez
import queries.paths
import queries.quarantine
import queries.search
import queries.sources
from queries.query import Query
from queries.walk import QUERIES as WALK_QUERIES
from queries.walk import enumerate_walks, walk_query

QUERIES: tuple[Query[Any, Any], ...] = (
    *queries.attestation.QUERIES,
    *queries.captured.QUERIES,
    *queries.change.QUERIES,
    *queries.diff.QUERIES,
    *queries.entity.QUERIES,
    *queries.export.QUERIES,
    *queries.impact.QUERIES,
    *queries.marquez.QUERIES,
    *queries.paths.QUERIES,
    *queries.quarantine.QUERIES,
    *queries.search.QUERIES,
    *queries.sources.QUERIES,
    *WALK_QUERIES,
)
"""The questions whose text is always the same."""


def enumerate_composed() -> Iterator[tuple[str, Query[Any, Any]]]:
    """Every other statement that this program can ask, with a name that says which it is."""
    for shape in enumerate_walks():
        depth = "unbounded" if shape.depth is None else str(shape.depth)
        extra = "-software" if shape.software else ""
        yield f"{walk_query(shape).name}-{depth}{extra}", walk_query(shape)
    for label in queries.search.LABELS:
        yield f"search/list-{label}", queries.search.list_query(label)
        yield f"search/list_at-{label}", queries.search.list_at_query(label)
