"""GraphQL types of a change that is thought about, and of what it would do.

The objects behind the answers are those of ``registry.lineage.change.answer``.
"""

from __future__ import annotations

from dataclasses import fields

import strawberry

from registry.api.graphql.answers import Completeness, ImpactItem, LineageNode
from registry.api.graphql.context import ApiInfo
from registry.api.graphql.scalars import URN
from registry.lineage.answer import WalkRequest
from registry.lineage.change.answer import Assessment
from registry.lineage.change.asked import Change, ChangeKind
from registry.lineage.change.assessment import assess
from registry.lineage.change.verdict import Verdict

strawberry.enum(ChangeKind, description="What is going to be done.")
strawberry.enum(
    Verdict,
    description="Certain: it fails, or can no longer be made, run or repeated as recorded. Possible: that depends on "
    "what nobody recorded. Safe: the record shows that it is not touched.",
)


@strawberry.input(description="A change that has not happened yet: its kind, and the fields that the kind needs.")
class ChangeInput:
    """A change that has not happened yet."""

    kind: ChangeKind
    column: str | None = strawberry.field(
        default=None, description="DROP_COLUMN, RETYPE_COLUMN: which one; the URN of a Field names it already."
    )
    data_type: str | None = strawberry.field(
        default=None, description="RETYPE_COLUMN, CHANGE_FEATURE: the new type, in the words of its system."
    )
    nullable: bool | None = strawberry.field(
        default=None, description="RETYPE_COLUMN: whether values may be missing from now on."
    )
    transformation_digest: str | None = strawberry.field(
        default=None, description="CHANGE_FEATURE: digest of the new code."
    )
    to: str | None = strawberry.field(
        default=None,
        description="UPGRADE: the new version. REPLACE_MODEL: the other model version, by URN or by its version.",
    )
    digest: str | None = strawberry.field(default=None, description="REBUILD: digest of the new content.")
    digest_coverage: str | None = strawberry.field(
        default=None, description="REBUILD: what the new digest covers; all of the content, if not said."
    )


@strawberry.type(description="A consumer, direct or not, and what the change does to it.")
class JudgedItem:
    """A consumer and its verdict."""

    item: ImpactItem = strawberry.field(description="The consumer, with the path that its verdict comes along.")
    verdict: Verdict
    rule: str = strawberry.field(description="Stable id of the rule that decided; the docs have the table of them.")
    reason: str = strawberry.field(description="Why, in a sentence for its owner.")
    through: LineageNode | None = strawberry.field(
        description="The direct consumer that passes the verdict on; null for a direct consumer."
    )


@strawberry.type(description="An evaluation whose result no longer holds.")
class OutdatedEvaluation:
    """An evaluation to repeat."""

    evaluation: LineageNode
    model: URN | None
    data: URN | None
    verdict: Verdict
    reason: str


@strawberry.type(description="What a change would do. Nothing of it has happened, and nothing is written.")
class ChangeAssessment:
    """What a change would do."""

    changed: list[LineageNode] = strawberry.field(
        description="What changes itself: versions, their slices, files, batches and columns."
    )
    certain: int = strawberry.field(description="How many break for certain, shown or not.")
    possible: int = strawberry.field(description="How many may break.")
    safe: int = strawberry.field(description="How many are not touched.")
    items: list[JudgedItem] = strawberry.field(description="The worst first, and of these what matters most.")
    models: list[JudgedItem] = strawberry.field(description="Models to validate again: an input of theirs changes.")
    evaluations: list[OutdatedEvaluation] = strawberry.field(description="Evaluations to repeat, the surest first.")
    completeness: Completeness


async def read_assessment(info: ApiInfo, request: WalkRequest, change: ChangeInput) -> Assessment:
    """What a change would do to everything downstream of what ``request`` names. Raises as ``assess`` does."""
    asked = Change(**{item.name: getattr(change, item.name) for item in fields(Change)})
    return await info.context.walk(assess, request, asked, bookmarks=info.context.bookmarks)
