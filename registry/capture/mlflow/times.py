"""MLflow's times, milliseconds since 1970, as records carry them."""

from __future__ import annotations

from graph_schema.times import format_time
from registry.capture.mlflow.store import LATER


def rfc3339(milliseconds: int | None) -> str | None:
    """The time in RFC 3339; None where there is none or it is no time."""
    # SQLite keeps what it is given: in a column of numbers there may be a text.
    if not isinstance(milliseconds, int) or not 0 <= milliseconds <= LATER:
        return None
    return format_time(milliseconds * 1000)
