"""Marquez's questions across everything: sources, tags, and what is called so."""

from __future__ import annotations

import re
from typing import Any

import orjson

from graph_schema.times import format_time
from queries import marquez as questions
from queries.marquez.rows import SourceRow
from registry.errors import NotFoundError
from registry.lineage.search import search
from registry.lineage.state import EntityState, SearchRequest
from registry.marquez import documents
from registry.marquez.asking import Asking
from registry.marquez.documents import Json
from registry.marquez.nodes import node_id

MOST_SOURCES = 10_000
"""Sources that are looked at."""
MOST_HITS = 500
"""Hits in one answer."""
_KINDS = {"DATASET": "Dataset", "JOB": "Job"}
_WILD = re.compile(r"[%_]")


class Finding:
    """Sources, tags and search."""

    def __init__(self, asking: Asking) -> None:
        self._ask = asking

    def sources(self, limit: int, offset: int) -> Json:
        """Where data sets lie, by name: what their events call their data source, else their namespace."""
        found = self._sources()
        return {"sources": found[offset:][:limit], "totalCount": len(found)}

    def source(self, name: str) -> Json:
        """One source. Raises NotFoundError."""
        found = next((item for item in self._sources() if item["name"] == name), None)
        if found is None:
            raise NotFoundError("There is no such source.")
        return found

    def tags(self, limit: int, offset: int) -> Json:
        """The labels of data sets, jobs and columns, by name; nobody describes them here."""
        rows = self._ask.rows(questions.TAGS, limit=limit, offset=offset)
        return {"tags": [{"name": row.name, "description": None} for row in rows]}

    def search(self, text: str, *, only: str | None, by_name: bool, namespace: str | None, limit: int) -> Json:
        """Data sets and jobs that have words which begin so: those that fit best, in the order that is asked for.

        Marquez's signs for any characters (%) and any one (_) part words here.
        """
        kinds = tuple(kind for name, kind in _KINDS.items() if only in (None, name))
        words = " ".join(_WILD.sub(" ", text).split())
        if not words or limit < 1:
            return {"totalCount": 0, "results": []}
        asked = SearchRequest(text=words, kinds=kinds, namespace=namespace, first=min(limit, MOST_HITS))
        answer = search(self._ask.database, asked, bookmarks=self._ask.bookmarks)
        found = sorted(answer.items, key=lambda item: (item.name, item.urn))
        if not by_name:
            found.sort(key=_changed, reverse=True)
        return {"totalCount": answer.total, "results": [_hit(item) for item in found]}

    def _sources(self) -> list[Json]:
        by_name: dict[str, Json] = {}
        for row in self._ask.rows(questions.SOURCES, limit=MOST_SOURCES):
            name, address = _told(row)
            found = by_name.setdefault(name, documents.source(name, address, row.since, row.changed))
            found["createdAt"] = min(found["createdAt"], format_time(row.since))
            found["updatedAt"] = max(found["updatedAt"], format_time(row.changed))
        return [by_name[name] for name in sorted(by_name)]


def _told(row: SourceRow) -> tuple[str, str]:
    """Name and address of a source: what the facet says, else the namespace."""
    try:
        facet: dict[str, Any] = orjson.loads(f"{{{row.told or ''}}}")
    except orjson.JSONDecodeError:  # it was cut at a sign in one of its texts
        facet = {}
    name, uri = facet.get("name"), facet.get("uri")
    if not isinstance(name, str) or not name:
        name = row.namespace
    return name, uri if isinstance(uri, str) else row.namespace


def _hit(item: EntityState) -> Json:
    return {
        "type": item.kind.upper(),
        "name": item.name,
        "updatedAt": format_time(_changed(item)),
        "namespace": item.namespace,
        "nodeId": node_id(item.urn),
    }


def _changed(item: EntityState) -> int:
    return item.event_time or item.recorded_from
