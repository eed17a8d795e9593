"""Properties that entities of every kind, or of several, have."""

from __future__ import annotations

from graph_schema.core import Property, ValueType

LIFECYCLE = Property(
    "lifecycle",
    ValueType.STRING,
    "How far it is in its life.",
    values=("draft", "active", "deprecated", "archived"),
)
SENSITIVITY = Property(
    "sensitivity",
    ValueType.STRING,
    "How far it and its content may travel. Who is not cleared for it does not see it; what says nothing counts as "
    "internal, and a version is at least as sensitive as its asset.",
    values=("public", "internal", "confidential", "restricted"),
)
EVERY_KIND = (
    Property("title", ValueType.STRING, "A name for people, where the registered name is not one."),
    Property("description", ValueType.STRING, "What it is, in words."),
    Property("tags", ValueType.STRINGS, "Free labels to find it by."),
    LIFECYCLE,
    Property(
        "criticality",
        ValueType.STRING,
        "How bad it is if it fails.",
        values=("low", "medium", "high", "critical"),
    ),
    SENSITIVITY,
    Property(
        "created_at", ValueType.TIMESTAMP, "When it was made in the world; orders versions that no scheme orders."
    ),
    Property("external_id", ValueType.STRING, "Its identifier in the system it comes from."),
    Property("external_url", ValueType.STRING, "Where to look at it in the system it comes from."),
    Property("license", ValueType.STRING, "Licence, as an SPDX expression where there is one."),
    Property("facets", ValueType.JSON, "Whatever else is known of it, kept as it came, by facet name."),
)
"""What any entity may have, whatever its kind."""

DIGEST = Property(
    "digest",
    ValueType.STRING,
    "Digest of the content, as algorithm:hex.",
    pattern=r"^[a-z0-9][a-z0-9_+.-]{0,31}:[A-Za-z0-9+/=_-]{1,256}$",
    immutable=True,
)
DIGEST_COVERAGE = Property(
    "digest_coverage",
    ValueType.STRING,
    "What the digest covers: all of the content, a sample, only its metadata or schema.",
    values=("full", "sample", "metadata", "schema"),
)
URI = Property("uri", ValueType.STRING, "Where the content is.")
SIZE_BYTES = Property("size_bytes", ValueType.INTEGER, "Size of the content in bytes.", minimum=0)
ROWS = Property("rows", ValueType.INTEGER, "Number of rows or records.", minimum=0)
FORMAT = Property("format", ValueType.STRING, "Format of the content, for example parquet, csv, onnx or joblib.")
STARTED_AT = Property("started_at", ValueType.TIMESTAMP, "When it started.")
ENDED_AT = Property("ended_at", ValueType.TIMESTAMP, "When it ended.")
WINDOW_START = Property("window_start", ValueType.TIMESTAMP, "Start of the window, included.")
WINDOW_END = Property("window_end", ValueType.TIMESTAMP, "End of the window, not included.")
SEED = Property("seed", ValueType.INTEGER, "Seed of the random numbers.")
