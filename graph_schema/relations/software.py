"""What software something needs and where it runs."""

from __future__ import annotations

from graph_schema.core import Family, Property, Relation, ValueType
from graph_schema.relations.ends import PRODUCTS

RELATIONS = (
    Relation(
        "DEPENDS_ON",
        "Something needs a library version, a container or a model version.",
        Family.SOFTWARE,
        (
            (
                (*PRODUCTS, "Run", "Job", "Deployment", "Environment", "Container", "LibraryVersion"),
                ("LibraryVersion", "Container", "ModelVersion"),
            ),
        ),
        (
            Property("scope", ValueType.STRING, "When it is needed: build, run, test, …"),
            Property("constraint", ValueType.STRING, "Which versions would do, in the words of the ecosystem."),
        ),
        discriminators=("scope",),
    ),
    Relation(
        "EXECUTED_IN",
        "A run or a deployment runs in an environment or a container.",
        Family.SOFTWARE,
        ((("Run", "Deployment"), ("Environment", "Container")),),
    ),
)
