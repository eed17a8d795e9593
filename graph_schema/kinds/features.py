"""Features, their versions, groups and computed values."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType
from graph_schema.kinds.shared import DIGEST, DIGEST_COVERAGE, ROWS, SEED, URI

_DATA_TYPE = Property("data_type", ValueType.STRING, "Type of the values.")

KINDS = (
    Kind(
        "FeatureView",
        "A feature group: features that are computed and served together.",
        (Property("join_keys", ValueType.STRINGS, "Keys that rows are joined by."),),
        searchable=True,
    ),
    Kind("Feature", "A feature: the logical asset that feature versions belong to.", (_DATA_TYPE,), searchable=True),
    Kind(
        "FeatureVersion",
        "One version of a feature: how it is computed.",
        (
            _DATA_TYPE,
            Property(
                "transformation_digest",
                ValueType.STRING,
                "Digest of the code that computes it, as algorithm:hex.",
                immutable=True,
            ),
            SEED,
        ),
        version_of="Feature",
    ),
    Kind(
        "FeatureMaterialization",
        "The values of features computed at one time from given versions or batches.",
        (
            DIGEST,
            DIGEST_COVERAGE,
            ROWS,
            URI,
            Property("materialized_at", ValueType.TIMESTAMP, "When the values were computed."),
        ),
    ),
)
