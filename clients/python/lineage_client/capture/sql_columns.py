"""Which columns of a query's result come from which columns of its tables; read by sqlglot where that is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lineage_client.errors import MissingLibraryError

CERTAIN, GUESSED = 0.9, 0.6
"""How sure a source is whose table the query names, and one that was told by there being only one table."""


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """One column of a result, and one that its values come from."""

    column: str
    table: str
    source: str
    transformation: str
    confidence: float


def column_sources(
    query: str, dialect: str | None = None, schema: Mapping[str, Sequence[str]] | None = None
) -> list[ColumnSource]:
    """The sources of each column that a query returns, as far as the query tells.

    ``schema`` says which columns are in which table: for ``*``, and for columns that are named without a table.

    Raises MissingLibraryError without sqlglot, and ValueError for what it cannot read.
    """
    try:
        import sqlglot
        from sqlglot import exp
        from sqlglot.lineage import lineage
        from sqlglot.optimizer.qualify import qualify
    except ImportError as error:
        raise MissingLibraryError(
            "Column lineage of SQL needs sqlglot.", hint="pip install 'lineage-client[sql]'"
        ) from error
    known: dict[str, object] = {table: dict.fromkeys(columns, "unknown") for table, columns in (schema or {}).items()}
    try:
        parsed = sqlglot.parse_one(query, dialect=dialect)
        select = parsed if isinstance(parsed, exp.Query) else parsed.find(exp.Query)
        if select is None:
            return []
        if known:
            select = qualify(select.copy(), schema=known, dialect=dialect, quote_identifiers=False)
        found = [
            ColumnSource(name, node.expression.name, node.name.rpartition(".")[2], root.expression.sql(dialect), sure)
            for name in select.named_selects
            if name != "*"
            for root in [lineage(name, select, schema=known, dialect=dialect)]
            for node in root.walk()
            if isinstance(node.expression, exp.Table)
            for sure in [CERTAIN if known or _says_tables(select) else GUESSED]
        ]
    except sqlglot.errors.SqlglotError as error:
        raise ValueError(str(error)) from error
    return list(dict.fromkeys(found))


def _says_tables(select: Any) -> bool:
    """Whether every column in a query is named with its table."""
    from sqlglot import exp

    return all(column.table for column in select.find_all(exp.Column))


def tables_of(query: str, dialect: str | None = None) -> list[str]:
    """The tables that a query names, without the ones it makes for itself. Empty where sqlglot cannot tell."""
    try:
        import sqlglot
        from sqlglot import exp

        parsed = sqlglot.parse_one(query, dialect=dialect)
    except ImportError:
        return []
    except sqlglot.errors.SqlglotError:
        return []
    own = {item.alias for item in parsed.find_all(exp.CTE)}
    return sorted({table.name for table in parsed.find_all(exp.Table)} - own)
