"""Batches that wait at the same time are written as one, where none of them can tell that it was not alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from registry.permission.cause import current_cause
from registry.records import Batch, EdgeRecord, Op
from registry.writer.confining import confined
from registry.writer.touched import Identity
from registry.writer.written import Fates, Name, Written

_MOST_RECORDS: Final = 2_000
_SMALL: Final = 500
"""A batch of more records gains nothing from company."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A batch that somebody wants written, with what it speaks of: ``own`` is what nobody else may speak of beside it."""

    batch: Batch
    named: frozenset[str]
    edges: frozenset[Identity]
    own: frozenset[str]
    alone: bool

    @classmethod
    def of(cls, batch: Batch) -> Asked:
        """The batch, for the cause of this context."""
        cause, batch = current_cause(), confined(batch)
        own, named, edges, plain = set(batch.events), set[str](), set[Identity](), True
        for record in batch.records:
            plain = plain and record.op is Op.PUT
            own.add(record.subject)
            named.update(record.urns)
            if isinstance(record, EdgeRecord):
                edges.add(record.identity)
        batch = replace(batch, causes=dict.fromkeys(batch.events, cause) | batch.causes)
        special = batch.acts or batch.permitted or batch.minds_standing or batch.sealed
        alone = bool(special) or not plain or len(batch.records) > _SMALL
        return cls(batch, frozenset(named | own), frozenset(edges), frozenset(own), alone)


def company(waiting: Sequence[Asked]) -> list[int]:
    """Which of these can be written together with the first, by their places.

    They speak of different things, correct and take back nothing, and come to no more than 2,000 records.
    """
    if waiting[0].alone:
        return [0]
    taken, own, room = list[int](), set[str](), _MOST_RECORDS
    for place, item in enumerate(waiting):
        room -= len(item.batch.records)
        if room < 0:
            break
        if item.alone or not own.isdisjoint(item.own):
            break  # who came later stays later
        own |= item.own
        taken.append(place)
    return taken


def merged(group: Iterable[Asked]) -> Batch:
    """One batch of several."""
    whole = Batch()
    for item in group:
        whole.events |= item.batch.events
        whole.records += item.batch.records
        whole.causes |= item.batch.causes
    return whole


def share_of(item: Asked, written: Written, elsewhere: frozenset[str]) -> Written:
    """What of a transaction's outcome is one batch's: what it says.

    ``elsewhere`` is what other batches speak of, of which this one is told nothing.
    """
    replayed = tuple(name for name in written.replayed if name in item.batch.events)
    again = sum(record.source.stamp.event_id in replayed for record in item.batch.records)
    names: frozenset[Name] = (item.named - elsewhere) | item.edges
    fates = Fates(
        written.fates.created & names,
        written.fates.changed & names,
        written.fates.unchanged & names,
        (written.fates.placeholders & item.named) - elsewhere,
    )
    return replace(
        written,
        records=len(item.batch.records) - again,
        created=len(fates.created),
        changed=len(fates.changed),
        unchanged=len(fates.unchanged) + again,
        placeholders=len(fates.placeholders),
        replayed=replayed,
        findings=tuple(found for found in written.findings if found.urn in names),
        fates=fates,
    )
