"""The watermarks of one database: for each source, how far it was read, and what was being sent when it broke off."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from neo4j import ManagedTransaction

from graph_schema.times import format_time, now_micros
from registry.audit.append import note
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.permission.cause import current_cause
from registry.permission.principal import Principal

MOST_BYTES = 4 << 20
"""The longest mark."""
_DIGITS: Final = 32

_FIELDS = "w.id, w.source, w.where, w.mark, w.updated_at, w.event_id, w.digest, w.by"
_READ = f"MATCH (w:Watermark {{id: $id}}) RETURN {_FIELDS}"
_LIST = (
    "MATCH (w:Watermark) WITH w ORDER BY w.source, w.where, w.id LIMIT $limit"
    " RETURN w.id, w.source, w.where, null, w.updated_at, w.event_id, w.digest, w.by"
)
_REACHED = """
MERGE (w:Watermark {id: $id})
SET w.source = $source, w.where = $where, w.mark = $mark, w.updated_at = $now, w.event_id = null, w.digest = null,
  w.by = $by
"""
_SENDING = """
MERGE (w:Watermark {id: $id})
SET w.source = $source, w.where = $where, w.event_id = $event_id, w.digest = $digest, w.by = $by
"""
_FORGET = "MATCH (w:Watermark {id: $id}) DELETE w RETURN count(*)"


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a source has been read.

    ``mark`` is the capture's own text, None where nothing was read to its end yet, or in a list. ``event_id`` and
    ``digest`` name what was being sent and is not known to have come through; the digest is of all of it. ``by`` is the
    subject of who keeps it.
    """

    id: str
    source: str
    where: str
    mark: str | None
    updated_at: int | None
    event_id: str | None
    digest: str | None
    by: str | None = None

    def as_json(self) -> dict[str, Any]:
        """All of it; ``sending`` is None where nothing was broken off."""
        sending = {"event_id": self.event_id, "digest": self.digest} if self.event_id is not None else None
        return {
            "id": self.id,
            "source": self.source,
            "where": self.where,
            "mark": self.mark,
            "updated_at": None if self.updated_at is None else format_time(self.updated_at),
            "sending": sending,
            "by": self.by,
        }


def own_id(source_id: str, principal: Principal) -> str:
    """The id of the mark that a principal keeps of a source.

    Each has one of their own: who sets a mark forward has the next import leave out what was never recorded.
    """
    return hashlib.sha256(f"{source_id}\n{principal.identity}".encode()).hexdigest()[:_DIGITS]


class Watermarks:
    """Reads and keeps them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, source_id: str) -> Watermark:
        """The watermark of a source (see registry.capture.source.source_id). Raises NotFoundError."""
        rows = self._database.read_text(_READ, {"id": source_id}, from_leader=True)
        if not rows:
            raise NotFoundError("Nothing is known of having read that source.", hint="It is read from its beginning.")
        return Watermark(*rows[0])

    def find(self, *, limit: int = 1_000) -> list[Watermark]:
        """All of them without their marks, in order of source and place."""
        return [Watermark(*row) for row in self._database.read_text(_LIST, {"limit": limit})]

    def reached(self, source_id: str, source: str, where: str, mark: str) -> None:
        """Keep how far a source has been read: what came before the mark is recorded."""
        self._write("watermark.set", _REACHED, id=source_id, source=source, where=where, mark=mark, now=now_micros())

    def sending(self, source_id: str, source: str, where: str, event_id: str, digest: str) -> None:
        """Keep what is about to be sent, so that the same can be gone on with; the mark stays as it is."""
        self._write(
            "watermark.sending", _SENDING, id=source_id, source=source, where=where, event_id=event_id, digest=digest
        )

    def forget(self, source_id: str) -> None:
        """Have the source read from its beginning. Nothing happens where it is not known."""
        self._write("watermark.forget", _FORGET, id=source_id)

    def _write(self, action: str, statement: str, **values: Any) -> None:
        def work(tx: ManagedTransaction) -> None:
            tx.run(statement, values | {"by": current_cause().principal.subject}).consume()
            note(tx, action, f"watermark:{values['id']}")

        self._database.write(work)
