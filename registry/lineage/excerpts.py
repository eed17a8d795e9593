"""Lists that are read up to a length, and whether there is more behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from graph_schema.times import OPEN
from queries.entity import ALL_FINDINGS, FINDINGS, HISTORY
from queries.entity.rows import FindingParams, FindingsParams, HistoryParams
from registry.graph.database import Database
from registry.lineage.question import read_urn
from registry.lineage.state import EntityState, RecordedFinding
from registry.lineage.stored import entity_state

T = TypeVar("T")
Bookmarks = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Excerpt(Generic[T]):
    """The beginning of a list."""

    items: tuple[T, ...]
    has_more: bool


def read_history(
    database: Database, urn: str, first: int = 100, *, bookmarks: Bookmarks = None
) -> Excerpt[EntityState]:
    """Every state that was ever recorded of an entity, oldest first, retracted ones too; empty where nothing was."""
    rows = database.run(HISTORY, HistoryParams(urn, first + 1), bookmarks=bookmarks)
    return Excerpt(tuple(entity_state(row.properties) for row in rows[:first]), len(rows) > first)


def read_findings(
    database: Database,
    rule: str | None = None,
    urn: str | None = None,
    first: int = 50,
    *,
    bookmarks: Bookmarks = None,
) -> Excerpt[RecordedFinding]:
    """What was found while writing, newest first. Raises InvalidUrnError."""
    if urn is None:
        rows = database.run(ALL_FINDINGS, FindingsParams(rule, OPEN, "", first + 1), bookmarks=bookmarks)
    else:
        read_urn(urn)
        rows = database.run(FINDINGS, FindingParams(urn, rule, OPEN, "", first + 1), bookmarks=bookmarks)
    found = tuple(
        RecordedFinding(row.id, row.rule, row.severity, row.urn, row.message, row.event_id, row.recorded_at)
        for row in rows[:first]
    )
    return Excerpt(found, len(rows) > first)
