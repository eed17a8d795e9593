"""GraphQL's question about the ways between two entities.

The objects behind the types are those of ``registry.lineage.paths.answer``.
"""

from __future__ import annotations

from typing import Annotated

import strawberry

from registry.api.graphql.answers import LineageNode, PathStep
from registry.api.graphql.arguments import Trusted
from registry.api.graphql.context import ApiInfo, remember_times
from registry.api.graphql.enums import Certainty, Direction, Reason
from registry.api.graphql.fields import resolved
from registry.api.graphql.scalars import URN, DateTime
from registry.channels import trusted_channels
from registry.lineage.paths import answer
from registry.lineage.paths.between import paths as read_paths
from registry.permission.role import Permission

MostPaths = Annotated[int, strawberry.argument(description="Most paths to list, 1 to 1,000.")]


@strawberry.type(description="One way from the first entity to the second. It touches nothing twice.")
class Path:
    """One way between two entities."""

    direction: Direction = strawberry.field(description="Where the second entity lies from the first.")
    start: LineageNode = strawberry.field(description="Where the path begins; of an asset, one of its versions.")
    steps: list[PathStep] = strawberry.field(description="In order, away from the start.")
    length: int = strawberry.field(description="Steps, without those between two names for one thing (SAME_AS).")
    certainty: Certainty
    summary: str = strawberry.field(description="The path in one sentence.")


@strawberry.type(description="The ways between two entities: the shortest first, of equal ones the surest.")
class Paths:
    """The ways between two entities."""

    paths: list[Path]
    count: int = strawberry.field(
        description="How many there are, listed or not; at least so many where `countIsExact` is false."
    )
    count_is_exact: bool
    direction: Direction | None = strawberry.field(
        description="Where the second entity lies from the first; null where no path is known."
    )
    both: bool = strawberry.field(
        description="Each is upstream of the other: paths downstream come first, then those upstream."
    )
    shortest: int | None = strawberry.field(description="Length of the shortest path.")
    complete: bool = strawberry.field(
        description="Every path there is is listed. Without a path: there is none, for sure."
    )
    reasons: list[Reason] = strawberry.field(
        description="Why not: size (more than `most`, or too much to walk), depth (longer than `maxLength`), "
        "time (too much to try)."
    )


@strawberry.type
class PathQueries:
    """Questions about ways."""

    @resolved(
        "The ways between two entities, whichever is upstream of the other. An asset stands for its versions.",
        Paths,
        needs=Permission.READ,
    )
    async def paths(
        self,
        info: ApiInfo,
        from_: Annotated[URN, strawberry.argument(name="from")],
        to: URN,
        most: MostPaths = 20,
        max_length: Annotated[
            int | None, strawberry.argument(description="Most steps of a path; any, if not said.")
        ] = None,
        software: Annotated[
            bool, strawberry.argument(description="Follow libraries, containers and environments too.")
        ] = False,
        possible: Annotated[
            bool, strawberry.argument(description="Follow versions that nobody recorded exactly.")
        ] = True,
        same_as: Annotated[
            float, strawberry.argument(description="Take names for one from this confidence on that they are.")
        ] = 0.9,
        trusted: Trusted = False,
        as_of: Annotated[
            DateTime | None, strawberry.argument(description="As it was true at this time; now, if not said.")
        ] = None,
        known_at: Annotated[
            DateTime | None,
            strawberry.argument(description="As it was recorded by this time; everything, if not said."),
        ] = None,
    ) -> answer.Paths:
        """All simple paths up to a number, with how many there are."""
        times = remember_times(info, as_of, known_at)
        asked = answer.PathsRequest(
            from_, to, most, max_length, software, possible, same_as, *times,
            max_walked=max(info.context.settings.max_nodes, 1),
            channels=trusted_channels(info.context.settings) if trusted else None,
        )  # fmt: skip
        return await info.context.walk(read_paths, asked, bookmarks=info.context.bookmarks)
