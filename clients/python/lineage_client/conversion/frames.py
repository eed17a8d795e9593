"""Columns as data frames. Types hold for empty answers too; times are aware, in UTC, to the microsecond."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage_client.answers.columns import Columns
from lineage_client.conversion.missing import imported

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_PANDAS = {
    "text": "string", "texts": "object", "integer": "int64", "number": "float64", "truth": "bool",
    "time": "datetime64[us, UTC]",
}  # fmt: skip


def pandas_frame(columns: Columns) -> pandas.DataFrame:
    """A pandas DataFrame: text as ``string``, times as ``datetime64[us, UTC]``."""
    pd = imported("pandas", "to_pandas()", "pandas")
    found = {
        name: pd.Series(column.listed(), dtype=_PANDAS[column.type], name=name) for name, column in columns.items()
    }
    frame: pandas.DataFrame = pd.DataFrame(found, columns=list(columns))
    return frame


def polars_frame(columns: Columns) -> polars.DataFrame:
    """A polars DataFrame; columns that came as Arrow are taken over without copying."""
    pl = imported("polars", "to_polars()", "polars")
    types = {
        "text": pl.String, "texts": pl.List(pl.String), "integer": pl.Int64, "number": pl.Float64,
        "truth": pl.Boolean, "time": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    found = [
        pl.from_arrow(column.values).cast(types[column.type]).alias(name)
        if column.is_arrow
        else pl.Series(name, column.values, dtype=types[column.type])
        for name, column in columns.items()
    ]
    frame: polars.DataFrame = pl.DataFrame(found)
    return frame


def arrow_table(columns: Columns) -> pyarrow.Table:
    """An Arrow table."""
    pa = imported("pyarrow", "to_arrow()", "arrow")
    types = {
        "text": pa.string(), "texts": pa.list_(pa.string()), "integer": pa.int64(), "number": pa.float64(),
        "truth": pa.bool_(), "time": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    found = {
        name: column.values.cast(types[column.type]) if column.is_arrow else pa.array(column.values, types[column.type])
        for name, column in columns.items()
    }
    table: pyarrow.Table = pa.table(found)
    return table
