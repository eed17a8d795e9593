"""Steps of pandas that turn rows into columns or columns into rows."""

from __future__ import annotations

from collections.abc import Hashable
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps.pandas_frames import know, settled
from lineage_client.capture.column_steps.patching import patch
from lineage_client.capture.column_steps.traces import NOTHING, Origin, Trace, is_frame, origin_of, together


def follow(pandas: ModuleType) -> None:
    """Follow changes of shape until the session ends."""
    for owner in (pandas, pandas.DataFrame):
        patch(owner, "melt", after=_melted)
        patch(owner, "pivot", after=_pivoted)
        patch(owner, "pivot_table", after=_pivoted)
    patch(pandas, "get_dummies", after=_dummies)
    patch(pandas, "crosstab", after=_unknown)


def _melted(
    result: Any, _: None, frame: Any, id_vars: Any = None, value_vars: Any = None, var_name: Any = None,  # noqa: ARG001
    value_name: Hashable = "value", *__: Any, **___: Any,
) -> None:  # fmt: skip
    origin = settled(frame)
    if origin is None:
        return
    kept = _listed(id_vars)
    melted = _listed(value_vars) or [label for label in frame.columns if label not in kept]
    columns = {label: origin.columns[label] for label in kept if label in origin.columns}
    if (trace := together(origin.columns.get(label) for label in melted)) is not None:
        columns[value_name] = trace
    for label in result.columns:
        if label not in kept and label != value_name:
            columns[label] = NOTHING  # the names of the columns
    know(result, columns)


def _pivoted(result: Any, _: None, frame: Any, *arguments: Any, **named: Any) -> None:
    """The values, whatever their columns are called now; the index from its own column."""
    origin = settled(frame)
    if origin is None or not is_frame(result):
        return
    values = named.get("values", arguments[0] if arguments and "index" in named else None)
    listed = _listed(values)
    columns: dict[Hashable, Trace] = {}
    for label in result.columns:
        first = label[0] if isinstance(label, tuple) else label
        source = listed[0] if len(listed) == 1 else first
        if (trace := origin.columns.get(source)) is not None:
            columns[label] = trace
    index = {name: origin.columns[name] for name in result.index.names if name is not None and name in origin.columns}
    know(result, columns, index)


def _dummies(result: Any, _: None, data: Any, prefix: Any = None, prefix_sep: Any = "_", *__: Any, **___: Any) -> None:
    """A column for each value, called by the column that it is a value of."""
    framed = is_frame(data)
    origin: Origin | None = settled(data) if framed else origin_of(data)
    if origin is None:
        return
    columns: dict[Hashable, Trace] = {}
    for label in result.columns:
        trace = origin.columns.get(label) if framed else origin.values
        if trace is None and framed and prefix is None and isinstance(label, str):
            starts = [name for name in origin.columns if label.startswith(f"{name}{prefix_sep}")]
            longest = max(starts, key=lambda name: len(str(name)), default=None)
            trace = origin.columns.get(longest)
        if trace is not None:
            columns[label] = trace
    know(result, columns)


def _unknown(result: Any, *_: Any, **__: Any) -> None:
    know(result, {})


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) or hasattr(value, "tolist") else [value]
