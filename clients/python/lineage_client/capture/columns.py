"""Column lineage of a run: said outright, or read from a query."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from lineage_client.capture.column_steps.traces import BY_NAME, Trace
from lineage_client.capture.naming import dataset_name, place_key
from lineage_client.capture.profiles import Table, field_urn
from lineage_client.capture.quiet import never_raises, quietly, warn_once
from lineage_client.capture.records import Record, edge, entity
from lineage_client.capture.settings import Place
from lineage_client.errors import MissingLibraryError
from lineage_client.names import expanded, parts_of

if TYPE_CHECKING:
    from lineage_client.capture.running import Run

MOST_DERIVED = 5_000
"""Pairs of columns that are told of one run; what is above is counted."""


@dataclass(frozen=True, slots=True)
class _Derived:
    place: str
    column: str
    source: str
    source_column: str
    transformation: str | None
    confidence: float | None


class Columns:
    """The part of a run that is about columns."""

    def __init__(self) -> None:
        self.tables_read: dict[str, Table] = {}
        self.tables_written: dict[str, Table] = {}
        self.tables_left_out = 0
        self.columns_read: dict[str, set[str]] = {}
        """The columns of each input, as far as they passed by."""
        self.columns_made: dict[str, dict[str, Trace | None]] = {}
        """The columns of each output, each with where it comes from; None where that is not known."""
        self._derived: list[_Derived] = []

    @never_raises("a column could not be noted", None)
    def column(
        self,
        place: Place,
        column: str,
        sources: Mapping[Place, str | Sequence[str]],
        *,
        transformation: str | None = None,
    ) -> None:
        """Say which columns of which inputs a column of an output is made from.

        ``run.column("totals.csv", "total", {"orders.csv": ["price", "pieces"]}, transformation="price * pieces")``
        """
        for source, names in sources.items():
            for name in [names] if isinstance(names, str) else names:
                self._derived.append(
                    _Derived(str(place), str(column), str(source), str(name), _text(transformation), None)
                )

    @never_raises("a query could not be read", None)
    def sql(
        self, query: str, *, tables: Mapping[str, Place] | None = None, output: Place | None = None,
        dialect: str | None = None, columns: Mapping[str, Sequence[str]] | None = None,
    ) -> None:  # fmt: skip
        """Say that a query was asked. ``tables`` says which input each table is, ``output`` where the result went.

        With both, and sqlglot installed, the columns of the output are derived from those of the inputs, as inferred,
        with a confidence. ``columns`` has the columns of each table, where the query leaves them open. Of the query
        itself only a digest is kept: it may hold values.
        """
        digest = hashlib.sha256(query.encode("utf-8", "backslashreplace")).hexdigest()
        cast("Run", self).note_facet("sql", {"digest": f"sha256:{digest}"} | ({"dialect": dialect} if dialect else {}))
        if output is None or not tables:
            return
        from lineage_client.capture.sql_columns import column_sources

        try:
            found = column_sources(query, dialect, columns)
        except (MissingLibraryError, ValueError) as error:
            warn_once("the columns of a query could not be traced", str(error)[:300])
            return
        for item in found:
            if item.table in tables:
                source = str(tables[item.table])
                self._derived.append(
                    _Derived(str(output), item.column, source, item.source, item.transformation, item.confidence)
                )

    def column_records(self, run: Run) -> list[Record]:
        """The columns that were derived, each with the ones that it was made from."""
        records: list[Record] = []
        derived = dict.fromkeys([*self._derived, *_followed(run)])
        if len(derived) > MOST_DERIVED:
            run.facets["capture"]["columns_left_out"] = len(derived) - MOST_DERIVED
        for item in list(derived)[:MOST_DERIVED]:
            with quietly("a column could not be told of"):
                records += _column_records(run, item)
        return records


def _followed(run: Run) -> Iterator[_Derived]:
    """The columns of outputs that were followed through the steps of libraries.

    One that was lost on the way counts, little, as made from the column of its name where the run has only one input,
    and made no other table with such a column, which might be in between.
    """
    only = next(iter(run.noted.reads)) if len(run.noted.reads) == 1 else None
    for place, columns in run.columns_made.items():
        if place not in run.noted.writes:
            continue
        for column, trace in columns.items():
            known = trace if trace is not None else _by_name(run, only, place, column)
            for source, name in sorted(known.sources) if known else ():
                if known and (source, name) != (place, column):
                    yield _Derived(place, column, source, name, None, known.sure)


def _by_name(run: Run, only: str | None, place: str, column: str) -> Trace | None:
    elsewhere = any(column in columns for other, columns in run.columns_made.items() if other != place)
    if only is None or only == place or elsewhere or column not in run.columns_read.get(only, ()):
        return None
    return Trace(frozenset({(only, column)}), BY_NAME)


def _column_records(run: Run, item: _Derived) -> list[Record]:
    made, source = _field(run, item.place, item.column), _field(run, item.source, item.source_column)
    about: dict[str, Any] = {"relation": "transform", "transformation": item.transformation}
    said = "declared" if item.confidence is None else "inferred"
    derived = edge("DERIVED_FROM", made, source, about, evidence=said, confidence=item.confidence)
    return [entity(made, {"title": item.column}), entity(source, {"title": item.source_column}), derived]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _field(run: Run, place: str, column: str) -> str:
    """The column of the data set at a place: by the name that the run has for it, else by the place's own."""
    key = place_key(place)
    seen = run.noted.writes.get(key) or run.noted.reads.get(key)
    if seen is not None and seen.named is not None:
        named = parts_of(expanded(seen.named))
        return field_urn(named.namespace, named.name, column)
    return field_urn(*dataset_name(key), column)
