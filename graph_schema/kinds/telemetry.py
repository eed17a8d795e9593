"""Streams and sensor feeds, the contracts of what they send, and what they sent."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType
from graph_schema.kinds.shared import DIGEST, ROWS, URI, WINDOW_END, WINDOW_START

KINDS = (
    Kind(
        "TelemetrySource",
        "A stream or sensor feed.",
        (URI, Property("source_type", ValueType.STRING, "What sends: a sensor, a topic, an application, …")),
        searchable=True,
    ),
    Kind(
        "TelemetrySchema",
        "One version of the contract of what a source sends: fields, units, sampling rate, quality limits.",
        (
            DIGEST,
            Property("fields", ValueType.JSON, "Fields with type and unit."),
            Property("sampling_rate_hz", ValueType.FLOAT, "Samples per second.", minimum=0),
            Property("quality_limits", ValueType.JSON, "Limits within which the data count as good."),
        ),
        version_of="TelemetrySource",
    ),
    Kind(
        "TelemetryBatch",
        "What a source sent in a window, with its quality.",
        (
            DIGEST,
            ROWS,
            URI,
            WINDOW_START,
            WINDOW_END,
            Property("quality", ValueType.FLOAT, "Share of good records, 0 to 1.", minimum=0, maximum=1),
        ),
    ),
)
