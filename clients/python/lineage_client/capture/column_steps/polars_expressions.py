"""What the expressions of polars are made of, as far as they say it without being evaluated."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from lineage_client.capture.column_steps.traces import NOTHING, PLAN, Trace, origin_of, together
from lineage_client.capture.later import Ours

_HIDING = ("Series", "selector", "cs.", "*", "dtype")
Columns = Mapping[Hashable, Trace]


def traces_of(
    known: Columns,
    exprs: Iterable[Any],
    named: Mapping[str, Any],
    empty: Callable[[], Any],
    unsure: list[Hashable] | None = None,
) -> dict[Hashable, Trace]:
    """The columns that expressions make of a frame, each with where it comes from.

    ``known`` is what is known of the frame, ``empty`` gives an empty query with its columns, or None. Columns that
    are made, but of what is not known, are added to ``unsure``; None stands for ones whose names are not known.
    """
    found: dict[Hashable, Trace] = {}
    open_ones: list[Hashable] = [] if unsure is None else unsure
    for name, expr in _listed(exprs, named):
        for label, trace in _outputs(known, name, expr, empty):
            if label is None or trace is None:
                open_ones.append(label)
            else:
                found[label] = trace
    return found


def _listed(exprs: Iterable[Any], named: Mapping[str, Any]) -> Iterator[tuple[str | None, Any]]:
    for expr in exprs:
        if isinstance(expr, (list, tuple)) or (hasattr(expr, "__next__") and not hasattr(expr, "meta")):
            yield from ((None, item) for item in expr if isinstance(expr, (list, tuple)))
        else:
            yield None, expr
    yield from named.items()


def _outputs(
    known: Columns, name: str | None, expr: Any, empty: Callable[[], Any]
) -> Iterator[tuple[Hashable | None, Trace | None]]:
    if isinstance(expr, str):
        yield (name or expr, known.get(expr))
    elif hasattr(expr, "meta"):
        if name is None and expr.meta.has_multiple_outputs():
            yield from _several(known, expr, empty)
        else:
            label = name or expr.meta.output_name(raise_if_undetermined=False)
            yield label, _of_roots(known, expr)
    elif hasattr(expr, "dtype") and hasattr(expr, "name"):  # a series
        origin = origin_of(expr)
        yield name or expr.name, origin.values if origin is not None else None
    elif name is not None:
        yield name, NOTHING


def _several(known: Columns, expr: Any, empty: Callable[[], Any]) -> Iterator[tuple[Hashable | None, Trace | None]]:
    """An expression of many columns makes each from the one that it is called by, and from those that it names."""
    frame = empty()
    if frame is None or runs_python(expr):
        yield None, None
        return
    made, sources = _asked(frame, expr), _asked(frame, expr.meta.undo_aliases())
    if len(made) != len(sources) or (len(made) == 1 and not expr.meta.undo_aliases().meta.is_column_selection()):
        yield from ((label, None) for label in made)  # as of a sum over all columns of a row
        return
    extra = [item for item in expr.meta.root_names() if item not in sources]
    for label, source in zip(made, sources, strict=True):
        yield label, _sure([known.get(source), *(known.get(item) for item in extra)])


def runs_python(expr: Any) -> bool:
    """Whether asking an expression for its columns would run code of the user's."""
    return hasattr(expr, "meta") and "python" in str(expr).lower()


def _asked(empty: Any, expr: Any) -> list[Any]:
    """The names of the columns that an expression makes."""
    with Ours():
        return list(empty.select(expr).collect_schema().names())


def _of_roots(known: Columns, expr: Any) -> Trace | None:
    roots = expr.meta.root_names()
    if roots:
        return _sure([known.get(item) for item in roots])
    # A column of no columns is a constant, unless values or a selection hide in it.
    return NOTHING if expr.meta.is_literal() or not any(word in str(expr) for word in _HIDING) else None


def _sure(traces: list[Trace | None]) -> Trace | None:
    """None where a part is not known: half of what something is made of is not what it is made of."""
    return None if None in traces else together(traces, sure=PLAN)
