"""Models, their versions, files and aliases."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType
from graph_schema.kinds.shared import DIGEST, FORMAT, SIZE_BYTES, URI

KINDS = (
    Kind(
        "Model",
        "A registered model: the logical asset that model versions belong to.",
        (
            Property("task", ValueType.STRING, "What the model is for: classification, regression, generation, …"),
            Property("modality", ValueType.STRING, "What goes in and comes out."),
        ),
        searchable=True,
    ),
    Kind(
        "ModelVersion",
        "One version of a model.",
        (
            DIGEST,
            Property("algorithm", ValueType.STRING, "Architecture or estimator."),
            Property("framework", ValueType.STRING, "Library it was made with."),
            Property("model_signature", ValueType.JSON, "Inputs and outputs with names and types."),
            Property("parameter_count", ValueType.INTEGER, "Number of trained parameters.", minimum=0),
        ),
        version_of="Model",
    ),
    Kind(
        "ModelArtifact",
        "The file of a model version.",
        (
            DIGEST,
            SIZE_BYTES,
            FORMAT,
            URI,
            Property("signature", ValueType.STRING, "Signature over the file, or where it is."),
        ),
    ),
    Kind("Alias", "A name that points to a version from a time to a time: champion, production, latest."),
)
