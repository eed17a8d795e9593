"""GraphQL's question about scheduled sources; their reports are read over REST."""

from __future__ import annotations

from typing import Any, cast

import strawberry

from registry.api.graphql.context import ApiInfo
from registry.api.graphql.fields import resolved
from registry.api.graphql.scalars import JSON, DateTime
from registry.graph.database import Database
from registry.permission.role import Permission
from registry.sources.outcome import State
from registry.sources.store import SourceStore

strawberry.enum(
    State,
    name="SourceRunState",
    description="How a run of a scheduled source is, or ended: differs where the registry and the source say different "
    "things, incomplete where parts could not be taken, stopped where the server ended first.",
)


@strawberry.type(description="The last run of a scheduled source.")
class SourceRun:
    """A run that ended."""

    id: str
    state: State
    started_at: DateTime | None
    ended_at: DateTime | None
    found: JSON = strawberry.field(description="How many of what, by name: created, missing_here, differing, …")
    message: str = strawberry.field(description="Why it failed; empty where it did not.")


@strawberry.type(description="A source that servers import or compare by themselves.")
class ScheduledSource:
    """A scheduled source."""

    name: str
    capture: str
    where: str = strawberry.field(description="What is read, without credentials.")
    task: str = strawberry.field(description="sync or reconcile.")
    schedule: str
    repair: bool
    enabled: bool = strawberry.field(description="False where it runs only by hand.")
    active: bool = strawberry.field(description="Whether a running server has it on its list.")
    running: str | None = strawberry.field(description="Id of the run that goes on.")
    next_at: DateTime | None
    failures: int = strawberry.field(description="Runs in a row that failed.")
    last_run: SourceRun | None
    last_success_at: DateTime | None = strawberry.field(description="When it was last read to its end.")


@strawberry.type
class SourceQueries:
    """Questions about sources."""

    @resolved(
        "Sources that servers read by themselves, in order of names, and how the last run of each ended.",
        needs=Permission.AUDIT,
    )
    async def scheduled_sources(self, info: ApiInfo) -> list[ScheduledSource]:
        """Every source."""
        return [_source(item) for item in await info.context.threads.run(_find, info.context.everything)]


def _find(database: Database) -> list[dict[str, Any]]:
    return SourceStore(database).find()


def _source(item: dict[str, Any]) -> ScheduledSource:
    last = item["last"]
    ended = None if last is None else {name: value for name, value in last.items() if name not in ("run", "state")}
    names = ("name", "capture", "where", "schedule", "repair", "enabled", "active", "running", "next_at", "failures")
    return ScheduledSource(
        **{name: item[name] for name in (*names, "last_success_at")},
        task=item["do"],
        last_run=None if ended is None else SourceRun(id=last["run"], state=State(last["state"]), **cast("Any", ended)),
    )
