"""Data sets, their versions, slices, columns and profiles."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType
from graph_schema.kinds.shared import DIGEST, DIGEST_COVERAGE, FORMAT, ROWS, SIZE_BYTES, URI

KINDS = (
    Kind(
        "Dataset",
        "A data set: the logical asset that versions belong to.",
        (
            URI,
            Property("modality", ValueType.STRING, "What the data are: table, text, image, audio, …"),
        ),
        searchable=True,
    ),
    Kind(
        "DatasetVersion",
        "One immutable version of a data set.",
        (DIGEST, DIGEST_COVERAGE, ROWS, SIZE_BYTES, URI, FORMAT),
        version_of="Dataset",
    ),
    Kind(
        "DataSlice",
        "A partition, split or selection of a data set version.",
        (
            DIGEST,
            DIGEST_COVERAGE,
            ROWS,
            URI,
            Property(
                "selection", ValueType.STRING, "How the slice is cut: a predicate, a partition, a split or an index."
            ),
            Property("split", ValueType.STRING, "Name of the split: train, validation, test, …"),
        ),
    ),
    Kind("DataSchema", "Columns and types, shared by the versions that have the same.", (DIGEST,)),
    Kind(
        "Field",
        "A column: a node of its own, so that column lineage is lineage.",
        (
            Property("data_type", ValueType.STRING, "Type of the values, in the words of the system it comes from."),
            Property("unit", ValueType.STRING, "Unit of the values, as a UCUM code where there is one."),
            Property("nullable", ValueType.BOOLEAN, "Whether values may be missing."),
            Property("position", ValueType.INTEGER, "Place among the columns, from 0.", minimum=0),
        ),
    ),
    Kind(
        "Profile",
        "Statistics of a version, slice or batch: distributions, missing values, quality checks.",
        (
            ROWS,
            Property("statistics", ValueType.JSON, "Statistics by column: counts, missing, quantiles, histograms."),
            Property("passed", ValueType.BOOLEAN, "Whether every quality check passed."),
        ),
    ),
)
