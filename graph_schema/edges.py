"""What every edge carries beside the properties of its relation: evidence, source, exactness of the version."""

from __future__ import annotations

from graph_schema.core import Property, ValueType

EVIDENCE = Property(
    "evidence",
    ValueType.STRING,
    "How it is known: seen happening, said by somebody, or concluded.",
    values=("observed", "declared", "inferred"),
    default="declared",
)
CONFIDENCE = Property("confidence", ValueType.FLOAT, "How sure it is, 0 to 1.", minimum=0, maximum=1)
VERSION_IS = Property(
    "version_is",
    ValueType.STRING,
    "How exact the version at the far end is: pinned, floating (whatever is current) or unknown.",
    values=("exact", "floating", "unknown"),
)
CONSTRAINT = Property("version_constraint", ValueType.STRING, "What a floating version may be: an alias, a range.")

EVERY_EDGE = (EVIDENCE, CONFIDENCE, VERSION_IS, CONSTRAINT)
"""What any edge may have, whatever its relation."""
