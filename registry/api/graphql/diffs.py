"""GraphQL's question about what changed between two times of something, or between two versions of it.

The objects behind the types are those of ``registry.lineage.diff.answer``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import strawberry

from registry.api.graphql.answers import Completeness, LineageEdge, LineageNode
from registry.api.graphql.context import ApiInfo, NodeAt, Times
from registry.api.graphql.enums import Direction, Reason
from registry.api.graphql.fields import resolved
from registry.api.graphql.scalars import JSON, URN, DateTime
from registry.api.graphql.vocabulary import Kind
from registry.api.graphql.walks import EdgeFilter, NodeFilter, walk_request
from registry.lineage.diff import answer
from registry.lineage.diff.answer import Difference
from registry.lineage.diff.diff import lineage_diff
from registry.lineage.diff.request import DiffRequest
from registry.lineage.request import SAME_AS_CONFIDENCE
from registry.permission.role import Permission

strawberry.enum(
    Difference,
    description="Changed: the same thing, not as it was. Replaced: another version of it, or the run that made it, "
    "took its place.",
)


@strawberry.type(description="One attribute that differs; parts of JSON have names as `parameters.optimizer.rate`.")
class AttributeDifference:
    """One attribute."""

    name: str
    change: Difference
    before: JSON | None = strawberry.field(description="As in records; null where it has none, see `change`.")
    after: JSON | None


@strawberry.type(description="One entity that differs, or two that took each other's place.")
class NodeDifference:
    """One entity, or two."""

    change: Difference
    before: LineageNode | None = strawberry.field(description="Null for what was added.")
    after: LineageNode | None = strawberry.field(description="Null for what was removed.")
    attributes: list[AttributeDifference]
    sure: bool = strawberry.field(
        description="False where the side that lacks it is not complete: it may be there all the same."
    )
    sentence: str


@strawberry.type(description="One edge that differs; where an end was replaced, the ends are among its attributes.")
class EdgeDifference:
    """One edge."""

    change: Difference
    before: LineageEdge | None = strawberry.field(description="Null for what was added.")
    after: LineageEdge | None = strawberry.field(description="Null for what was removed.")
    attributes: list[AttributeDifference]
    sure: bool
    sentence: str


@strawberry.type(description="The runs that made the two things: parameters, seed, code, environment, software.")
class RunComparison:
    """Two runs, or one that made both."""

    before: LineageNode
    after: LineageNode
    attributes: list[AttributeDifference] = strawberry.field(description="Empty where nothing recorded differs.")
    sentence: str


@strawberry.type(description="One of the two answers that are compared.")
class DiffSide:
    """One side."""

    urn: URN
    as_of: DateTime | None
    known_at: DateTime = strawberry.field(description="By what it was read, also where nothing was asked for.")
    there: bool = strawberry.field(description="Whether anything was there to start at.")
    start: list[LineageNode]
    completeness: Completeness


@strawberry.type(description="How many of each.")
class DiffCounts:
    """How many of each."""

    added: int
    removed: int
    changed: int
    replaced: int
    unchanged: int


@strawberry.type(description="What changed, in a stable order: nodes by depth, kind and name, edges by their ends.")
class LineageDiff:
    """What changed."""

    direction: Direction
    before: DiffSide
    after: DiffSide
    complete: bool = strawberry.field(description="Whether both sides are complete.")
    reasons: list[Reason]
    nodes: list[NodeDifference]
    edges: list[EdgeDifference]
    runs: list[RunComparison]
    node_counts: DiffCounts
    edge_counts: DiffCounts
    summary: str = strawberry.field(description="All of it in a sentence.")


@strawberry.type
class DiffQueries:
    """Questions about what changed."""

    @resolved(
        "What changed in the lineage of something between two times, or between two versions (or two things of one "
        "kind). Versions of one asset correspond: an input that went from v3 to v4 is one change.",
        LineageDiff,
        needs=Permission.READ,
    )
    async def lineage_diff(
        self,
        info: ApiInfo,
        urn: URN,
        to: Annotated[
            URN | None, strawberry.argument(description="What to compare it with; itself at another time, if not said.")
        ] = None,
        direction: Direction = Direction.UPSTREAM,
        from_time: Annotated[
            DateTime | None, strawberry.argument(description="The older side as it was true then; now, if not said.")
        ] = None,
        to_time: Annotated[
            DateTime | None, strawberry.argument(description="The newer side as it was true then; now, if not said.")
        ] = None,
        from_known_at: Annotated[
            DateTime | None, strawberry.argument(description="The older side as it was recorded by then.")
        ] = None,
        to_known_at: Annotated[
            DateTime | None, strawberry.argument(description="The newer side as it was recorded by then.")
        ] = None,
        depth: Annotated[
            int | None, strawberry.argument(description="Most edges to follow; to the end, if not said.")
        ] = None,
        kinds: Annotated[list[Kind] | None, strawberry.argument(description="Compare only these.")] = None,
        report: Annotated[
            NodeFilter | None, strawberry.argument(description="Pass through everything, compare only these.")
        ] = None,
        report_via: Annotated[
            EdgeFilter | None, strawberry.argument(description="Compare only what such an edge leads to.")
        ] = None,
        within: Annotated[NodeFilter | None, strawberry.argument(description="Never enter anything else.")] = None,
        stop_at: Annotated[NodeFilter | None, strawberry.argument(description="Walk nothing behind these.")] = None,
        follow: Annotated[EdgeFilter | None, strawberry.argument(description="Follow only edges like this.")] = None,
        versions: Annotated[
            str | None,
            strawberry.argument(description="Which versions of an asset: all, latest, a version, an alias, a range."),
        ] = None,
        software: Annotated[
            bool, strawberry.argument(description="Follow libraries, containers and environments too.")
        ] = False,
        possible: Annotated[
            bool, strawberry.argument(description="Follow versions that nobody recorded exactly.")
        ] = True,
        same_as: Annotated[
            float, strawberry.argument(description="From this confidence on two names are one thing.")
        ] = SAME_AS_CONFIDENCE,
        roll_up: Annotated[bool, strawberry.argument(description="Compare assets instead of their versions.")] = False,
        limit: Annotated[int, strawberry.argument(description="Most nodes of each side.")] = 1000,
        seconds: Annotated[float | None, strawberry.argument(description="Time budget of each side.")] = None,
    ) -> answer.LineageDiff:
        """Two walks, compared."""
        before = walk_request(
            info, direction, urn, None,
            limit=limit, as_of=from_time, known_at=from_known_at,
            filters={
                "report": report, "report_via": report_via, "within": within, "stop_at": stop_at, "follow": follow,
            },
            versions=versions, depth=depth, kinds=tuple(kinds or ()), software=software, possible=possible,
            same_as=same_as, roll_up=roll_up, seconds=seconds,
        )  # fmt: skip
        asked = DiffRequest(before, to, to_time, to_known_at)
        found = await info.context.walk(lineage_diff, asked, bookmarks=info.context.bookmarks)
        return _with_times(found, Times(from_time, from_known_at), Times(to_time, to_known_at))


def _with_times(found: answer.LineageDiff, older: Times, newer: Times) -> answer.LineageDiff:
    """The same, its nodes with the times of their side, so that what is nested in them is read at these."""
    nodes = tuple(
        replace(
            item,
            before=item.before and NodeAt.of(item.before, older),
            after=item.after and NodeAt.of(item.after, newer),
        )
        for item in found.nodes
    )
    runs = tuple(
        replace(item, before=NodeAt.of(item.before, older), after=NodeAt.of(item.after, newer)) for item in found.runs
    )
    return replace(
        found, nodes=nodes, runs=runs, before=_started(found.before, older), after=_started(found.after, newer)
    )


def _started(side: answer.DiffSide, times: Times) -> answer.DiffSide:
    return replace(side, start=tuple(NodeAt.of(node, times) for node in side.start))
