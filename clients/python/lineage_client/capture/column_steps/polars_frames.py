"""The steps of polars: of frames as they are made, of lazy queries as they are planned. No data is looked at.

What an expression is made of, it says itself (``Expr.meta``). Where its columns can only be told by its frame's, as
of a selector, they are asked of an empty frame that went through the same steps.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps.patching import patch
from lineage_client.capture.column_steps.polars_expressions import runs_python, traces_of
from lineage_client.capture.column_steps.traces import NOTHING, Origin, Trace, origin_of, session, set_origin, together
from lineage_client.capture.later import Ours

Columns = Mapping[Hashable, Trace]
_ROWS = (
    "filter", "remove", "sort", "head", "tail", "limit", "first", "last", "slice", "unique", "drop_nulls", "drop_nans",
    "fill_null", "fill_nan", "reverse", "sample", "shift", "cache", "clone", "interpolate", "set_sorted", "rechunk",
    "gather_every", "top_k", "bottom_k", "shrink_to_fit", "upsample", "clear", "lazy", "collect",
)  # fmt: skip
"""Steps that leave the columns as they are."""
_CELLS = (
    "cast",
    "explode",
    "sum",
    "mean",
    "min",
    "max",
    "median",
    "std",
    "var",
    "quantile",
    "null_count",
    "count",
    "drop",
)
"""Steps after which what is in a column comes from what was in the one of that name."""


def follow(polars: ModuleType) -> None:
    """Follow the steps of polars until the session ends."""
    for kind in (polars.DataFrame, polars.LazyFrame):
        for name in _ROWS:
            patch(kind, name, after=_same)
        for name, rule in _RULES.items():
            patch(kind, name, after=_by(name, rule))
        for name in ("group_by", "group_by_dynamic", "rolling"):
            patch(kind, name, after=_grouped)
        for groups in _groups_of(polars, kind):
            patch(groups, "agg", after=_aggregated)
            patch(groups, "len", after=_aggregated)
    for name in ("__getitem__", "get_column"):
        patch(polars.DataFrame, name, after=_got)
    patch(polars, "concat", after=_concatenated)


def columns_of(frame: Any) -> Columns | None:
    """What is known of the columns of a frame or query."""
    origin = origin_of(frame)
    return origin.columns if origin is not None else None


def empty_like(frame: Any) -> Any:
    """An empty query with the columns of a frame, or of a query as far as that is known without asking a file."""
    if hasattr(frame, "height"):
        with Ours():
            return frame.clear().lazy()
    origin = origin_of(frame)
    return origin.labels if origin is not None else None


def know(frame: Any, columns: Columns, empty: Any = None) -> None:
    """From now on this is what is known of a frame or query; of a frame, of the columns that it has."""
    if hasattr(frame, "height"):
        names = set(frame.columns)
        set_origin(frame, Origin(session.number, {name: item for name, item in columns.items() if name in names}))
    else:
        set_origin(frame, Origin(session.number, columns, empty))


def _groups_of(polars: ModuleType, kind: Any) -> list[Any]:
    """The classes of what ``group_by`` and its kin return: asked of an empty frame."""
    empty = kind(schema={"a": polars.Int64, "t": polars.Datetime})
    made = [empty.group_by("a"), empty.group_by_dynamic("t", every="1d"), empty.rolling("t", period="1d")]
    return list({type(item): None for item in made})


def _by(name: str, rule: Callable[..., Columns | None]) -> Callable[..., None]:
    """A step that makes columns by a rule, of one or several frames that something is known of."""

    def after(result: Any, _: None, frame: Any, *arguments: Any, **named: Any) -> None:
        if all(origin_of(item) is None for item in (frame, *arguments)):
            return
        made = rule(frame, *arguments, **named)
        if made is None or not hasattr(result, "__dict__"):
            return
        lazy = not hasattr(result, "height")
        know(result, made, _empty_after(name, frame, arguments, named) if lazy else None)

    return after


def _empty_after(name: str, frame: Any, arguments: Any, named: Mapping[str, Any]) -> Any:
    """The empty query after a step; None where some of it is not known, or the step runs code of the user's."""
    if any(runs_python(item) for item in (*arguments, *named.values())):
        return None
    given = [empty_like(item) if hasattr(item, "collect_schema") else item for item in (frame, *arguments)]
    if given[0] is None or any(new is None and old is not None for new, old in zip(given[1:], arguments, strict=True)):
        return None
    with Ours():
        return getattr(given[0], name)(*given[1:], **named)


def _same(result: Any, _: None, frame: Any, *__: Any, **___: Any) -> None:
    known = columns_of(frame)
    if known is not None and hasattr(result, "__dict__"):
        know(result, known, None if hasattr(result, "height") else empty_like(frame))


def _cells(frame: Any, *_: Any, **__: Any) -> Columns | None:
    return columns_of(frame)


def _dropped(frame: Any, *columns: Any, **_: Any) -> Columns | None:
    known, gone = columns_of(frame), [name for item in columns for name in _listed(item)]
    if known is None or hasattr(frame, "height"):
        return known
    if not all(isinstance(item, str) for item in gone):
        return {}
    return {name: trace for name, trace in known.items() if name not in gone}


def _counted(frame: Any, name: str = "index", *_: Any, **__: Any) -> Columns | None:
    known = columns_of(frame)
    return known if known is None else {**known, name: NOTHING}


def _selected(frame: Any, *exprs: Any, **named: Any) -> Columns | None:
    return traces_of(columns_of(frame) or {}, exprs, named, lambda: empty_like(frame))


