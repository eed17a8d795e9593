"""GraphQL types of what a change touches, ranked and grouped, and of whom to tell.

``Impact`` and ``ImpactItem`` in ``answers`` take their further fields from here. The objects behind them are those
of ``registry.lineage.impact_answer`` and ``registry.lineage.standing``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from registry.api.graphql.context import ApiInfo, routes_of
from registry.api.graphql.fields import resolved
from registry.api.graphql.scalars import URN
from registry.lineage.paths import answer
from registry.lineage.paths.between import check_most

if TYPE_CHECKING:
    from registry.api.graphql.answers import ImpactItem, Owner
    from registry.api.graphql.paths import Paths

_ITEM: Any = Annotated["ImpactItem", strawberry.lazy("registry.api.graphql.answers")]
_PATHS: Any = Annotated["Paths", strawberry.lazy("registry.api.graphql.paths")]
_OWNER: Any = Annotated["Owner", strawberry.lazy("registry.api.graphql.answers")]


@strawberry.type(description="Where deployments run: an environment, or just a stage where no environment is recorded.")
class DeploymentEnvironment:
    """Where deployments run."""

    urn: URN | None
    name: str
    stage: str | None = strawberry.field(description="production, staging, development, …, as it was recorded.")


@strawberry.type(description="How much something matters, as far as it is known. Items are ordered by it.")
class Standing:
    """How much something matters."""

    live: bool = strawberry.field(description="It answers, or a deployment that does serves it.")
    retired: bool = strawberry.field(description="It is archived, or has ended.")
    lifecycle: str | None = strawberry.field(description="Its own, else its asset's.")
    criticality: str | None = strawberry.field(
        description="The worst of its own, of the deployments that serve it, and of the systems that rely on it."
    )
    stage: str | None = strawberry.field(description="That of its environments which is nearest to users.")
    requests_per_second: float | None = strawberry.field(description="Load of its live deployments, by its share.")
    environments: list[DeploymentEnvironment]


@strawberry.type(description="What is affected in one deployment environment.")
class EnvironmentGroup:
    """What is affected in one environment."""

    environment: DeploymentEnvironment | None = strawberry.field(description="Null: deployed nowhere on record.")
    count: int
    certain: int
    possible: int
    items: list[_ITEM]


@strawberry.type(description="How much of somebody's is affected, and the most important of it.")
class Touched:
    """What of somebody's is affected."""

    certain: int
    possible: int
    items: list[_ITEM] = strawberry.field(description="The five that matter most.")


@strawberry.type(description="An owner to tell.")
class OwnerToTell:
    """An owner to tell."""

    owner: _OWNER
    teams: list[_OWNER] = strawberry.field(description="The teams that they belong to.")
    touched: Touched


@strawberry.type(description="Everybody to tell before a change, each once.")
class OwnersToTell:
    """Everybody to tell."""

    owners: list[OwnerToTell] = strawberry.field(description="Whose most important item matters most first.")
    nobody: Touched = strawberry.field(description="What has no owner on record.")


@strawberry.type
class RankedItem:
    """What ranking adds to an item."""

    standing: Standing = strawberry.field(description="How much it matters, and by what.")

    @resolved("All ways from the start to it, the shortest first; `path` is the first certain one.", _PATHS)
    async def all_paths(
        self,
        info: ApiInfo,
        most: Annotated[int, strawberry.argument(description="Most paths to list, 1 to 1,000.")] = 20,
    ) -> answer.Paths:
        """All ways to it."""
        check_most(most)
        return await info.context.threads.run(routes_of(info).to, self.node.urn, most)  # type: ignore[attr-defined]


@strawberry.type
class GroupedImpact:
    """What grouping adds to an impact."""

    by_environment: list[EnvironmentGroup] = strawberry.field(
        description="Production first. A model version is where the deployments are that serve it."
    )
    owners_to_tell: OwnersToTell
