"""What can be asked: the root of the GraphQL schema."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import strawberry

from queries.walk import Detail
from registry.api.graphql.answers import Impact, Lineage
from registry.api.graphql.arguments import After, Trusted, page_size
from registry.api.graphql.audit import AuditQueries
from registry.api.graphql.changes import ChangeInput, read_assessment
from registry.api.graphql.connections import EntityConnection, connection
from registry.api.graphql.context import ApiInfo, remember_routes, remember_times
from registry.api.graphql.diffs import DiffQueries
from registry.api.graphql.entities import Entity, Finding
from registry.api.graphql.fields import resolved
from registry.api.graphql.impact_parts import wanted_parts
from registry.api.graphql.paths import PathQueries
from registry.api.graphql.scalars import URN, DateTime
from registry.api.graphql.sources import SourceQueries
from registry.api.graphql.vocabulary import Kind, Vocabulary, vocabulary
from registry.api.graphql.walks import EdgeFilter, NodeFilter, selected, walk_request
from registry.channels import trusted_channels
from registry.errors import InvalidRequestError, NotFoundError
from registry.lineage import answer
from registry.lineage.columns import impact_parts as read_impact_parts
from registry.lineage.columns import lineage_parts as read_lineage_parts
from registry.lineage.impact_answer import ImpactAnswer
from registry.lineage.question import read_urn
from registry.lineage.request import SAME_AS_CONFIDENCE, Direction
from registry.lineage.search import search as read_search
from registry.lineage.state import EntityState, RecordedFinding, SearchRequest
from registry.permission.cause import current_cause
from registry.permission.role import Permission

AsOf = Annotated[DateTime | None, strawberry.argument(description="As it was true at this time; now, if not said.")]
KnownAt = Annotated[
    DateTime | None, strawberry.argument(description="As it was recorded by this time; everything, if not said.")
]
Depth = Annotated[int | None, strawberry.argument(description="Most edges to follow; to the end, if not said.")]
Kinds = Annotated[list[Kind] | None, strawberry.argument(description="Report only these; all, if not said.")]
Software = Annotated[bool, strawberry.argument(description="Follow libraries, containers and environments too.")]
Possible = Annotated[bool, strawberry.argument(description="Follow versions that nobody recorded exactly.")]
Limit = Annotated[int, strawberry.argument(description="Most nodes to report.")]
Changed = Annotated[
    ChangeInput | None,
    strawberry.argument(description="A change that has not happened yet, for `assessment`. Nothing is written."),
]
Starts = Annotated[list[URN] | None, strawberry.argument(description="Further starts; depth counts from the nearest.")]
Versions = Annotated[
    str | None,
    strawberry.argument(
        description="Which versions of an asset to start at: all, latest, a version, an alias, or a range as >=2,<3."
    ),
]
Report = Annotated[NodeFilter | None, strawberry.argument(description="Pass through everything, report only these.")]
ReportVia = Annotated[EdgeFilter | None, strawberry.argument(description="Report only what such an edge leads to.")]
Within = Annotated[NodeFilter | None, strawberry.argument(description="A wall: never enter anything else.")]
StopAt = Annotated[NodeFilter | None, strawberry.argument(description="Report these, walk nothing behind them.")]
Follow = Annotated[EdgeFilter | None, strawberry.argument(description="Follow only edges like this.")]
SameAs = Annotated[float, strawberry.argument(description="From this confidence on two names are one thing.")]
RollUp = Annotated[bool, strawberry.argument(description="Answer with assets instead of their versions.")]
Seconds = Annotated[
    float | None, strawberry.argument(description="Time budget; what is nearest is shown where it is not enough.")
]


@strawberry.type(description="A write that was recorded.")
class Event:
    """A write that was recorded."""

    id: str
    digest: str = strawberry.field(description="SHA-256 of its content, in hexadecimal.")
    producer: str | None
    records: int
    recorded_at: DateTime


@strawberry.type(description="Everything that can be asked.")
class Query(PathQueries, DiffQueries, SourceQueries, AuditQueries):
    """Everything that can be asked."""

    @resolved("One entity; null where nothing is recorded under that name.", Entity | None, needs=Permission.READ)
    async def entity(self, info: ApiInfo, urn: URN, as_of: AsOf = None, known_at: KnownAt = None) -> EntityState | None:
        """One entity by its name."""
        read_urn(urn)
        return await info.context.loaders.entity(urn, remember_times(info, as_of, known_at))

    @resolved(
        "Entities by text, kind, namespace, tag, owner and lifecycle; without text, by name.", needs=Permission.READ
    )
    async def search(
        self,
        info: ApiInfo,
        text: str | None = None,
        kinds: Kinds = None,
        namespace: str | None = None,
        tags: list[str] | None = None,
        owner: Annotated[str | None, strawberry.argument(description="URN or name.")] = None,
        lifecycle: str | None = None,
        first: int = 20,
        after: After = None,
        trusted: Trusted = False,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> EntityConnection:
        """A page of hits."""
        times = remember_times(info, as_of, known_at)
        channels = trusted_channels(info.context.settings) if trusted else None
        asked = SearchRequest(
            text, tuple(kinds or ()), namespace, tuple(tags or ()), owner, lifecycle, page_size(first), after, *times,
            channels,
        )  # fmt: skip
        page = await info.context.ask(read_search, asked, bookmarks=info.context.bookmarks)
        return connection(page, after)

    @resolved("What something was made from, or what was made from it.", Lineage, needs=Permission.READ)
    async def lineage(
        self,
        info: ApiInfo,
        urn: URN | None = None,
        urns: Starts = None,
        versions: Versions = None,
        direction: Direction = Direction.UPSTREAM,
        depth: Depth = None,
        kinds: Kinds = None,
        report: Report = None,
        report_via: ReportVia = None,
        within: Within = None,
        stop_at: StopAt = None,
        follow: Follow = None,
        software: Software = False,
        possible: Possible = True,
        same_as: SameAs = SAME_AS_CONFIDENCE,
        roll_up: RollUp = False,
        limit: Limit = 1000,
        after: After = None,
        seconds: Seconds = None,
        trusted: Trusted = False,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> answer.LineageAnswer:
        """The subgraph that a walk finds."""
        asked = walk_request(
            info, direction, urn, urns,
            limit=limit, as_of=as_of, known_at=known_at,
            filters={
                "report": report, "report_via": report_via, "within": within, "stop_at": stop_at, "follow": follow,
            },
            versions=versions, depth=depth, kinds=tuple(kinds or ()), software=software, possible=possible,
            same_as=same_as, after=after, seconds=seconds, roll_up=roll_up, trusted=trusted,
        )  # fmt: skip
        parts = selected(info)
        return await info.context.walk(
            read_lineage_parts,
            asked,
            nodes=not parts.isdisjoint({"start", "nodes", "edges"}) or "columns" not in parts,
            edges="edges" in parts,
            columns=_columns(info, parts),
            bookmarks=info.context.bookmarks,
        )

    @resolved("What a change touches, why, and whose it is.", Impact, needs=Permission.READ)
    async def impact(
        self,
        info: ApiInfo,
        urn: URN | None = None,
        change: Changed = None,
        urns: Starts = None,
        versions: Versions = None,
        depth: Depth = None,
        kinds: Kinds = None,
        report: Report = None,
        report_via: ReportVia = None,
        within: Within = None,
        stop_at: StopAt = None,
        follow: Follow = None,
        software: Software = False,
        possible: Possible = True,
        same_as: SameAs = SAME_AS_CONFIDENCE,
        limit: Limit = 1000,
        after: After = None,
        seconds: Seconds = None,
        trusted: Trusted = False,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> ImpactAnswer:
        """Everything downstream, explained."""
        if change is not None and trusted:
            raise InvalidRequestError("A change is judged by all that is recorded.", hint="Leave out `trusted`.")
        asked = walk_request(
            info, Direction.DOWNSTREAM, urn, urns,
            limit=limit, as_of=as_of, known_at=known_at,
            filters={
                "report": report, "report_via": report_via, "within": within, "stop_at": stop_at, "follow": follow,
            },
            versions=versions, depth=depth, kinds=tuple(kinds or ()), software=software, possible=possible,
            same_as=same_as, after=after, seconds=seconds, trusted=trusted,
        )  # fmt: skip
        parts = selected(info)
        found = await info.context.walk(
            read_impact_parts,
            asked,
            wanted=wanted_parts(info),
            columns=_columns(info, parts),
            bookmarks=info.context.bookmarks,
        )
        if found.routes is not None:
            remember_routes(info, found.routes)
        if change is not None and "assessment" in parts:
            found = replace(found, assessment=await read_assessment(info, asked, change))
        return found

    @resolved("What was found while writing, newest first.", list[Finding], needs=Permission.READ)
    async def findings(
        self,
        info: ApiInfo,
        rule: str | None = None,
        urn: URN | None = None,
        first: int = 50,
        after: After = None,
        known_at: KnownAt = None,
    ) -> tuple[RecordedFinding, ...]:
        """Findings by rule and name."""
        return (await info.context.loaders.findings(rule, urn, page_size(first), after, known_at)).items

    @resolved("Whether there are more than `findings` returns for the same arguments.", needs=Permission.READ)
    async def has_more_findings(
        self,
        info: ApiInfo,
        rule: str | None = None,
        urn: URN | None = None,
        first: int = 50,
        after: After = None,
        known_at: KnownAt = None,
    ) -> bool:
        """Whether findings are left out."""
        return (await info.context.loaders.findings(rule, urn, page_size(first), after, known_at)).has_more

    @resolved("A write by its event id; null where it was not recorded.", Event | None, needs=Permission.READ)
    async def event(self, info: ApiInfo, id: str) -> object | None:  # noqa: A002 - the name clients know
        """One recorded write."""
        try:
            find = info.context.writer.find_event
            by = current_cause().principal if info.context.database.restricted else None
            return await info.context.threads.run(find, id, by=by, bookmarks=info.context.bookmarks)
        except NotFoundError:
            return None

    @resolved("Every kind and relation there is, described.", needs=Permission.SIGNED_IN)
    def vocabulary(self) -> Vocabulary:
        """The vocabulary."""
        return vocabulary()


def _columns(info: ApiInfo, parts: frozenset[str]) -> Detail | None:
    """In which detail columns are asked for; None where they are not."""
    if "columns" not in parts:
        return None
    if "edges" not in selected(info, "columns"):
        return Detail.NAMES
    told = selected(info, "columns", "edges")
    return Detail.COLUMNS if told.isdisjoint({"role", "evidence", "confidence"}) else Detail.EVIDENCE
