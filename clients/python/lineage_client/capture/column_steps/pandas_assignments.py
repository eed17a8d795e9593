"""Columns and cells of frames of pandas that are set in place.

pandas warns of assignments that are lost by counting who holds the frame in ``__setitem__``, where a wrapper would be
counted too. So the methods are followed that it does its work by, where this pandas has them.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps.pandas_frames import know, settled, values_of
from lineage_client.capture.column_steps.patching import patch
from lineage_client.capture.column_steps.traces import NOTHING, Origin, Trace, is_frame, origin_of, together

_SETTING = ("_set_item", "_setitem_array", "_set_item_frame_value")
"""Of ``frame[key] = value``: one column, several, or a frame."""
_KEY, _CELLS = "_get_setitem_indexer", "_setitem_with_indexer"
"""Of ``frame.loc[key] = value``: first the places are looked up, and then they are set."""
_looked_up = threading.local()


def follow(pandas: ModuleType) -> None:
    """Follow assignments until the session ends."""
    frames = pandas.DataFrame
    for name in _SETTING if all(hasattr(frames, name) for name in _SETTING) else ("__setitem__",):
        patch(frames, name, before=_before_setting, after=_set, nested=True)
    patch(frames, "insert", before=_before_inserting, after=_set, nested=True)
    by_label, by_place = type(frames().loc), type(frames().iloc)
    if hasattr(by_label, _KEY) and hasattr(by_place, _CELLS):
        patch(by_label, _KEY, before=_look_up, after=_nothing, nested=True)
        patch(by_place, _CELLS, before=_before_cells, after=_cells_set, nested=True)
    else:
        patch(by_label, "__setitem__", before=_before_labels, after=_cells_set, nested=True)
        patch(by_place, "__setitem__", before=_before_places, after=_cells_set, nested=True)


def _before_setting(frame: Any, key: Any, value: Any) -> Any:
    return settled(frame), _keyed(key, value)


def _before_inserting(frame: Any, _: Any, column: Any, value: Any, *__: Any, **___: Any) -> Any:
    return settled(frame), _keyed(column, value)


def _keyed(key: Any, value: Any) -> dict[Hashable, Trace | None]:
    """The columns that are set, each with what it is set to."""
    if hasattr(key, "dtype") and key.dtype != bool and hasattr(key, "tolist"):
        key = key.tolist()
    if isinstance(key, list) and not all(isinstance(label, bool) for label in key):
        if is_frame(value):
            origin = settled(value)
            known = origin.columns if origin is not None else {}
            return {label: known.get(name) for label, name in zip(key, value.columns, strict=False)}
        trace = values_of(value)
        return dict.fromkeys(key, trace if trace is NOTHING else None)
    if isinstance(key, Hashable) and not hasattr(key, "dtype"):
        return {key: _one_column(value)}
    return {}  # a mask: what was there before is still where it comes from


def _one_column(value: Any) -> Trace | None:
    """Where the values come from that one column is set to; of a frame, its only one."""
    if is_frame(value):
        origin = settled(value)
        known = list(origin.columns.values()) if origin is not None else []
        return known[0] if len(known) == 1 and len(value.columns) == 1 else None
    return values_of(value)


def _set(_: None, before: Any, frame: Any, *__: Any, **___: Any) -> None:
    origin, made = before
    columns = dict(origin.columns) if origin is not None else {}
    for label, trace in made.items():
        if trace is None:
            columns.pop(label, None)
        else:
            columns[label] = trace
    know(frame, columns, origin.index if origin is not None else None)


def _look_up(indexer: Any, key: Any, *_: Any, **__: Any) -> None:
    """Cells are about to be set by their labels. Columns may be added already when they are looked up."""
    _looked_up.key = (settled(indexer.obj), key) if is_frame(indexer.obj) else None


def _nothing(*_: Any, **__: Any) -> None:
    """What is to be known is known before."""


def _before_cells(indexer: Any, places: Any, value: Any, name: str = "iloc") -> Any:
    if name == "iloc":
        return _before_places(indexer, places, value)
    known, _looked_up.key = getattr(_looked_up, "key", None), None
    return None if known is None else _before_labels(indexer, known[1], value, known[0])


def _before_labels(indexer: Any, key: Any, value: Any, origin: Origin | None = None) -> Any:
    frame = indexer.obj
    if not is_frame(frame):
        return None
    given: tuple[Any, Any] = key if isinstance(key, tuple) and len(key) == 2 else (key, None)
    rows, labels = given
    if hasattr(labels, "tolist"):
        labels = labels.tolist()
    if labels is None or isinstance(labels, slice):
        labels = list(frame.columns)
    return _told(origin or settled(frame), rows, labels if isinstance(labels, list) else [labels], value)


def _before_places(indexer: Any, key: Any, value: Any) -> Any:
    frame = indexer.obj
    if not is_frame(frame):
        return None
    rows, places = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
    chosen = frame.columns[places]
    return _told(settled(frame), rows, list(chosen) if hasattr(chosen, "tolist") else [chosen], value)


def _told(origin: Origin | None, rows: Any, labels: list[Any], value: Any) -> Any:
    whole = isinstance(rows, slice) and rows == slice(None)
    condition = origin_of(rows)
    made = _one_column(value) if len(labels) == 1 or value is None or not is_frame(value) else None
    return origin, whole, labels, made if condition is None else together((made, condition.values))


def _cells_set(_: None, before: Any, indexer: Any, *__: Any, **___: Any) -> None:
    """Cells were set: where it was a whole column, what it was before counts no longer."""
    if before is None:
        return
    origin, whole, labels, value = before
    columns = dict(origin.columns) if origin is not None else {}
    for label in labels if all(isinstance(item, Hashable) for item in labels) else []:
        old = columns.pop(label, None)
        new = value if whole else together((old, value))
        if new is not None and (whole or old is not None or value is not NOTHING):
            columns[label] = new
    know(indexer.obj, columns, origin.index if origin is not None else None)
