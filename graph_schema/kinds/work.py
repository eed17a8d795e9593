"""Jobs, their runs, and experiments."""

from __future__ import annotations

from graph_schema.core import Kind, Property, ValueType
from graph_schema.kinds.shared import ENDED_AT, SEED, STARTED_AT

KINDS = (
    Kind(
        "Job",
        "A definition of work.",
        (
            Property("repository", ValueType.STRING, "Code repository."),
            Property("entry_point", ValueType.STRING, "What is started: a script, a function, an image."),
            Property("job_type", ValueType.STRING, "What sort of work: batch, streaming, serving, training, …"),
        ),
        searchable=True,
    ),
    Kind(
        "Run",
        "One execution of a job.",
        (
            Property(
                "activity",
                ValueType.STRING,
                "What the run does.",
                values=("training", "evaluation", "transformation", "materialization", "batch_inference", "other"),
            ),
            Property(
                "state",
                ValueType.STRING,
                "How far it got.",
                values=("scheduled", "running", "completed", "failed", "aborted", "unknown"),
            ),
            STARTED_AT,
            ENDED_AT,
            Property("code_commit", ValueType.STRING, "Commit of the code that ran."),
            Property("code_dirty", ValueType.BOOLEAN, "Whether the code differed from that commit."),
            SEED,
            Property("parameters", ValueType.JSON, "Parameters by name."),
        ),
    ),
    Kind("Experiment", "A group of runs.", searchable=True),
)
