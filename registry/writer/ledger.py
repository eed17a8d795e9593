"""The entries that a transaction of the writer leaves in the ledger, and its records in the journal."""

from __future__ import annotations

from collections.abc import Iterable

from graph_schema.urn import parse_urn
from registry.audit.append import STORE_ENTRIES, read_frontier, stored
from registry.audit.digests import is_personal
from registry.audit.journal import WRITE_JOURNAL, journal_payload, pack_batch
from registry.audit.record import act_of
from registry.ledger.act import Act, Action, Change
from registry.ledger.appending import append_acts, split_act
from registry.permission.cause import Cause, current_cause
from registry.records import Batch
from registry.writer.pipe import Pipe
from registry.writer.recording import EntityChange, read_changes
from registry.writer.turn import Turn


def record_changes(pipe: Pipe, batch: Batch, turn: Turn) -> None:
    """Record a batch that has been written: who wrote it and what it changed, and the records themselves.

    What several causes asked for in one transaction is told by an act of each, with the entities that it names.
    """
    content = pack_batch(batch)
    changes = list(read_changes(pipe, turn.recorded_at))
    acts = [act for part in _parts(batch, changes) for act in split_act(part.act(content), part.changes)]
    event = min(batch.events)
    acts += [act_of(action, target, cause=batch.causes.get(event), event=event) for action, target in batch.acts]
    acts += acts_beside(pipe)
    appended = append_acts(read_frontier(turn.size, turn.frontier), acts, turn.recorded_at)
    pipe.write(
        WRITE_JOURNAL,
        sequence=appended.first,
        recorded_at=turn.recorded_at,
        events=sorted(batch.events),
        content=content,
    )
    pipe.write(STORE_ENTRIES, **stored(appended, acts, turn.recorded_at))


def acts_beside(pipe: Pipe) -> list[Act]:
    """What a transaction did that is of no batch: data keys that it made."""
    made = pipe.touched.beside
    return list(split_act(act_of("key.make", "data-keys"), made)) if made else []


class _Part:
    """What one cause asked for: its events, the entities that its records name, and what became of them."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        self.events: list[str] = []
        self.names: dict[str, None] = {}
        self.changes: list[Change] = []

    def act(self, content: bytes) -> Act:
        target = next((urn for urn in self.names if not is_personal(parse_urn(urn).kind)), "registry")
        return act_of(Action.WRITE, target, cause=self.cause, event=self.events[0], payload=journal_payload(content))


def _parts(batch: Batch, changes: Iterable[EntityChange]) -> list[_Part]:
    itself = current_cause()
    parts: dict[Cause, _Part] = {}
    of_event: dict[str, _Part] = {}
    for event_id in batch.events:
        cause = batch.causes.get(event_id, itself)
        part = of_event[event_id] = parts.setdefault(cause, _Part(cause))
        part.events.append(event_id)
    first = next(iter(parts.values()))
    said: dict[str, _Part] = {}
    named: dict[str, _Part] = {}
    for record in batch.records:
        part = of_event.get(record.source.stamp.event_id, first)
        said.setdefault(record.subject, part)
        for urn in record.urns:
            part.names.setdefault(urn)
            named.setdefault(urn, part)
    for item in changes:
        # Whoever says something of a thing answers for it, before whoever only names it as upstream.
        part = said.get(item.urn) or named.get(item.urn) or first
        part.changes.extend(item.changes)
    return list(parts.values())
