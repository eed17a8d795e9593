"""The steps of pandas on frames and series.

pandas calls ``__finalize__`` to hand what belongs to a frame on to the frames made from it, in nearly every operation:
that is where columns that keep their names are followed. Steps that name columns anew are followed one by one.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps import arrays
from lineage_client.capture.column_steps.patching import patch
from lineage_client.capture.column_steps.row_functions import names_in
from lineage_client.capture.column_steps.traces import (
    KEY,
    NOTHING,
    ROW_FUNCTION,
    Origin,
    Trace,
    is_column,
    is_frame,
    origin_of,
    session,
    set_origin,
    together,
)

_MOST_REDUCED = 50
_MOST_PARTS = 20_000
"""Inputs of one step times their columns that are looked at."""
_COUNTS = ("index", "level_")
_NO_INDEX: dict[Hashable, Trace] = {}


def settled(frame: Any) -> Origin | None:
    """What is known of a frame as it is now: after changes in place, by the names that it has now."""
    origin = origin_of(frame)
    if origin is None:
        return None
    now = frame.columns
    if origin.labels is None or now is origin.labels or now.equals(origin.labels):
        return origin
    old, new = list(origin.labels), list(now)
    olds, news = set(old), set(new)
    if len(old) == len(new) and all(_may_be_renamed(a, b, olds, news) for a, b in zip(old, new, strict=True)):
        kept = {b: origin.columns[a] for a, b in zip(old, new, strict=True) if a in origin.columns}
    else:
        kept = {label: origin.columns[label] for label in new if label in origin.columns and label in olds}
    changed = Origin(session.number, kept, now, None, origin.index)
    set_origin(frame, changed)
    return changed


def know(frame: Any, columns: Mapping[Hashable, Trace], index: Mapping[Hashable, Trace] | None = None) -> None:
    """From now on this is what is known of a frame."""
    set_origin(frame, Origin(session.number, columns, frame.columns, None, index or {}))


def values_of(thing: Any) -> Trace | None:
    """Where a value comes from that a step was given: a series, an array, or a constant."""
    if thing is None or isinstance(thing, (str, bytes, int, float, complex)):
        return NOTHING
    origin = origin_of(thing)
    return origin.values if origin is not None else arrays.trace_of(thing)


def follow(pandas: ModuleType) -> None:
    """Follow the steps of pandas until the session ends."""
    frames, series = pandas.DataFrame, pandas.Series
    base = next(item for item in frames.__mro__ if "__finalize__" in vars(item))
    patch(base, "__finalize__", after=_made_from, nested=True)
    for name in ("rename", "set_axis", "add_prefix", "add_suffix"):
        patch(frames, name, before=_columns_before, after=_renamed)
    patch(frames, "set_index", before=_settled_before, after=_index_set)
    patch(frames, "reset_index", before=_settled_before, after=_index_reset)
    patch(frames, "apply", after=_applied)
    patch(frames, "__init__", after=_constructed, nested=True)
    patch(series, "_where", after=_with_arguments, nested=True)  # where, mask, fillna, clip: counted in the same way
    for name in ("combine_first", "isin"):
        patch(series, name, after=_with_arguments)
    patch(series, "map", after=_mapped)
    patch(series, "__array_ufunc__", after=_computed)
    patch(series, "value_counts", after=_counted)
    for name in ("to_datetime", "to_numeric", "to_timedelta", "cut", "qcut"):
        patch(pandas, name, after=_converted)


def _may_be_renamed(old: Hashable, new: Hashable, olds: set[Hashable], news: set[Hashable]) -> bool:
    return old == new or (old not in news and new not in olds)


def _made_from(_: Any, __: None, made: Any, other: Any, *___: Any, **____: Any) -> None:
    """Pandas handed on what belongs to ``other``, or to several inputs, to ``made``."""
    known = getattr(other, "__dict__", _NO_INDEX)
    if KEY not in known and "input_objs" not in known:
        return  # most frames, in most programs
    parts = known.get("input_objs") or (other,)
    if len(parts) > 1 and len(parts) * len(getattr(made, "columns", ())) > _MOST_PARTS:
        set_origin(made, None)
        return
    for source in parts:
        framed = is_frame(source)
        origin = settled(source) if framed else origin_of(source)
        if origin is None or source is made:
            continue
        if is_frame(made):
            _frame_made(made, source, origin, framed=framed)
        else:
            _series_made(made, source, origin, framed=framed)


def _series_made(made: Any, source: Any, origin: Origin, *, framed: bool) -> None:
    trace = _column_or_reduced(made, source, origin) if framed else origin.values
    before = origin_of(made)
    if before is not None and before.values is not None:
        trace = together((before.values, trace))
    index: Mapping[Hashable, Trace] = before.index if before is not None else _NO_INDEX
    for name in _names_of(made.index):
        known = origin.index.get(name) or (origin.columns.get(name) if framed else None)
        if known is not None:
            index = {**index, name: known}
    set_origin(made, Origin(session.number, {}, None, trace, index))


def _names_of(index: Any) -> list[Hashable]:
    """The names of the levels of an index that have one: mostly none, which is asked first."""
    if index.nlevels == 1:
        return [] if index.name is None else [index.name]
    return [name for name in index.names if name is not None]


def _column_or_reduced(made: Any, source: Any, origin: Origin) -> Trace | None:
    name = made.name
    if name is not None:
        return origin.columns.get(name)
    labels = source.columns
    if len(labels) > _MOST_REDUCED or not made.index.equals(source.index) or made.index.equals(labels):
        return None
    every = [origin.columns.get(label) for label in labels]  # a value for each row, made from all columns
    return None if None in every else together(every)


def _frame_made(made: Any, source: Any, origin: Origin, *, framed: bool) -> None:
    labels = made.columns
    columns: Mapping[Hashable, Trace] = origin.columns
    if not framed:
        columns = {label: trace for label in labels if (trace := _of_series(label, source, origin)) is not None}
    elif len(columns) > len(labels) or origin.index:
        columns = {
            label: columns.get(label) or origin.index[label]
            for label in labels
            if label in columns or label in origin.index
        }
    before = origin_of(made)
    if before is not None:
        columns = {
            label: trace for label in labels
            if (trace := together((before.columns.get(label), columns.get(label)))) is not None
        }  # fmt: skip
    index: Mapping[Hashable, Trace] = before.index if before is not None else _NO_INDEX
    for name in _names_of(made.index):
        if (known := origin.index.get(name) or origin.columns.get(name)) is not None:
            index = {**index, name: known}
    know(made, columns, index)


def _of_series(label: Hashable, source: Any, origin: Origin) -> Trace | None:
    """A column of a frame that was made of one series: one of its index, or its values."""
    if label in origin.index:
        return origin.index[label]
    counts = isinstance(label, str) and label.startswith(_COUNTS) and label != source.name
    return None if counts else origin.values


def _columns_before(frame: Any, *_: Any, **__: Any) -> tuple[Origin | None, list[Hashable]]:
    return settled(frame), list(frame.columns)


def _renamed(result: Any, before: Any, frame: Any, *_: Any, **__: Any) -> None:
    """The same columns in the same order, by new names."""
    made, (origin, old) = frame if result is None else result, before
    if origin is not None and len(old) == len(made.columns):
        named = {b: origin.columns[a] for a, b in zip(old, made.columns, strict=True) if a in origin.columns}
        know(made, named, origin.index if list(made.index.names) == list(frame.index.names) else {})


def _settled_before(frame: Any, *_: Any, **__: Any) -> Origin | None:
    return settled(frame)


def _index_set(result: Any, origin: Origin | None, frame: Any, *_: Any, **__: Any) -> None:
    made = frame if result is None else result
    if origin is not None:
        every = {**origin.columns, **origin.index}
        know(made, {label: trace for label, trace in origin.columns.items() if label in made.columns},
             {name: every[name] for name in made.index.names if name is not None and name in every})  # fmt: skip


def _index_reset(result: Any, origin: Origin | None, frame: Any, *_: Any, **__: Any) -> None:
    made = frame if result is None else result
    if origin is not None:
        every = {**origin.index, **origin.columns}
        know(made, {label: every[label] for label in made.columns if label in every},
             {name: every[name] for name in made.index.names if name is not None and name in every})  # fmt: skip


def _applied(result: Any, _: None, frame: Any, func: Any, axis: Any = 0, *__: Any, **___: Any) -> None:
    """A function of rows: of it only the columns count that its code names, and they count as guessed."""
    if axis not in (1, "columns"):
        return
    origin = settled(frame)
    set_origin(result, None)
    if origin is not None and not is_frame(result) and hasattr(result, "index"):
        named = [origin.columns.get(label) for label in frame.columns if label in names_in(func)]
        if (trace := together(named, sure=ROW_FUNCTION)) is not None:
            set_origin(result, Origin(session.number, {}, None, trace, origin.index))


def _constructed(_: None, __: None, frame: Any, data: Any = None, *___: Any, **____: Any) -> None:
    """A frame was made from columns that are known."""
    if isinstance(data, Mapping):
        known = {key: trace for key, value in data.items() if (trace := _given(value)) is not None}
        if any(trace.sources for trace in known.values()) or origin_of(frame) is not None:
            know(frame, known)
    elif data is not None and is_frame(data) and (origin := settled(data)) is not None:
        _frame_made(frame, data, origin, framed=True)


def _given(value: Any) -> Trace | None:
    return None if isinstance(value, (list, tuple, dict)) else values_of(value)


def _with_arguments(result: Any, _: None, series: Any, *arguments: Any, **named: Any) -> None:
    """The values depend on the other columns that were given, too."""
    others = [value for value in (*arguments, *named.values()) if is_column(value)]
    mine, of_others = origin_of(series), [values_of(value) for value in others]
    if mine is None or result is None or is_frame(result):
        return
    index = origin_of(result)
    trace = together([mine.values, *of_others])
    set_origin(result, Origin(session.number, {}, None, trace, index.index if index is not None else mine.index))


def _computed(result: Any, _: None, __: Any, ___: Any, ____: str, *inputs: Any, **_____: Any) -> None:
    """A function of numpy's was called with columns."""
    if hasattr(result, "index") and not is_frame(result):
        known = [origin for item in inputs if (origin := origin_of(item)) is not None]
        trace = together(origin.values for origin in known)
        index = {name: item for origin in known for name, item in origin.index.items()}
        set_origin(result, Origin(session.number, {}, None, trace, index))


def _mapped(result: Any, _: None, series: Any, function: Any = None, *__: Any, **___: Any) -> None:
    """Looked up in another series: what is found is that one's."""
    if is_column(function) and (mine := origin_of(series)) is not None:
        set_origin(result, Origin(session.number, {}, None, values_of(function), mine.index))


def _counted(result: Any, _: None, series: Any, *__: Any, **___: Any) -> None:
    origin = origin_of(series)
    if origin is not None and origin.values is not None:
        set_origin(result, Origin(session.number, {}, None, origin.values, {series.name: origin.values}))


def _converted(result: Any, _: None, *arguments: Any, **named: Any) -> None:
    given = arguments[0] if arguments else next(iter(named.values()), None)
    origin = origin_of(given)
    if origin is not None and hasattr(result, "index") and not is_frame(result):
        set_origin(result, Origin(session.number, {}, None, origin.values, origin.index))
