"""Columns: which one changes, what it was, and whether a use names it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from queries.change.rows import ColumnRow
from registry.errors import InvalidRequestError
from registry.lineage.change.asked import Change
from registry.lineage.change.record import Record
from registry.lineage.state import EntityState

_MOST_NAMED = 20
_BEFORE_COLUMN = "./#:"


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """The column that changes. Type and whether values may be missing are None where they are not recorded."""

    name: str
    data_type: str | None = None
    nullable: bool | None = None


def find_column(
    record: Record, change: Change, target: EntityState, newest: EntityState, data: Sequence[str]
) -> tuple[ColumnFacts, list[tuple[str, str]]]:
    """The column as it is recorded for ``data``, and its ``Field`` entities with the schema of each.

    Raises InvalidRequestError where the columns are recorded and it is not one of them.
    """
    rows = record.columns(data)
    if target.kind == "Field":
        fields = [(target.urn, row.schema) for row in rows if row.urn == target.urn]
        return _facts(column_name(target.name, target.attributes.get("title")), target.attributes), fields
    wanted = change.column or ""
    told = _told(newest.attributes.get("fields"))
    found = [row for row in rows if _is(row, wanted)]
    if (rows or told) and not found and wanted not in told:
        names = [*(column_name(row.name, row.title) for row in rows), *told]
        raise InvalidRequestError(
            f"{newest.name} has no column {wanted!r}.", hint=f"Its columns: {', '.join(names[:_MOST_NAMED])}."
        )
    attributes = told.get(wanted, {})
    for state in record.entities(row.urn for row in found[:1]).values():
        attributes = state.attributes
    return _facts(wanted, attributes), sorted({(row.urn, row.schema) for row in found})


def column_name(name: str, title: str | None) -> str:
    """The column that a ``Field`` stands for: its title, else what its name ends with."""
    if title:
        return title
    place = max(name.rfind(mark) for mark in _BEFORE_COLUMN)
    return name[place + 1 :] or name


def names_column(columns: Iterable[str], column: str) -> bool:
    """Whether a list of columns holds this one, all that it is part of, or a part of it; whatever the case."""
    wanted = column.casefold()
    return any(
        named == wanted or named.startswith(f"{wanted}.") or wanted.startswith(f"{named}.")
        for named in (item.casefold() for item in columns)
    )


def _is(row: ColumnRow, wanted: str) -> bool:
    if row.name == wanted or row.title == wanted:
        return True
    return not row.title and row.name.endswith(tuple(mark + wanted for mark in _BEFORE_COLUMN))


def _facts(name: str, attributes: Mapping[str, Any]) -> ColumnFacts:
    kind, nullable = attributes.get("data_type", attributes.get("type")), attributes.get("nullable")
    return ColumnFacts(name, kind if isinstance(kind, str) else None, nullable if isinstance(nullable, bool) else None)


def _told(stored: object) -> dict[str, Mapping[str, Any]]:
    """The ``fields`` of a telemetry schema: by name, or a list of objects with names, there or under ``fields``."""
    if isinstance(stored, Mapping) and isinstance(stored.get("fields"), list | Mapping):
        stored = stored["fields"]
    if isinstance(stored, list):
        return {
            item["name"]: item for item in stored if isinstance(item, Mapping) and isinstance(item.get("name"), str)
        }
    if isinstance(stored, Mapping):
        return {name: kind if isinstance(kind, Mapping) else {"type": kind} for name, kind in stored.items()}
    return {}
