"""Deployments, endpoints, what they answered, and the systems that rely on them."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType
from graph_schema.kinds.shared import DIGEST, WINDOW_END, WINDOW_START

KINDS = (
    Kind(
        "Deployment",
        "A model version serving in an environment from a time.",
        (
            Property("stage", ValueType.STRING, "development, staging, production, …"),
            Property("deployed_at", ValueType.TIMESTAMP, "When it began to serve."),
            Property("traffic_share", ValueType.FLOAT, "Share of the traffic it takes, 0 to 1.", minimum=0, maximum=1),
            Property("requests_per_second", ValueType.FLOAT, "Typical load.", minimum=0),
        ),
        searchable=True,
    ),
    Kind(
        "Endpoint", "Where deployments answer.", (Property("url", ValueType.STRING, "Its address."),), searchable=True
    ),
    Kind(
        "InferenceBatch",
        "What a deployment answered in a window. Single predictions are records of a batch, not nodes.",
        (
            WINDOW_START,
            WINDOW_END,
            Property("predictions", ValueType.INTEGER, "How many predictions.", minimum=0),
            DIGEST,
        ),
    ),
    Kind(
        "AISystem",
        "A use of models: what for, how critical, how regulated.",
        (
            Property("purpose", ValueType.STRING, "What it is meant for."),
            Property("regulatory_class", ValueType.STRING, "Its class under the regulation that applies."),
            Property("business_measures", ValueType.JSON, "What the business measures of it."),
        ),
        searchable=True,
    ),
)
