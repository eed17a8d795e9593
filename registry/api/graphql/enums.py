"""The closed words of answers as GraphQL enums; imported by whatever module has a type with one of them."""

from __future__ import annotations

import strawberry

from registry.lineage.answer import Certainty, Direction, Reason

strawberry.enum(Direction, description="Upstream: what it was made from. Downstream: what was made from it.")
strawberry.enum(Certainty, description="Only possible where every way there leads over a version that nobody recorded.")
strawberry.enum(
    Reason,
    name="IncompleteReason",
    description="What cut the answer short: depth, size, time, or that you may not see it.",
)

__all__ = ["Certainty", "Direction", "Reason"]
