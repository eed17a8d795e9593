"""What is in the tables that a run reads and writes: columns, missing values, distributions; within a budget.

No value of a text column is told, only how many there are; of numbers their quantiles and histogram.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lineage_client.capture.fingerprints import Fingerprint
from lineage_client.capture.later import Later, Ours
from lineage_client.capture.naming import name_part, place_key
from lineage_client.capture.quiet import quietly
from lineage_client.capture.records import Record, edge, entity
from lineage_client.names import parts_of, urn

if TYPE_CHECKING:
    from lineage_client.capture.running import Run

MOST_CELLS, MOST_COLUMNS, MOST_COUNTED = 20_000, 60, 2_000_000
"""Cells of the sample, columns that are described, cells in which missing values are counted one by one."""
MOST_TABLES = 100
"""Tables of one run that are described; what is above is counted."""
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_BINS = 10


@dataclass(slots=True)
class Table:
    """What is kept of a table until the end of the run: its columns with types, and what is told of its values.

    ``sample`` is every so many-th row of it, by column, only until its statistics are made.
    """

    rows: int
    columns: list[tuple[str, str]]
    missing: list[int] | None
    sample: list[list[Any]] = field(repr=False)
    told: Later[dict[str, Any]] | None = field(default=None, repr=False)


def note_frame(run: Run, place: str, frame: Any, *, whole: bool, written: bool = False) -> None:
    """Keep what a file holds, seen as the frame that was read from it, once, or was last written to it."""
    if not run.describes_tables:
        return
    tables, key = run.tables_written if written else run.tables_read, place_key(place)
    if not whole:
        tables.pop(key, None)
    elif written or key not in tables:
        tables.pop(key, None)
        if len(run.tables_read) + len(run.tables_written) >= MOST_TABLES:
            run.tables_left_out += 1
            return
        with quietly("a table could not be profiled"), Ours():
            table = table_of(frame)
            table.told = run.noted.later(lambda: _used_up(table))
            tables[key] = table


def _used_up(table: Table) -> dict[str, Any]:
    """The statistics of a table, which needs its sample no longer."""
    try:
        return statistics(table)
    finally:
        table.sample = []


def table_of(frame: Any) -> Table:
    """The columns and a sample of a pandas or polars frame, or of a pandas series."""
    if hasattr(frame, "to_frame") and not hasattr(frame, "columns"):
        frame = frame.to_frame()
    names = [str(name) for name in frame.columns]
    types = [str(item) for item in frame.dtypes]
    rows, some = len(frame), names[:MOST_COLUMNS]
    step = max(1, math.ceil(rows * len(some) / MOST_CELLS))
    counted = rows * len(some) <= MOST_COUNTED
    if hasattr(frame, "null_count"):  # polars
        part = frame.select(frame.columns[:MOST_COLUMNS])
        missing = [int(part[name].null_count()) for name in part.columns] if counted else None
        sample = [part[name].gather_every(step).to_list() for name in part.columns]
    else:
        part = frame.iloc[:, :MOST_COLUMNS]
        missing = [int(number) for number in part.isna().sum()] if counted else None
        thin = part.iloc[::step]
        sample = [thin.iloc[:, place].tolist() for place in range(thin.shape[1])]
    return Table(rows, list(zip(names, types, strict=True)), missing, sample)


def table_records(version: str, table: Table, content: Fingerprint | None) -> list[Record]:
    """Profile, schema and columns of a data set version."""
    named = parts_of(version)
    schema, digest = schema_urn(named.namespace, named.name, table.columns)
    records = [entity(schema, {"digest": digest}), edge("HAS_SCHEMA", version, schema)]
    for place, (column, kind) in enumerate(table.columns):
        name = field_urn(named.namespace, named.name, column)
        records.append(entity(name, {"title": column or None, "data_type": kind, "position": place}))
        records.append(edge("FIELD_OF", name, schema))
    if content is not None and named.version is not None:
        profile = urn("Profile", named.namespace, name_part(f"{named.name}@{named.version}"))
        with quietly("the profile of a table could not be made"):
            told = table.told.result() if table.told else statistics(table)
            records.append(entity(profile, {"rows": table.rows, "statistics": told}))
            records.append(edge("PROFILE_OF", profile, version))
    return records


def field_urn(namespace: str, dataset: str, column: str) -> str:
    """The name of a column, as every capture gives it."""
    return urn("Field", namespace, name_part(f"{dataset}.{column}"))


def schema_urn(namespace: str, dataset: str, columns: Sequence[tuple[str, str | None]]) -> tuple[str, str]:
    """The name and digest of the schema that has these columns with their types, as every capture gives them."""
    text = json.dumps([list(item) for item in columns], ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return urn("DataSchema", namespace, name_part(f"{dataset}/{digest[:16]}")), f"sha256:{digest}"


def statistics(table: Table) -> dict[str, Any]:
    """The distributions by column, and how many rows they are from."""
    columns = {}
    for place, values in enumerate(table.sample):
        with quietly("a column could not be described"):
            counted = table.missing[place] if table.missing is not None else None
            columns[table.columns[place][0]] = ({} if counted is None else {"missing": counted}) | _column(values)
    sampled = len(table.sample[0]) if table.sample else 0
    return {"columns": columns, "sampled_rows": sampled, "columns_in_all": len(table.columns)}


def _column(values: list[Any]) -> dict[str, Any]:
    known = [value for value in values if not _is_missing(value)]
    numbers = _numbers(known)
    if numbers:
        told = _distribution(sorted(number for number in numbers if math.isfinite(number)))
    else:
        told = {"distinct_in_sample": len({repr(value) for value in known})}
    return {"missing_in_sample": len(values) - len(known), **told}


def _numbers(values: list[Any]) -> list[float]:
    """The values, if all of them are numbers and none is too large for one of the machine's; else none."""
    if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return []
    try:
        return [float(value) for value in values]
    except OverflowError:
        return []


def _is_missing(value: object) -> bool:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NAType", "NaTType")


def _distribution(numbers: list[float]) -> dict[str, Any]:
    if not numbers:
        return {}
    least, most = numbers[0], numbers[-1]
    mean, spread = _mean_and_deviation(numbers)
    width = (most - least) / _BINS
    counts = [0] * (_BINS if width and math.isfinite(width) else 1)
    for number in numbers:
        counts[min(int((number - least) / width), _BINS - 1) if len(counts) > 1 else 0] += 1
    return {
        "mean": mean, "deviation": spread,
        "quantiles": {str(share): numbers[round(share * (len(numbers) - 1))] for share in _QUANTILES},
        "histogram": {"from": least, "to": most, "counts": counts},
    }  # fmt: skip


def _mean_and_deviation(numbers: list[float]) -> tuple[float, float]:
    """Of sorted numbers. Scaled by a power of two meanwhile, which changes no digit: squares of large ones overflow."""
    exponent = math.frexp(max(-numbers[0], numbers[-1]))[1]
    small = [math.ldexp(number, -exponent) for number in numbers]
    mean = math.fsum(small) / len(small)
    deviation = math.sqrt(math.fsum((number - mean) ** 2 for number in small) / len(small))
    return math.ldexp(mean, exponent), math.ldexp(deviation, exponent)
