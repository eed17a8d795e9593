"""Where the arrays of numpy come from that are made of columns in one step: ``np.where``, ``np.select``, predictions."""

from __future__ import annotations

import sys
import weakref
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps.patching import patch
from lineage_client.capture.column_steps.traces import Trace, origin_of, session, together

_known: dict[int, tuple[weakref.ref[Any], Trace]] = {}


def trace_of(array: Any) -> Trace | None:
    """What is known of an array; None where nothing is, as of what is no array at all."""
    entry = _known.get(id(array))
    return entry[1] if entry is not None and entry[0]() is array else None


def know_array(array: Any, trace: Trace | None) -> None:
    """Remember where an array comes from, as long as it lives."""
    if trace is not None:
        key = id(array)
        _known[key] = (weakref.ref(array, lambda _: _known.pop(key, None)), trace)


def follow(numpy: ModuleType) -> None:
    """Follow the choices of numpy until the session ends. Not beside numba, which compiles the functions as they are."""
    if "numba" in sys.modules:
        return
    patch(numpy, "where", after=_chosen)
    patch(numpy, "select", after=_chosen)
    session.at_end.append(_known.clear)


def _chosen(result: Any, _: None, *arguments: Any, **named: Any) -> None:
    """An array that depends on all columns that were given; where one of the arrays is unknown, so is the result."""
    given: list[Any] = []
    for value in (*arguments, *named.values()):
        given += list(value) if isinstance(value, (list, tuple)) else [value]
    columns = [item for item in given if getattr(item, "ndim", 0) == 1 and hasattr(item, "dtype")]
    if len(given) == 1 or not columns:
        return
    traces = [origin.values if (origin := origin_of(item)) is not None else trace_of(item) for item in columns]
    if None not in traces:
        know_array(result, together(traces))
