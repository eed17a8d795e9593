"""Tokens of an issuer that open nothing here any more although they have not expired: named by issuer and ``jti``."""

from __future__ import annotations

from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from registry.audit.access_records import record_access
from registry.audit.record import act_of
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.identity import statements
from registry.identity.sessions import end_sessions
from registry.identity.token_text import digest_of
from registry.ledger.act import Change

_LONGEST_ID = 512


class RevokedTokens:
    """The deny list of one database. Raises what the database raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deny(self, issuer: str, token_id: str) -> None:
        """Refuse a token from now on, and end the sessions that it began. Again is no error. Raises InvalidRequestError."""
        if not 0 < len(token_id) <= _LONGEST_ID or not token_id.isprintable():
            raise InvalidRequestError(f"A token's jti is a text of 1 to {_LONGEST_ID} characters.")
        key = key_of(issuer, token_id)

        def deny(tx: ManagedTransaction) -> None:
            tx.run(statements.DENY_TOKEN, id=key, now=now_micros()).consume()

        def end(tx: ManagedTransaction) -> list[Change]:
            return end_sessions(tx, statements.SESSIONS_OF_SOURCES, sources=[key])

        act = act_of("token.revoke", f"token:{key}")
        record_access(self._database, act, "RevokedToken", [key], also=deny, then=end)

    def is_denied(self, issuer: str, token_id: str) -> bool:
        """Whether the token was revoked."""
        return bool(self._database.read_text(statements.IS_DENIED, {"id": key_of(issuer, token_id)}, from_leader=True))


def key_of(issuer: str, token_id: str) -> str:
    """What a token of an issuer is known by when it is revoked."""
    return digest_of(f"{issuer}\n{token_id}")
