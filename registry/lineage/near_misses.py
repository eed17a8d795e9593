"""What may have been meant by a name that nothing has."""

from __future__ import annotations

from collections.abc import Sequence

from graph_schema.search_text import words
from graph_schema.times import OPEN
from graph_schema.urn import Urn
from queries.entity import NAMED_LIKE, SOUNDING_LIKE, VERSIONS
from queries.entity.rows import PrefixParams, SoundingParams, VersionsParams
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.lineage.moment import moment

_MOST = 5
_MOST_VERSIONS = 20
_SCAN = 1000


def not_found(database: Database, urn: Urn, *, bookmarks: Sequence[str] | None = None) -> NotFoundError:
    """The error for a name that nothing has; ``details['suggestions']`` are URNs, best first."""
    versions = _other_versions(database, urn, bookmarks)
    if versions:
        shown = versions[:_MOST_VERSIONS]
        known = ", ".join(version for _, version in shown) + (", …" if len(versions) > len(shown) else "")
        return NotFoundError(
            f"There is no {urn.kind} {urn.name} of that version in {urn.namespace}.",
            hint=f"Versions that are there: {known}.",
            suggestions=[name for name, _ in shown],
        )
    near = _near(database, urn, bookmarks)
    hint = f"Did you mean {near[0]}?" if near else "Look for it with a search by name."
    return NotFoundError(f"Nothing is recorded as {urn}.", hint=hint, suggestions=near)


def _other_versions(database: Database, urn: Urn, bookmarks: Sequence[str] | None) -> list[tuple[str, str]]:
    if urn.logical is None:
        return []
    when = moment()
    params = VersionsParams(str(urn.logical), when.true_by, when.true_after, when.known_at)
    rows = database.run(VERSIONS, params, bookmarks=bookmarks)
    rows.sort(key=lambda row: (row.made_at, row.urn), reverse=True)
    return [(row.urn, row.version) for row in rows if row.version is not None]


def _near(database: Database, urn: Urn, bookmarks: Sequence[str] | None) -> list[str]:
    found: dict[str, None] = {}
    for prefix in dict.fromkeys((urn.name, urn.name[: max(3, len(urn.name) // 2)])):
        params = PrefixParams(prefix, urn.kind, urn.namespace, OPEN, _SCAN, _MOST)
        found.update(dict.fromkeys(row.urn for row in database.run(NAMED_LIKE, params, bookmarks=bookmarks)))
    fuzzy = " OR ".join(f"{word}~" for word in words(urn.name)[:10])
    if fuzzy and len(found) < _MOST:
        rows = database.run(SOUNDING_LIKE, SoundingParams(fuzzy, OPEN, _MOST), bookmarks=bookmarks)
        found.update(dict.fromkeys(row.urn for row in rows))
    return [name for name in found if name != str(urn)][:_MOST]
