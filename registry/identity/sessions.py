"""Sessions of browsers: after signing in, a cookie stands for who did. They end by themselves, and by signing out."""

from __future__ import annotations

from typing import Any, Final, LiteralString

from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from registry.audit.access_records import record_access, watched
from registry.audit.record import act_of
from registry.graph.database import Database
from registry.identity import statements
from registry.identity.authenticated import Authenticated
from registry.identity.token_text import Sort, TokenText
from registry.ledger.act import Change
from registry.permission.cause import NO_POLICY, Cause
from registry.permission.principal import Method, Principal

_SECOND: Final = 1_000_000
_MOST_REMOVED: Final = 1_000


def end_sessions(tx: ManagedTransaction, found_by: LiteralString, **chosen: Any) -> list[Change]:
    """End sessions within a transaction that records it; ``found_by`` is the statement that finds their ids."""
    ids = [str(row[0]) for row in tx.run(found_by, chosen)]
    if not ids:
        return []
    return watched(tx, "BrowserSession", ids, lambda tx: tx.run(statements.END_SESSIONS, ids=ids).consume())[1]


class Sessions:
    """The sessions of one database, so that every server of it knows them. Raises what the database raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, found: Authenticated, seconds: float) -> TokenText:
        """A session for somebody who has just proved who they are; the text for the cookie. It ends with their token."""
        principal = found.principal
        token, now = TokenText.make(Sort.BROWSER), now_micros()
        values = {
            "id": token.id,
            "digest": token.digest,
            "now": now,
            "expires_at": now + int(seconds * _SECOND),
            "subject": principal.subject,
            "method": principal.method.value,
            "issuer": principal.issuer,
            "groups": sorted(principal.groups),
            "agents": sorted(principal.agents),
            "source": found.source,
        }

        def begin(tx: ManagedTransaction) -> None:
            tx.run(statements.CREATE_SESSION, values).consume()

        def remove_old(tx: ManagedTransaction) -> list[Change]:
            return end_sessions(tx, statements.OLD_SESSIONS, now=now, most=_MOST_REMOVED)

        act = act_of("session.begin", f"session:{token.id}", cause=Cause(principal, "signed-in", NO_POLICY))
        record_access(self._database, act, "BrowserSession", [token.id], also=begin, then=remove_old)
        return token

    def end(self, token: TokenText) -> None:
        """End a session; one that has ended already is no error."""
        found = self.find(token)
        if found is None:
            return
        cause = Cause(found.principal, "signed-in", NO_POLICY)

        def end(tx: ManagedTransaction) -> None:
            tx.run(statements.END_SESSIONS, ids=[token.id]).consume()

        act = act_of("session.end", f"session:{token.id}", cause=cause)
        record_access(self._database, act, "BrowserSession", [token.id], also=end)

    def find(self, token: TokenText) -> Authenticated | None:
        """Whom a session stands for; None where there is none such, or it has ended, also with the token that began it.

        Whether the administrator's token is still the same is for the caller to see, by ``source``.
        """
        rows = self._database.read_text(statements.SESSION, {"id": token.id}, from_leader=True)
        if not rows:
            return None
        digest, expires_at, subject, method, issuer, groups, agents, source = rows[0]
        if not token.has_digest(digest):
            return None
        principal = Principal(subject, Method(method), issuer, frozenset(groups or ()), frozenset(agents or ()))
        return Authenticated(principal, f"session/{token.id}", expires_at / _SECOND, source)
