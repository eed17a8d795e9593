"""The order of an asset's versions: the chain of revisions where it is known, else the time they were made."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from queries.entity import VERSIONS
from queries.entity.rows import VersionRow, VersionsParams
from registry.graph.database import Database
from registry.lineage.moment import Moment


def versions_at(
    database: Database, asset: str, when: Moment, bookmarks: Sequence[str] | None = None
) -> list[VersionRow]:
    """The versions of a time, in no order; when they were made is what is known now."""
    params = VersionsParams(asset, when.true_by, when.true_after, when.known_at)
    return database.run(VERSIONS, params, bookmarks=bookmarks)


def newest_first(rows: Sequence[VersionRow]) -> list[str]:
    """Order versions: one that revises another comes before it; otherwise the one made later does.

    A chain that bites its own tail, which nothing should write, is ordered by time from there on.
    """
    known = {row.urn: row for row in rows if row.version is not None}
    followers: dict[str, list[str]] = {urn: [] for urn in known}
    waiting: dict[str, int] = {}
    for row in known.values():
        older = [urn for urn in row.revises if urn in known]
        waiting[row.urn] = len(older)
        for urn in older:
            followers[urn].append(row.urn)
    ready = [(row.made_at, urn) for urn, row in known.items() if not waiting[urn]]
    heapq.heapify(ready)
    oldest_first: list[str] = []
    while ready:
        urn = heapq.heappop(ready)[1]
        oldest_first.append(urn)
        for newer in followers[urn]:
            waiting[newer] -= 1
            if not waiting[newer]:
                heapq.heappush(ready, (known[newer].made_at, newer))
    left = sorted(known.keys() - set(oldest_first), key=lambda urn: (known[urn].made_at, urn))
    unknown = sorted(row.urn for row in rows if row.version is None)
    return [*reversed(oldest_first + left), *unknown]
