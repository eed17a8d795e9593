"""What models predict from the columns of a frame comes from these columns."""

from __future__ import annotations

from typing import Any

from lineage_client.capture.column_steps.arrays import know_array, trace_of
from lineage_client.capture.column_steps.traces import is_frame, origin_of, session, together


def predicted(result: Any, data: Any) -> None:
    """A model gave one value for each row of ``data``: it depends on all columns, unless one of them is unknown."""
    if not session.number or getattr(result, "ndim", 0) != 1:
        return
    origin = origin_of(data)
    if origin is None:
        know_array(result, trace_of(data))
        return
    traces = [origin.columns.get(name) for name in data.columns] if is_frame(data) else [origin.values]
    if None not in traces:
        know_array(result, together(traces))
