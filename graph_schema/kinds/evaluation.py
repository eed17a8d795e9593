"""Results of evaluation runs."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType

KINDS = (
    Kind(
        "Evaluation",
        "The result of an evaluation run: one metric on one data set version or slice.",
        (
            Property("metric", ValueType.STRING, "Name of the metric."),
            Property("value", ValueType.FLOAT, "Value of the metric."),
            Property("interval_low", ValueType.FLOAT, "Lower end of the interval."),
            Property("interval_high", ValueType.FLOAT, "Upper end of the interval."),
            Property("unit", ValueType.STRING, "Unit of the value."),
            Property(
                "sort",
                ValueType.STRING,
                "What the metric is about.",
                values=("quality", "fairness", "drift", "robustness", "explainability", "latency"),
            ),
        ),
    ),
)
