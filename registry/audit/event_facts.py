"""What is recorded of an event, as one digest: that of its content, who made it, how many records, when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from registry.errors import InvalidLedgerError
from registry.graph.database import Database
from registry.ledger.act import EntityDigests
from registry.ledger.canonical import canonical_json
from registry.ledger.content import content_digest

_PREFIX: Final = "event:"
_PAGE: Final = """
MATCH (e:Event) WHERE e.id > $after
WITH e ORDER BY e.id LIMIT $count
RETURN collect([e.id, e.digest, e.producer, e.records, e.recorded_at])
"""
_COUNT: Final = 5_000
_NO_EDGES: Final = content_digest(b"")


def facts_of(digest: Any, producer: Any, records: Any, recorded_at: Any) -> str:
    """The digest of what is recorded of an event."""
    facts = [digest, producer, records, recorded_at]
    try:
        return content_digest(canonical_json(facts))
    except (InvalidLedgerError, TypeError, ValueError):  # something that the registry never writes
        return content_digest(repr(facts).encode())


def read_events(database: Database) -> Iterator[tuple[str, EntityDigests]]:
    """Every event as it stands in an inventory: what it is called there, and its digest."""
    after = ""
    while True:
        ((rows,),) = database.read_text(_PAGE, {"after": after, "count": _COUNT}, from_leader=True)
        for name, *facts in rows:
            yield f"{_PREFIX}{name}", EntityDigests(facts_of(*facts), _NO_EDGES)
        if len(rows) < _COUNT:
            return
        after = rows[-1][0]


def event_of(target: str) -> str | None:
    """The event that a line of an inventory is about; None where it is about something else."""
    name = target.removeprefix(_PREFIX)
    return name if name != target else None
