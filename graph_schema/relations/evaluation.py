"""What was evaluated, and on which data. Being evaluated on something is not being made from it."""

from __future__ import annotations

from graph_schema.core import Family, Relation

RELATIONS = (
    Relation(
        "EVALUATES", "A result is about a model version.", Family.EVALUATION, ((("Evaluation",), ("ModelVersion",)),)
    ),
    Relation(
        "EVALUATED_ON",
        "A result was measured on a data set version or slice.",
        Family.EVALUATION,
        (
            (
                ("Evaluation",),
                ("DatasetVersion", "DataSlice", "FeatureMaterialization", "TelemetryBatch", "InferenceBatch"),
            ),
        ),
    ),
)
