"""The time of an entry, without reading all of it."""

from __future__ import annotations

import orjson

from graph_schema.times import parse_time


def time_of(content: bytes) -> int:
    """When the entry was recorded, in microseconds; 0 where it does not say."""
    try:
        return parse_time(orjson.loads(content)["time"])
    except (ValueError, KeyError, TypeError):
        return 0
