"""Grants in the database: added, removed and listed. Every change is an entry of the ledger, in the same transaction."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from neo4j import ManagedTransaction

from graph_schema.times import format_time, now_micros
from registry.audit.access_records import record_access
from registry.audit.record import act_of
from registry.errors import InvalidGrantError, NotFoundError
from registry.grants import statements
from registry.graph.database import Database
from registry.permission.cause import ITSELF, current_cause
from registry.permission.grant_document import grant_document, read_grant
from registry.permission.policy import Grant


@dataclass(frozen=True, slots=True)
class StoredGrant:
    """A grant, and who added it when (microseconds) and why."""

    grant: Grant
    added_at: int
    added_by: str
    reason: str | None

    def as_json(self) -> dict[str, Any]:
        """For an API."""
        said = {"added_at": format_time(self.added_at), "added_by": self.added_by, "reason": self.reason}
        return grant_document(self.grant) | said


class NothingToChangeError(Exception):
    """Ends a transaction that has nothing to change, so that it leaves no entry either."""


def add_grant(database: Database, grant: Grant, *, reason: str | None = None) -> bool:
    """Add a grant; whether it is new. Adding it again changes nothing. Raises what the database raises."""

    def add(tx: ManagedTransaction) -> None:
        put_grant(tx, grant, reason)

    try:
        act = act_of("grant.add", f"grant:{grant.id}", reason=told(grant, reason))
        record_access(database, act, "Grant", [grant.id], also=add)
    except NothingToChangeError:
        return False
    return True


def put_grant(tx: ManagedTransaction, grant: Grant, reason: str | None) -> None:
    """Add a grant within a transaction that records it. Raises NothingToChangeError."""
    parameters = {
        "id": grant.id,
        "content": content_of(grant),
        "now": now_micros(),
        "by": current_cause().principal.subject,
        "reason": reason,
    }
    if not tx.run(statements.ADD, parameters).single(strict=True)[0]:
        raise NothingToChangeError
    tx.run(statements.MOVE_HEAD).consume()


def remove_grant(database: Database, grant_id: str, *, reason: str | None = None) -> Grant | None:
    """Remove a grant; what it said. Raises NotFoundError where none in the database has that id."""

    def remove(tx: ManagedTransaction) -> str:
        row = tx.run(statements.REMOVE, id=grant_id).single()
        if row is None:
            raise NotFoundError(
                "The database holds no grant of that id.",
                hint="`lineage grant list` shows them; those of a policy file are taken out there.",
            )
        tx.run(statements.MOVE_HEAD).consume()
        return str(row[0])

    act = act_of("grant.remove", f"grant:{grant_id[:128]}", reason=reason)
    content = record_access(database, act, "Grant", [grant_id], also=remove)
    return grant_of(content)


def note_policy_file(database: Database, digest: str) -> None:
    """Record that the policy file's grants come to this digest now, unless that is what was recorded last."""

    def note(tx: ManagedTransaction) -> None:
        if not tx.run(statements.NOTE_FILE, digest=digest).single(strict=True)[0]:
            raise NothingToChangeError

    with suppress(NothingToChangeError):
        act = act_of("policy.load", f"policy-file:{digest}", cause=ITSELF)
        record_access(database, act, "PolicyHead", ["head"], also=note)


def list_grants(database: Database) -> list[StoredGrant]:
    """The grants in the database, the oldest first. What is not in its form, and so gives nothing, is left out."""
    rows = database.read_text(statements.LIST, {}, from_leader=True)
    listed = ((grant_of(content), *rest) for content, *rest in rows)
    return [StoredGrant(grant, *rest) for grant, *rest in listed if grant is not None]


def content_of(grant: Grant) -> str:
    """A grant as it is stored."""
    return json.dumps(grant.as_json(), sort_keys=True)


def grant_of(content: object) -> Grant | None:
    """The stored grant; None for what is not in its form: it was not written here, and gives nothing."""
    try:
        return read_grant(orjson.loads(content if isinstance(content, str) else ""))
    except (orjson.JSONDecodeError, InvalidGrantError):
        return None


def told(grant: Grant, reason: str | None) -> str:
    """What the ledger says of a grant: what it gives to whom, then why."""
    said = content_of(grant)[:2048]
    return f"{said}\n{reason}" if reason else said
