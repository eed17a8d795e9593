"""Frames that are made of several: merged, joined, concatenated."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps.pandas_frames import know, settled
from lineage_client.capture.column_steps.patching import patch
from lineage_client.capture.column_steps.traces import Origin, Trace, is_frame, origin_of, together


def follow(pandas: ModuleType) -> None:
    """Follow joins until the session ends."""
    for owner, name in ((pandas, "merge"), (pandas.DataFrame, "merge")):
        patch(owner, name, after=_merged)
    for name in ("merge_asof", "merge_ordered"):
        patch(pandas, name, after=_merged)
    patch(pandas.DataFrame, "join", after=_joined)
    patch(pandas, "concat", after=_concatenated)


def _merged(
    result: Any, _: None, left: Any, right: Any, how: Any = "inner", on: Any = None, left_on: Any = None,
    right_on: Any = None, left_index: bool = False, right_index: bool = False, sort: bool = False,  # noqa: ARG001
    suffixes: Any = ("_x", "_y"), **named: Any,
) -> None:  # fmt: skip
    keys = _listed(on) + _listed(named.get("by"))
    if not keys and left_on is None and right_on is None and not (left_index or right_index):
        keys = list(_names(left) & _names(right))
    keys += [a for a, b in zip(_listed(left_on), _listed(right_on), strict=False) if isinstance(a, Hashable) and a == b]
    sides = (_columns(left), _columns(right))
    know(result, _of_sides(result.columns, sides, (left, right), keys, suffixes, how), _indexes(result, left, right))


def _joined(
    result: Any, _: None, left: Any, other: Any, on: Any = None, how: Any = "left", lsuffix: str = "",  # noqa: ARG001
    rsuffix: str = "", *__: Any, **___: Any,
) -> None:  # fmt: skip
    if isinstance(other, (list, tuple)):
        return  # told by their own names
    columns = _of_sides(result.columns, (_columns(left), _columns(other)), (left, other), [], (lsuffix, rsuffix), how)
    know(result, columns, _indexes(result, left, other))


def _of_sides(
    labels: Any, sides: tuple[Mapping[Hashable, Trace], Mapping[Hashable, Trace]], frames: tuple[Any, Any],
    keys: list[Any], suffixes: Any, how: Any,
) -> dict[Hashable, Trace]:  # fmt: skip
    """Each column of a join, from the side that it is of; a key from the side whose rows are kept."""
    names = tuple(_names(frame) for frame in frames)
    both = names[0] & names[1] - set(map(_hashable, keys))
    found: dict[Hashable, Trace] = {}
    for label in labels:
        trace: Trace | None = None
        if label in keys:
            trace = _key(label, sides, how)
        elif label in both:  # one of the sides has no suffix
            side = next((place for place, suffix in enumerate(suffixes) if not suffix), 0)
            trace = sides[side].get(label)
        elif label in names[0] or label in names[1]:
            trace = sides[0 if label in names[0] else 1].get(label)
        else:
            trace = _with_suffix(label, sides, both, suffixes)
        if trace is not None:
            found[label] = trace
    return found


def _key(label: Hashable, sides: tuple[Mapping[Hashable, Trace], Mapping[Hashable, Trace]], how: Any) -> Trace | None:
    if how in ("right", "outer"):
        return sides[1].get(label) if how == "right" else together((sides[0].get(label), sides[1].get(label)))
    return sides[0].get(label)


def _with_suffix(label: Hashable, sides: Any, both: set[Hashable], suffixes: Any) -> Trace | None:
    for side, suffix in enumerate(suffixes):
        if suffix and isinstance(label, str) and label.endswith(suffix) and label[: -len(suffix)] in both:
            trace: Trace | None = sides[side].get(label[: -len(suffix)])
            return trace
    return None


def _concatenated(result: Any, _: None, objs: Any, *__: Any, **named: Any) -> None:
    """Below one another, pandas told of it itself; beside one another each has its own columns."""
    if named.get("axis", 0) not in (1, "columns") or not hasattr(objs, "__len__") or not is_frame(result):
        return
    parts = list(objs.values()) if isinstance(objs, Mapping) else list(objs)
    labels = list(result.columns)
    place, found = 0, dict[Hashable, Trace]()
    for part in parts:
        if part is None:
            continue
        columns = list(_columns(part).items()) if is_frame(part) else []
        if is_frame(part):
            named_at = {name: labels[place + at] for at, name in enumerate(part.columns)}
            found |= {named_at[name]: trace for name, trace in columns if name in named_at}
            place += len(part.columns)
        else:
            origin = origin_of(part)
            if origin is not None and origin.values is not None:
                found[labels[place]] = origin.values
            place += 1
    know(result, found, _indexes(result, *parts))


def _columns(thing: Any) -> Mapping[Hashable, Trace]:
    """What is known of the columns of a frame, or of a series under its name, and of its index."""
    if is_frame(thing):
        origin = settled(thing)
        return {**origin.index, **origin.columns} if origin is not None else {}
    alone: Origin | None = origin_of(thing)
    if alone is None:
        return {}
    return {**alone.index, **({thing.name: alone.values} if alone.values is not None else {})}


def _names(thing: Any) -> set[Hashable]:
    return set(thing.columns) if is_frame(thing) else {getattr(thing, "name", None)}


def _indexes(result: Any, *parts: Any) -> dict[Hashable, Trace]:
    known: dict[Hashable, Trace] = {}
    for part in parts:
        origin = origin_of(part)
        if origin is not None:
            known = {**origin.index, **known}
    return {name: known[name] for name in result.index.names if name is not None and name in known}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _hashable(value: Any) -> Hashable:
    return value if isinstance(value, Hashable) else None
