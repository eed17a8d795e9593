"""What was read, made and computed from what."""

from __future__ import annotations

from types import MappingProxyType

from graph_schema.core import Family, Property, Relation, ValueType
from graph_schema.relations.ends import DATA, PRODUCTS

_COLUMNS = Property("columns", ValueType.STRINGS, "Columns concerned, where not all.")

USED_ROLES = ("train", "validate", "test", "input", "context", "unknown")
"""What something may be read for."""

RELATIONS = (
    Relation(
        "USED",
        "A run read something.",
        Family.DATA,
        ((("Run",), (*PRODUCTS, "LibraryVersion")),),
        (
            Property(
                "role",
                ValueType.STRING,
                "What it was read for. Only train, input and unknown make it part of the outputs' lineage.",
                values=USED_ROLES,
                default="unknown",
            ),
            Property("slice", ValueType.STRING, "The part that was read: a partition, a split or a selection."),
            _COLUMNS,
        ),
        prov="used",
        family_by_role=MappingProxyType(
            {
                "train": Family.DATA,
                "input": Family.DATA,
                "unknown": Family.DATA,
                "validate": Family.EVALUATION,
                "test": Family.EVALUATION,
                "context": Family.CONTEXT,
            }
        ),
        discriminators=("role", "slice"),
    ),
    Relation(
        "GENERATED_BY",
        "A run made something.",
        Family.DATA,
        (((*PRODUCTS, "Evaluation"), ("Run",)),),
        prov="wasGeneratedBy",
    ),
    Relation(
        "DERIVED_FROM",
        "One version was made from another, or one column from others.",
        Family.DATA,
        ((PRODUCTS, PRODUCTS), (("Field",), ("Field",))),
        (
            Property(
                "relation",
                ValueType.STRING,
                "How it was made.",
                values=("copy", "transform", "finetune", "adapter", "merge", "quantized", "distilled"),
            ),
            Property("transformation", ValueType.STRING, "How, in the words of the source: an expression, a query."),
            _COLUMNS,
        ),
        prov="wasDerivedFrom",
        discriminators=("relation",),
    ),
    Relation(
        "COMPUTED_FROM",
        "A feature version or materialization is computed from data.",
        Family.DATA,
        (
            (
                ("FeatureVersion", "FeatureMaterialization"),
                (*DATA, "Field", "FeatureVersion", "TelemetrySchema"),
            ),
        ),
        (_COLUMNS,),
        prov="wasDerivedFrom",
    ),
    Relation(
        "USES_FEATURE",
        "A model version takes a feature version as input.",
        Family.DATA,
        ((("ModelVersion",), ("FeatureVersion",)),),
        (Property("importance", ValueType.FLOAT, "How much the feature counts, in the model's own measure."),),
        prov="wasDerivedFrom",
    ),
)
