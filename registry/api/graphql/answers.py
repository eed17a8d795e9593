"""GraphQL types of lineage and impact answers.

The objects behind them are those of ``registry.lineage.answer``: fields read the attribute of the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from registry.api.graphql.context import ApiInfo, times_of, times_of_node
from registry.api.graphql.enums import Certainty, Direction, Reason
from registry.api.graphql.fields import resolved
from registry.api.graphql.impact_groups import GroupedImpact, RankedItem
from registry.api.graphql.scalars import URN, DateTime
from registry.api.graphql.vocabulary import Kind, Relation
from registry.api.graphql.walks import LineageColumns
from registry.channels import is_trusted
from registry.lineage.state import EntityState

if TYPE_CHECKING:
    from registry.api.graphql.changes import ChangeAssessment
    from registry.api.graphql.entities import Entity

_ASSESSMENT: Any = Annotated["ChangeAssessment", strawberry.lazy("registry.api.graphql.changes")]
_ENTITY: Any = Annotated["Entity", strawberry.lazy("registry.api.graphql.entities")]


@strawberry.type(description="One entity of an answer.")
class LineageNode:
    """One entity of an answer."""

    urn: URN
    kind: Kind
    namespace: str
    name: str
    version: str | None
    version_unknown: bool = strawberry.field(description="Some version, nobody recorded which.")
    placeholder: bool = strawberry.field(description="Named by an edge, not yet described by anybody.")
    title: str | None
    label: str = strawberry.field(description="How a person calls it.")
    depth: int = strawberry.field(description="Edges from the nearest start.")
    certainty: Certainty
    true_to: DateTime | None = strawberry.field(description="When it ended; null while it has not.")
    direction: Direction | None = strawberry.field(description="Which way it was reached; null for a start.")
    members: list[URN] = strawberry.field(description="The versions that a rolled-up asset stands for.")

    @resolved("All that is recorded of it, at the times of the question.", _ENTITY | None)
    async def entity(self, info: ApiInfo) -> EntityState | None:
        """The entity behind the node."""
        return await info.context.loaders.entity(self.urn, times_of_node(self) or times_of(info))


@strawberry.type(description="A stored edge; `downstream` depends on `upstream`.")
class LineageEdge:
    """A stored edge."""

    downstream: URN
    upstream: URN
    relation: Relation
    family: str = strawberry.field(description="What following it means: data, serving, software, …")
    role: str | None
    evidence: str | None = strawberry.field(description="observed, declared or inferred.")
    confidence: float | None
    version_is: str | None = strawberry.field(description="How exact the version upstream is.")
    event_id: str | None
    producer: str | None
    true_from: DateTime | None
    true_to: DateTime | None
    recorded_from: DateTime
    channels: list[str] = strawberry.field(description="By which ways it came in: everyone that has said it.")

    @resolved("Whether one of its channels is trusted.")
    def trusted(self, info: ApiInfo) -> bool:
        """Whether one of the channels is listed in the settings."""
        return is_trusted(info.context.settings, self.channels)


@strawberry.type(description="How many of one kind.")
class KindCount:
    """How many of one kind."""

    kind: Kind
    count: int


@strawberry.type(description="Whether this is all there is, and if not, why not.")
class Completeness:
    """How far an answer can be trusted to be all there is."""

    complete: bool
    reasons: list[Reason]
    nodes: int
    edges: int
    depth: int = strawberry.field(description="The deepest that was reached.")

    by_kind: list[KindCount] = strawberry.field(description="Reported nodes by kind, the most first.")
    total: int | None = strawberry.field(description="Nodes on all pages; null where the walk did not see them all.")
    total_by_kind: list[KindCount] | None = strawberry.field(description="The same by kind, the most first.")
    cursor: str | None = strawberry.field(
        description="Goes on from here as `after`: with the rest of this depth, else with what lies deeper."
    )
    known_at: DateTime | None = strawberry.field(description="Up to which recorded time the answer knows.")


@strawberry.type(description="The subgraph that a walk found, in a stable order.")
class Lineage:
    """The subgraph that a walk found."""

    start: list[LineageNode]
    direction: Direction
    nodes: list[LineageNode]
    edges: list[LineageEdge]
    columns: LineageColumns
    completeness: Completeness


@strawberry.type(description="Who answers for something.")
class Owner:
    """Who answers for something."""

    urn: URN
    kind: Kind
    name: str


@strawberry.type(description="One step away from the start.")
class PathStep:
    """One step away from the start."""

    edge: LineageEdge
    node: LineageNode = strawberry.field(description="What the edge leads to.")


@strawberry.type(description="Something that a change touches, and why.")
class ImpactItem(RankedItem):
    """Something affected."""

    node: LineageNode
    path: list[PathStep] = strawberry.field(description="A shortest way from the start to it.")
    owners: list[Owner]
    summary: str = strawberry.field(description="The path in one sentence.")
    depth: int
    certainty: Certainty


@strawberry.type(description="What is affected of one kind.")
class KindGroup:
    """What is affected of one kind."""

    kind: Kind
    count: int
    certain: int
    possible: int
    items: list[ImpactItem]


@strawberry.type(description="What is affected of one owner.")
class OwnerGroup:
    """What is affected of one owner."""

    owner: Owner | None = strawberry.field(description="Null: nobody is recorded.")
    count: int
    certain: int
    possible: int
    items: list[ImpactItem]


@strawberry.type(description="An evaluation whose result no longer holds.")
class EvaluationImpact:
    """An evaluation on affected data."""

    evaluation: LineageNode
    model: URN | None = strawberry.field(description="What was evaluated.")
    data: URN = strawberry.field(description="What it was evaluated on.")
    certainty: Certainty


@strawberry.type(description="What a change touches, what matters most first.")
class Impact(GroupedImpact):
    """What a change touches."""

    start: list[LineageNode]
    total: int = strawberry.field(description="How many items this answer reports.")
    items: list[ImpactItem]
    by_kind: list[KindGroup]
    by_owner: list[OwnerGroup]
    evaluations: list[EvaluationImpact] = strawberry.field(
        description="Evaluations on affected data: not uses, but results that no longer hold."
    )
    columns: LineageColumns = strawberry.field(description="Everything affected as columns, by depth and name.")
    assessment: _ASSESSMENT | None = strawberry.field(
        description="What the given `change` would do: who breaks for certain, who may, who is safe, and why."
    )
    completeness: Completeness
