"""The kinds of entities, one file per area; ``ALL_KINDS`` in reading order."""

from __future__ import annotations

from graph_schema.core import Kind
from graph_schema.kinds import (
    agents,
    attestations,
    data,
    evaluation,
    features,
    governance,
    models,
    serving,
    software,
    telemetry,
    work,
)

ALL_KINDS: tuple[Kind, ...] = tuple(
    kind
    for area in (
        data,
        telemetry,
        features,
        work,
        models,
        evaluation,
        software,
        serving,
        agents,
        governance,
        attestations,
    )
    for kind in area.KINDS
)