def _with_columns(frame: Any, *exprs: Any, **named: Any) -> Columns | None:
    known, unsure = columns_of(frame) or {}, list[Hashable]()
    told = traces_of(known, exprs, named, lambda: empty_like(frame), unsure)
    if None in unsure:  # columns were made that nobody can name: any of those that were there
        return told
    return {**{name: trace for name, trace in known.items() if name not in unsure}, **told}


def _renamed(frame: Any, mapping: Any, *_: Any, **__: Any) -> Columns | None:
    known = columns_of(frame) or {}
    if callable(mapping):
        return {}
    return {mapping.get(name, name): trace for name, trace in known.items()}


def _joined(
    left: Any, right: Any, on: Any = None, how: Any = "inner", *, left_on: Any = None, right_on: Any = None,
    suffix: str = "_right", coalesce: bool | None = None, by: Any = None, **_: Any,
) -> Columns | None:  # fmt: skip
    mine, other = columns_of(left) or {}, columns_of(right) or {}
    if how in ("semi", "anti"):
        return mine
    names = (_names(left), _names(right))
    if names[0] is None or names[1] is None or how == "right" or coalesce is not None:
        return _apart(mine, other, names)
    keys = [*_listed(on), *_listed(by)]
    gone = set() if how in ("full", "outer") else {*keys, *_listed(right_on)}
    if not all(isinstance(item, str) for item in (*keys, *_listed(right_on), *_listed(left_on))):
        return _apart(mine, other, names)
    found = dict(mine)
    for name, trace in other.items():
        if name not in gone:
            found[f"{name}{suffix}" if name in names[0] else name] = trace
    return found


def _apart(mine: Columns, other: Columns, names: tuple[set[Hashable] | None, set[Hashable] | None]) -> Columns:
    """Of a join that is not understood: the columns whose names only one of the sides has."""
    if names[0] is None or names[1] is None:
        return {}
    both = names[0] & names[1]
    return {name: trace for side in (mine, other) for name, trace in side.items() if name not in both}


def _unpivoted(
    frame: Any, on: Any = None, *, index: Any = None, variable_name: Any = None, value_name: Any = None, **_: Any
) -> Columns | None:
    known, names = columns_of(frame) or {}, _names(frame)
    kept, values = _listed(index), _listed(on)
    if names is None or not all(isinstance(item, str) for item in (*kept, *values)):
        return None
    traces = [known.get(name) for name in values or [name for name in names if name not in kept]]
    found: dict[Hashable, Trace] = {name: known[name] for name in kept if name in known}
    if None not in traces and (trace := together(traces)) is not None:
        found[value_name or "value"] = trace
    return found | {variable_name or "variable": NOTHING}


def _pivoted(frame: Any, *_: Any, index: Any = None, **__: Any) -> Columns | None:
    """Only the columns that rows are told apart by: the others are called by values."""
    known = columns_of(frame) or {}
    return {name: known[name] for name in _listed(index) if isinstance(name, str) and name in known}


def _grouped(groups: Any, _: None, frame: Any, *by: Any, **named: Any) -> None:
    known = columns_of(frame)
    if known is None:
        return
    ours = ("every", "period", "offset", "include_boundaries", "closed", "label", "start_by", "maintain_order")
    extra = [*_listed(named.pop("index_column", None)), *_listed(named.pop("group_by", None))]
    aliased = {name: value for name, value in named.items() if name not in ours}
    keys = traces_of(known, [*by, *extra], aliased, lambda: empty_like(frame))
    groups.__dict__["_lineage_groups"] = (session.number, known, keys, empty_like(frame))


def _aggregated(result: Any, _: None, groups: Any, *aggs: Any, **named: Any) -> None:
    number, known, keys, empty = groups.__dict__.get("_lineage_groups", (0, {}, {}, None))
    if number == session.number:
        if set(named) == {"name"}:  # of ``len``
            know(result, {**keys, str(named["name"]): NOTHING})
            return
        told = traces_of(known, aggs, named, lambda: None if empty is None else _without(empty, keys))
        know(result, {**keys, **told})


def _without(empty: Any, keys: Columns) -> Any:
    """The columns that ``pl.all()`` means among groups: all but the keys."""
    with Ours():
        return empty.drop(list(keys), strict=False)


def _got(result: Any, _: None, frame: Any, key: Any, *__: Any, **___: Any) -> None:
    """A column, rows, or some of the columns."""
    known = columns_of(frame)
    if known is None:
        return
    if hasattr(result, "columns"):
        know(result, known)
    elif isinstance(key, str) and key in known:
        set_origin(result, Origin(session.number, {}, None, known[key]))


def _concatenated(result: Any, _: None, items: Any, *__: Any, **___: Any) -> None:
    if not isinstance(items, (list, tuple)) or not hasattr(result, "lazy"):
        return
    parts = [columns_of(item) or {} for item in items]
    names = dict.fromkeys(name for part in parts for name in part)
    traces = {name: together(part.get(name) for part in parts) for name in names}
    know(result, {name: trace for name, trace in traces.items() if trace is not None})


def _names(frame: Any) -> set[Hashable] | None:
    """The names of all columns; None for a query of which they are not known."""
    if hasattr(frame, "height"):
        return set(frame.columns)
    empty = empty_like(frame)
    with Ours():
        return None if empty is None else set(empty.collect_schema().names())


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set)) else [value]


_RULES: dict[str, Callable[..., Columns | None]] = {
    **dict.fromkeys(_CELLS, _cells), "drop": _dropped, "with_row_index": _counted, "select": _selected,
    "select_seq": _selected, "with_columns": _with_columns, "with_columns_seq": _with_columns, "rename": _renamed,
    "join": _joined, "join_asof": _joined, "unpivot": _unpivoted, "pivot": _pivoted,
}  # fmt: skip
