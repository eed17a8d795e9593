"""Groups and windows of pandas: what is computed of a column within them comes from it, the keys from their columns."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps.pandas_frames import know, settled
from lineage_client.capture.column_steps.patching import is_followed, patch
from lineage_client.capture.column_steps.traces import (
    NOTHING,
    ROW_FUNCTION,
    Origin,
    Trace,
    is_frame,
    origin_of,
    session,
    set_origin,
    together,
)

_METHODS = (
    "sum", "mean", "min", "max", "count", "size", "first", "last", "median", "std", "var", "sem", "skew", "prod",
    "nunique", "agg", "aggregate", "apply", "transform", "cumsum", "cumprod", "cummin", "cummax", "cumcount", "ngroup",
    "rank", "shift", "diff", "pct_change", "head", "tail", "nth", "quantile", "idxmax", "idxmin", "all", "any", "ffill",
    "bfill", "filter", "value_counts", "describe", "ohlc", "fillna", "interpolate", "asfreq", "sample", "corr", "cov",
    "kurt", "rolling", "expanding", "ewm", "resample",
)  # fmt: skip
_WINDOWS = frozenset({
    "transform", "cumsum", "cumprod", "cummin", "cummax", "cumcount", "rank", "shift", "diff", "pct_change", "ffill",
    "bfill", "fillna",
})  # fmt: skip
"""Steps that give a value for each row, which depends on what the row's group is."""
_COUNTED = frozenset({"size", "cumcount", "ngroup"})
_OPENERS = ("groupby", "rolling", "expanding", "ewm", "resample")


def follow(pandas: ModuleType) -> None:
    """Follow groups and windows until the session ends."""
    for owner in (pandas.DataFrame, pandas.Series):
        for name in _OPENERS:
            patch(owner, name, after=_opened)


def _follow_kind(groups: Any) -> None:
    """Follow what is computed by groups or windows of this kind, once there are any: there are many, rarely used."""
    kind = type(groups)
    if is_followed(kind, "agg") or not hasattr(kind, "agg"):
        return
    patch(kind, "__getitem__", after=_selected)
    for method in _METHODS:
        patch(kind, method, after=_computed(method))


def _opened(groups: Any, _: None, frame: Any, *arguments: Any, **named: Any) -> None:
    """The origin of a grouping: the columns of what is grouped, and its keys as the index."""
    framed = is_frame(frame)
    origin = settled(frame) if framed else origin_of(frame)
    if origin is None:
        return
    by = named.get("by", arguments[0] if arguments else named.get("on"))
    keys: dict[Hashable, Trace] = dict(origin.index)
    for key in by if isinstance(by, (list, tuple)) else [by]:
        label = getattr(key, "key", None) or (key if isinstance(key, (str, int)) else getattr(key, "name", None))
        of_series = origin_of(key)
        trace = of_series.values if of_series is not None else origin.columns.get(label)
        if trace is not None:
            keys[label] = trace
    set_origin(groups, Origin(session.number, origin.columns, None, origin.values, keys))
    _follow_kind(groups)


def _selected(groups: Any, _: None, before: Any, key: Any, *__: Any) -> None:
    origin = origin_of(before)
    if origin is None:
        return
    _follow_kind(groups)
    if isinstance(key, (list, tuple)):
        kept = {label: trace for label, trace in origin.columns.items() if label in key}
        set_origin(groups, Origin(session.number, kept, None, None, origin.index))
    else:
        set_origin(groups, Origin(session.number, {}, None, origin.columns.get(key), origin.index))


def _computed(method: str) -> Any:
    def computed(result: Any, _: None, groups: Any, *__: Any, **named: Any) -> None:
        origin = origin_of(groups)
        if origin is None or not hasattr(result, "__dict__"):
            return
        if method in _OPENERS:
            set_origin(result, origin)
            _follow_kind(result)
        elif is_frame(result):
            _frame(result, origin, method, named)
        elif hasattr(result, "index"):
            values = NOTHING if method in _COUNTED else _sure(origin.values, method)
            if method in _WINDOWS and values is not None:
                values = together((values, *origin.index.values()))
            set_origin(result, Origin(session.number, {}, None, values, _keys(result, origin)))

    return computed


def _frame(result: Any, origin: Origin, method: str, named: Mapping[str, Any]) -> None:
    own = _aggregated(method, named, origin)
    columns: dict[Hashable, Trace] = {}
    for label in result.columns:
        trace = own.get(label) if label in own else origin.columns.get(label)
        if trace is None and label in origin.index:
            trace = origin.index[label]
        elif trace is None and label not in own:
            trace = _part(label, origin)
        if trace is None and method in _COUNTED:
            trace = NOTHING
        if (sure := _sure(trace, method)) is not None:
            columns[label] = sure
    know(result, columns, _keys(result, origin))


def _aggregated(method: str, named: Mapping[str, Any], origin: Origin) -> dict[Hashable, Trace | None]:
    """Columns that get their own names: ``agg(total=("price", "sum"))``, of a series ``agg(total="sum")``."""
    found: dict[Hashable, Trace | None] = {}
    if method in ("agg", "aggregate"):
        for label, what in named.items():
            if isinstance(what, tuple) and what:
                found[label] = origin.columns.get(what[0])
            elif label not in ("func", "engine", "engine_kwargs"):
                found[label] = origin.values
    return found


def _part(label: Hashable, origin: Origin) -> Trace | None:
    """A column of several levels, as ``agg(["sum", "mean"])`` makes, by its first; of a series, by its values."""
    if isinstance(label, tuple) and label:
        return origin.columns.get(label[0]) or origin.index.get(label[0])
    return origin.values


def _sure(trace: Trace | None, method: str) -> Trace | None:
    """What a function of the user's makes of a group is only guessed to be made of the column of that name."""
    return together([trace], sure=ROW_FUNCTION) if trace is not None and method == "apply" else trace


def _keys(result: Any, origin: Origin) -> dict[Hashable, Trace]:
    names: Iterable[Hashable] = result.index.names
    return {name: origin.index[name] for name in names if name is not None and name in origin.index}
