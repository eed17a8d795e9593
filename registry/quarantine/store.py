"""The quarantine: parts of any source that could not come in, as they came, until somebody deals with them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from queries.quarantine import BOUNDS, COUNT, ENTRY, PAGE
from queries.query import Query
from registry.audit.append import append, note
from registry.audit.record import act_of
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.permission.cause import current_cause
from registry.permission.decide import is_sovereign
from registry.permission.principal import Principal
from registry.quarantine import statements
from registry.quarantine.entry import MOST_CHARACTERS, MOST_OF_A_PLACE, Quarantined, Refused, shortened
from registry.quarantine.hiding import QUARANTINED, hide
from registry.quarantine.sender import sender_document
from registry.secrecy.vault import Kept, Vault
from registry.validation.parsing import DAY
from registry.writer.ledger import acts_beside
from registry.writer.pipe import Pipe

__all__ = ["MOST_CHARACTERS", "MOST_DAYS", "MOST_ENTRIES", "Quarantine", "Refused", "shortened"]

R = TypeVar("R")

MOST_ENTRIES = 10_000
"""Entries that are kept; for more, those go first that came last longest ago."""
MOST_DAYS = 90
"""How long an entry is kept after it came last, unless the settings say otherwise."""


class Quarantine:
    """The quarantine of one database. Entries that came last more than ``days`` ago are shown no more, and deleted."""

    def __init__(self, database: Database, days: int = MOST_DAYS, vault: Vault | None = None) -> None:
        """What is put away is sealed by the ``vault`` where there is one."""
        self._database = database
        self._days = days
        self._vault = vault

    def keep(self, refused: Sequence[Refused]) -> list[str]:
        """Put away what could not be taken; the ids, in order. The same again is counted, with the newer reason.

        Texts are cut to MOST_CHARACTERS and bodies to MOST_BYTES; beyond MOST_ENTRIES the oldest entries go of who has
        the most. Each sender, who is who asks in this context, has entries of their own.
        """
        rows = {item.id: item.as_row() | _sent_by(item.id, current_cause().principal) for item in refused}

        def work(tx: ManagedTransaction) -> dict[str, str]:
            kept, pipe = {key: dict(rows[key]) for key in sorted(rows)}, Pipe(tx)
            if self._vault is not None:
                hide(self._vault, pipe, kept)
            tx.run(statements.KEEP, rows=list(kept.values()), now=now_micros()).consume()
            put = act_of("quarantine.put", "quarantine", reason=f"{len(kept)} could not come in")
            append(tx, [put, *acts_beside(pipe)], now_micros())
            return {key: row["id"] for key, row in kept.items()}

        if not rows:
            return []
        names, _ = self._database.write(work)
        self.tidy()
        return [names[item.id] for item in refused]

    def find(
        self, *, source: str | None = None, reason: str | None = None, limit: int = 100, offset: int = 0
    ) -> tuple[list[Quarantined], int]:
        """The newest first, without content, and how many there are in all, whichever server put them away."""
        chosen = {"source": source, "reason": reason, "since": self._since()}
        rows = self._rows(PAGE, chosen | {"limit": limit, "offset": offset})
        (count,) = self._rows(COUNT, chosen)
        return [Quarantined.of(row) for row in rows], count.total

    def read(self, entry_id: str) -> Quarantined:
        """One entry with its content, whichever server put it away. Raises NotFoundError."""
        rows = self._rows(ENTRY, {"id": entry_id, "since": self._since()})
        if not rows:
            raise NotFoundError("Nothing of that id is in the quarantine.", hint="`lineage quarantine list` shows it.")
        row = rows[0]
        if self._vault is not None:
            (content,) = self._vault.open_at_rest(self._database, [Kept(QUARANTINED, row.id, row.content)])
            row = replace(row, content=content)
        return Quarantined.of(row)

    def drop(self, entry_ids: Sequence[str]) -> int:
        """Forget entries; how many there were."""
        return self._delete("quarantine.drop", statements.DROP, ids=list(entry_ids))

    def settle(
        self,
        source: str,
        origin: str,
        round_name: str,
        places: Sequence[str] | None = None,
        *,
        by: Principal | None = None,
    ) -> int:
        """Forget what earlier rounds put away of an origin that has now come in; how many entries that were.

        Of these places in it alone, where they are given. What this round put away itself stays. Names of rounds sort
        in the order of the rounds. ``by`` leaves what others put away.
        """
        chosen = None if places is None else [place[:MOST_OF_A_PLACE] for place in places]
        return self._delete(
            "quarantine.settle",
            statements.SETTLE,
            source=source,
            origin=origin,
            round=round_name,
            places=chosen,
            by=None if by is None else by.identity,
        )

    def tidy(self) -> None:
        """Delete the surplus and what is too old, and never more, however many do so at once.

        It is counted after the commit, so that the last one who adds sees all; only a surplus is worth the lock, and
        under the lock it is counted again, since another may have deleted it.
        """
        asked = {"since": self._since()}
        (found,) = self._rows(BOUNDS, asked)
        if found.entries <= MOST_ENTRIES and not found.old:
            return

        def work(tx: ManagedTransaction) -> None:
            _lock(tx)
            tx.run(statements.EXPIRE, asked).consume()
            surplus = tx.run(BOUNDS.text, asked).single(strict=True)["entries"] - MOST_ENTRIES
            if surplus > 0:
                tx.run(statements.TRIM, surplus=surplus).consume()
            note(tx, "quarantine.expire", "quarantine", "too old, or more than are kept")

        self._database.write(work)

    def _rows(self, query: Query[Any, R], asked: dict[str, Any]) -> list[R]:
        """Asked where writes go: what is put away by one server is listed, and sent again, by another."""
        return [query.row(*row) for row in self._database.read_text(query.text, asked, from_leader=True)]

    def _delete(self, action: str, statement: str, **values: Any) -> int:
        def work(tx: ManagedTransaction) -> int:
            _lock(tx)
            deleted = int(tx.run(statement, values).single(strict=True)[0])
            if deleted:
                note(tx, action, "quarantine", f"{deleted} deleted")
            return deleted

        return self._database.write(work)[0]

    def _since(self) -> int:
        return now_micros() - self._days * DAY


def _sent_by(entry_id: str, sender: Principal) -> dict[str, str]:
    """What is stored of the sender; the id is one of their own, but for the registry and its administrator."""
    own = entry_id
    if not is_sovereign(sender):
        own = hashlib.sha256(f"{entry_id}\n{sender.identity}".encode()).hexdigest()[: len(entry_id)]
    return {"id": own, "by": sender.identity, "sender": sender_document(sender)}


def _lock(tx: ManagedTransaction) -> None:
    """Have the entries deleted by one transaction at a time, of whichever process; adding waits for nobody."""
    tx.run(statements.LOCK, now=now_micros()).consume()
