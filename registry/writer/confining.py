"""Events that speak of a sandbox have ids of its own, so that nobody there takes, or finds out, an id used outside."""

from __future__ import annotations

from dataclasses import replace

from registry.permission.boundary import home_of
from registry.permission.namespaces import SANDBOX_PREFIX
from registry.records import Batch, Record, Stamp


def confined(batch: Batch) -> Batch:
    """The batch with ``sandbox:NAME/`` before the ids of the events that speak of a sandbox."""
    homes: dict[str, str] = {}
    for record in batch.records:
        home = home_of(record.subject)
        if home is not None:
            homes.setdefault(record.source.stamp.event_id, home)
    if not homes:
        return batch
    names = {old: confined_id(home, old) for old, home in homes.items()}
    return replace(
        batch,
        events={
            names.get(old, old): replace(event, event_id=names.get(old, old)) for old, event in batch.events.items()
        },
        records=[_renamed(record, names) for record in batch.records],
        causes={names.get(old, old): cause for old, cause in batch.causes.items()},
        plain_digests={names.get(old, old): digest for old, digest in batch.plain_digests.items()},
    )


def confined_id(sandbox: str, event_id: str) -> str:
    """What an event is called that speaks of a sandbox."""
    prefix = f"{SANDBOX_PREFIX}{sandbox}/"
    return event_id if event_id.startswith(prefix) else prefix + event_id


def _renamed(record: Record, names: dict[str, str]) -> Record:
    stamp = record.source.stamp
    name = names.get(stamp.event_id)
    if name is None:
        return record
    return replace(record, source=replace(record.source, stamp=Stamp(stamp.time, name)))
