"""What matters most, first: the order of what a change touches."""

from __future__ import annotations

from registry.lineage.answer import Certainty, Node
from registry.lineage.standing import CRITICALITIES, LIFECYCLES, Standing, stage_rank

ANSWERING = frozenset({"Deployment", "Endpoint", "AISystem"})
"""Kinds that answer to somebody, so that their failure is seen at once."""
_KINDS = (
    "AISystem", "Endpoint", "Deployment", "ModelVersion", "FeatureVersion", "FeatureMaterialization",
    "DatasetVersion", "TelemetrySchema", "ModelArtifact", "InferenceBatch",
)  # fmt: skip
_KIND_RANK = {kind: place for place, kind in enumerate(_KINDS)}

Rank = tuple[int, int, int, int, float, bool, int, str, int, str]


def consequence(node: Node, standing: Standing) -> Rank:
    """Sorts by consequence, the same every time.

    What answers and is live comes first, then what is live because a deployment serves it, then the rest, and last
    what is retired. Within these: by lifecycle, criticality, stage and traffic, the certain before the possible,
    then by kind, depth and name.
    """
    return (
        _tier(node, standing),
        LIFECYCLES.index(standing.lifecycle) if standing.lifecycle in LIFECYCLES else 0,
        CRITICALITIES.index(standing.criticality),
        stage_rank(standing.stage),
        -(standing.requests_per_second or 0.0),
        node.certainty is not Certainty.CERTAIN,
        _KIND_RANK.get(node.kind, len(_KINDS)),
        node.kind,
        node.depth,
        node.urn,
    )


def _tier(node: Node, standing: Standing) -> int:
    if standing.retired:
        return 3
    if standing.live:
        return 0 if node.kind in ANSWERING else 1
    return 2
