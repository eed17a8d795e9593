"""GraphQL's questions about the ledger; proofs, exports and verification are REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

import strawberry

from graph_schema.times import parse_time
from registry.api.graphql.arguments import page_size
from registry.api.graphql.context import ApiInfo
from registry.api.graphql.fields import resolved
from registry.api.graphql.scalars import JSON, DateTime
from registry.audit.publication import Publication
from registry.audit.searching import MOST, Page, Sought, find_entries, ledger_target
from registry.ledger.act import Effect
from registry.permission.role import Permission

strawberry.enum(Effect, name="AuditDecision", description="What was decided.")

Target = Annotated[str | None, strawberry.argument(description="What it was done to: a URN, or another target.")]
Actor = Annotated[str | None, strawberry.argument(description="Subject of who acted.")]
Action = Annotated[str | None, strawberry.argument(description="Such as records.write, or token.* for all of a kind.")]
Before = Annotated[int | None, strawberry.argument(description="Only older ones than this: `next` of a page.")]


@strawberry.type(description="An entry of the ledger: who did what to what, and by whose leave.")
class AuditEntry:
    """An entry."""

    sequence: int = strawberry.field(description="Its place, counted from 0.")
    time: DateTime
    actor: str = strawberry.field(description="Who acted, as their issuer names them.")
    method: str = strawberry.field(description="How they proved who they are.")
    action: str
    target: str
    decision: Effect
    rule: str = strawberry.field(description="What decided.")
    event: str | None
    reason: str | None
    count: int = strawberry.field(description="How often, where several are recorded as one.")
    changes: list[str] = strawberry.field(description="What it changed, by target.")
    document: JSON = strawberry.field(description="The whole entry, with its digests.")


@strawberry.type(description="Entries of the ledger, the newest first.")
class AuditPage:
    """A page."""

    entries: list[AuditEntry]
    next: int | None = strawberry.field(description="Go on before this sequence; null where nothing older is left.")
    size: int = strawberry.field(description="How many entries the ledger has.")


@strawberry.type
class AuditQueries:
    """Questions about the ledger."""

    @resolved(
        "What was done, by whom, to what: entries of the ledger, the newest first. A page may be short, or empty, and "
        "not the last one.",
        needs=Permission.AUDIT,
    )
    async def audit_entries(
        self,
        info: ApiInfo,
        target: Target = None,
        actor: Actor = None,
        action: Action = None,
        decision: Effect | None = None,
        since: DateTime | None = None,
        until: DateTime | None = None,
        first: int = 100,
        before: Before = None,
    ) -> AuditPage:
        """A page of entries."""
        limit = page_size(first, MOST)
        ledger = cast("Publication", info.context.ledger)

        def find() -> Page:
            ledger.publish()
            name = None if target is None else ledger_target(ledger.database, target)
            sought = Sought(name, actor, action, decision, cast("Any", since), cast("Any", until))
            return find_entries(ledger.log(), sought, limit=limit, before=before)

        page = await info.context.threads.run(find)
        return AuditPage(entries=[_entry(item) for item in page.entries], next=page.next, size=page.size)


def _entry(item: Mapping[str, Any]) -> AuditEntry:
    return AuditEntry(
        sequence=item["sequence"],
        time=cast("Any", parse_time(item["time"])),
        actor=item["actor"]["subject"],
        method=item["actor"]["method"],
        action=item["action"],
        target=item["target"],
        decision=Effect(item["decision"]["effect"]),
        rule=item["decision"]["rule"],
        event=item.get("event"),
        reason=item.get("reason"),
        count=item.get("occurrences", {}).get("count", 1),
        changes=[change["target"] for change in item.get("changes", ())],
        document=cast("Any", dict(item)),
    )
