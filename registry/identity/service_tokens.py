"""Tokens of programs: made and revoked by an administrator, always expiring, stored as digests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from neo4j import ManagedTransaction

from graph_schema.times import format_time, now_micros
from graph_schema.urn import UrnError, parse_urn
from registry.audit.access_records import watched
from registry.audit.append import append
from registry.audit.record import act_of
from registry.errors import InvalidRequestError, NotFoundError
from registry.grants.stored import NothingToChangeError, put_grant, told
from registry.graph.database import Database
from registry.identity import statements
from registry.identity.authenticated import Authenticated
from registry.identity.sessions import end_sessions
from registry.identity.token_text import Sort, TokenText
from registry.ledger.appending import split_act
from registry.permission.cause import current_cause
from registry.permission.policy import Grant
from registry.permission.principal import Method, Principal

MOST_SECONDS: Final = 366 * 86_400
_SECOND: Final = 1_000_000
_KEPT: Final = 366 * 86_400 * _SECOND
_MOST_AGENTS: Final = 20
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{0,62}[a-z0-9]|[a-z0-9]")
_RESERVED: Final = frozenset({"administrator", "registry"})


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """A token as it is listed: all but the token. Times are microseconds."""

    id: str
    name: str
    created_at: int
    created_by: str
    expires_at: int
    revoked_at: int | None
    agents: tuple[str, ...]

    def as_json(self, now: int) -> dict[str, Any]:
        """For an API: times in RFC 3339, and whether it still opens anything."""
        ended = "revoked" if self.revoked_at is not None else "expired" if self.expires_at <= now else None
        return {
            "id": self.id,
            "name": self.name,
            "state": ended or "valid",
            "created_at": format_time(self.created_at),
            "created_by": self.created_by,
            "expires_at": format_time(self.expires_at),
            "revoked_at": None if self.revoked_at is None else format_time(self.revoked_at),
            "agents": list(self.agents),
        }


class ServiceTokens:
    """The service tokens of one database. Changes are entries of the ledger. Raises what the database raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, name: str, seconds: int, agents: Sequence[str] = (), grants: Sequence[Grant] = ()
    ) -> tuple[TokenText, ServiceToken]:
        """A new token for the service ``name``, which may have others; its text is nowhere else.

        ``agents`` are URNs of what the service acts for. ``grants``, whose subject is the service, are added in the same
        transaction. Raises InvalidRequestError.
        """
        check_name(name)
        if not 1 <= seconds <= MOST_SECONDS:
            raise InvalidRequestError(f"A token lasts at most {MOST_SECONDS // 86_400} days.")
        _check_agents(agents)
        token, now = TokenText.make(Sort.SERVICE), now_micros()
        made = ServiceToken(
            token.id, name, now, current_cause().principal.subject, now + seconds * _SECOND, None, tuple(agents)
        )
        values = {
            "id": token.id,
            "name": name,
            "digest": token.digest,
            "now": now,
            "expires_at": made.expires_at,
            "created_by": made.created_by,
            "agents": list(agents),
        }

        def put(tx: ManagedTransaction) -> None:
            tx.run(statements.CREATE_SERVICE_TOKEN, values).consume()
            tx.run(statements.REMOVE_OLD_TOKENS, before=now - _KEPT).consume()

        def create(tx: ManagedTransaction) -> None:
            old = [row[0] for row in tx.run(statements.OLD_TOKENS, before=now - _KEPT)]
            _, changes = watched(tx, "ServiceToken", [token.id, *old], put)
            acts = list(split_act(act_of("token.create", f"token:{token.id}", reason=f"for {name}"), changes))
            for grant in grants:
                with suppress(NothingToChangeError):
                    _, added = watched(tx, "Grant", [grant.id], partial(put_grant, grant=grant, reason=None))
                    act = act_of("grant.add", f"grant:{grant.id}", reason=told(grant, None))
                    acts.append(replace(act, changes=tuple(added)))
            append(tx, acts, now)

        self._database.write(create)
        return token, made

    def listed(self, *, name: str | None = None, ended: bool = False) -> list[ServiceToken]:
        """The tokens, by name and age; with those that have expired or were revoked where ``ended``."""
        rows = self._database.read_text(
            statements.SERVICE_TOKENS, {"name": name, "ended": ended, "now": now_micros()}, from_leader=True
        )
        return [
            ServiceToken(name, service, created_at, created_by, expires_at, revoked_at, tuple(agents or ()))
            for name, service, created_at, created_by, expires_at, revoked_at, agents in rows
        ]

    def revoke(self, which: str) -> list[str]:
        """Revoke a token by its id, or all tokens of a service by its name; the ids. Sessions that they began end too.

        Raises NotFoundError.
        """
        now = now_micros()

        # By name there may be many: the entry names what was asked for, and its changes name each.
        act = act_of("token.revoke", f"token:{which[:128]}")

        def end(tx: ManagedTransaction) -> list[str]:
            found = [str(row[0]) for row in tx.run(statements.REVOKE_SERVICE_TOKENS, which=which, now=now)]
            if not found:
                raise NotFoundError("No valid token has that id or name.", hint="`lineage token list` shows them.")
            return found

        def revoke(tx: ManagedTransaction) -> list[str]:
            ids = [str(row[0]) for row in tx.run(statements.TO_REVOKE, which=which)]
            found, changes = watched(tx, "ServiceToken", ids, end)
            changes += end_sessions(tx, statements.SESSIONS_OF_SOURCES, sources=found)
            append(tx, list(split_act(act, changes)), now)
            return found

        return self._database.write(revoke)[0]

    def find(self, token: TokenText) -> Authenticated | None:
        """Whom a token speaks for; None where it is none, was revoked or has expired."""
        rows = self._database.read_text(statements.SERVICE_TOKEN, {"id": token.id}, from_leader=True)
        if not rows:
            return None
        digest, name, expires_at, agents = rows[0]
        if not token.has_digest(digest):
            return None
        principal = Principal(name, Method.SERVICE_TOKEN, agents=frozenset(agents or ()))
        return Authenticated(principal, f"service/{token.id}", expires_at / 1_000_000, token.id)


def check_name(name: str) -> None:
    """Raise InvalidRequestError unless a service may be called so."""
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise InvalidRequestError(
            "A service's name has 1 to 64 small letters, digits, points, dashes, underscores and slashes.",
            hint="Such as ci, airflow/prod or reports; administrator and registry are taken.",
        )


def _check_agents(agents: Sequence[str]) -> None:
    if len(agents) > _MOST_AGENTS:
        raise InvalidRequestError(f"A token acts for at most {_MOST_AGENTS} agents.")
    for agent in agents:
        try:
            kind = parse_urn(agent).kind
        except UrnError as error:
            raise InvalidRequestError(f"An agent is named by its URN: {error}.") from None
        if kind not in ("Person", "Team", "Service"):
            raise InvalidRequestError("An agent is a person, a team or a service.", agent=agent)
