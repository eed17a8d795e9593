"""What serves what, and who relies on it."""

from __future__ import annotations

from graph_schema.core import Family, Property, Relation, ValueType

RELATIONS = (
    Relation(
        "DEPLOYS",
        "A deployment serves a model version.",
        Family.SERVING,
        ((("Deployment",), ("ModelVersion", "ModelArtifact")),),
        (Property("traffic_share", ValueType.FLOAT, "Share of the traffic, 0 to 1.", minimum=0, maximum=1),),
    ),
    Relation("SERVED_BY", "An endpoint answers by a deployment.", Family.SERVING, ((("Endpoint",), ("Deployment",)),)),
    Relation(
        "ANSWERED_BY",
        "A batch of predictions came from a deployment.",
        Family.SERVING,
        ((("InferenceBatch",), ("Deployment",)),),
    ),
    Relation(
        "RELIES_ON",
        "A system uses an endpoint or a model.",
        Family.SERVING,
        ((("AISystem",), ("Endpoint", "Model", "ModelVersion", "Deployment", "AISystem")),),
    ),
)
