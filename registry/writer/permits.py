"""Whether those who asked for a batch may write it, decided in the transaction that writes it, by what is stored there."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from graph_schema.times import OPEN
from graph_schema.urn import asset_of
from registry.permission.boundary import home_of
from registry.permission.cause import Cause, current_cause
from registry.permission.decide import is_sovereign
from registry.permission.standing import Policies
from registry.permission.stored import Stored
from registry.permission.writing import check_batch
from registry.records import Batch, Record
from registry.writer import statements
from registry.writer.pipe import Pipe

Known = Callable[[], Mapping[str, Stored]]
"""What is stored of all that some records name, and of the assets of these."""


class Permits:
    """Checks writes by the policy as it stands. Whoever may do everything costs nothing but a look at the names."""

    def __init__(self, policies: Policies) -> None:
        self.policies = policies

    def learn(self, scopes: frozenset[str]) -> None:
        """Take note of scopes that were committed, so that whoever wrote the first thing of one sees it at once."""
        known = self.policies.known()
        if known is None or not all(_has(known.scopes, scope) for scope in scopes):
            self.policies.forget()

    def check(self, batch: Batch, known: Known) -> frozenset[str]:
        """Raise PermissionDeniedError or SandboxBoundaryError unless each event of a batch may be written for its cause.

        Returns upstream ends that are there and hidden from who named them.
        """
        itself = current_cause()
        by_event: dict[str, list[Record]] = defaultdict(list)
        for record in batch.records:
            by_event[record.source.stamp.event_id].append(record)
        hidden: frozenset[str] = frozenset()
        for event_id, records in by_event.items():
            hidden |= self.check_event(batch.causes.get(event_id, itself), records, known)
        return hidden

    def check_event(self, cause: Cause, records: Sequence[Record], known: Known) -> frozenset[str]:
        """The same for one event."""
        if cause.said_by is not None:
            self.check_event(replace(cause, principal=cause.said_by, said_by=None), records, known)
        if is_sovereign(cause.principal) and not any(map(in_sandbox, records)):
            return frozenset()
        policy = (self.policies.known() or self.policies.read()).policy
        return check_batch(policy, cause, records, known())


def _has(ordered: Sequence[str], scope: str) -> bool:
    place = bisect_left(ordered, scope)
    return place < len(ordered) and ordered[place] == scope


def find_stored(pipe: Pipe, records: Iterable[Record]) -> dict[str, Stored]:
    """What is stored of all that records name, and of the assets of these."""
    named = {urn for record in records for urn in record.urns}
    assets = {asset for urn in named if (asset := asset_of(urn)) is not None}
    rows = pipe.ask_aside((statements.FIND_ENDS, {"urns": sorted(named | assets)}))[0]
    return {urn: Stored(scope, recorded_to == OPEN) for urn, recorded_to, _, scope in rows}


def in_sandbox(record: Record) -> bool:
    """Whether a record names something in a sandbox."""
    return any(home_of(urn) is not None for urn in record.urns)
