"""The administrator's token: made at the first start, shown once, and kept for the user who started the server.

The database has its digest; the token itself is in a file that only its owner may read, beside the data of the managed
server, where the command line and the notebook client of the same user find it. Whoever sets LINEAGE_ADMINISTRATOR_TOKEN
(or …_FILE) brings a token instead: then none is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog
from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from registry.audit.access_records import record_access
from registry.audit.record import act_of
from registry.errors import ConfigurationError
from registry.graph.database import Database
from registry.identity import statements
from registry.identity.authenticated import Authenticated
from registry.identity.sessions import end_sessions
from registry.identity.token_file import read_token, token_file, write_token
from registry.identity.token_text import Sort, TokenText, digest_of, same
from registry.ledger.act import Change
from registry.permission.principal import Method, Principal
from registry.settings import Settings

SHORTEST: Final = 32
"""Characters that a token needs that somebody brings; it must be random."""
ADMINISTRATOR: Final = Principal("administrator", Method.ADMINISTRATOR_TOKEN)
_log = structlog.get_logger("lineage.identity")


@dataclass(frozen=True, slots=True)
class AdministratorToken:
    """What a start found or made. ``made`` is the token where it is new and was never shown."""

    file: Path | None
    made: str | None = field(default=None, repr=False)


def prepare_administrator(database: Database, settings: Settings) -> AdministratorToken:
    """Make sure that the database has an administrator's token, and the user its file where it is theirs.

    Raises ConfigurationError where the file cannot be used.
    """
    if settings.administrator_token_source.current() is not None:
        return AdministratorToken(None)
    path = token_file(settings)
    own = read_token(path)
    if settings.neo4j_uri is None:
        return _prepare_managed(database, path, own)
    stored = _stored(database)
    if stored is None:
        return _make(database, path, own)
    if own is None or not own.has_digest(stored):
        _log.info("the administrator's token of this database is kept elsewhere", file=str(path))
    return AdministratorToken(path)


def reset_administrator(database: Database, settings: Settings) -> str:
    """A new token in place of the one before, which opens nothing from then on, nor do sessions that it began."""
    token = TokenText.make(Sort.ADMINISTRATOR)
    _set(database, token)
    write_token(token_file(settings), token)
    return token.text


class Administrator:
    """Knows the administrator's token when it sees it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Raises ConfigurationError where the settings bring a token that cannot be used."""
        self._source = settings.administrator_token_source
        given = self._source.current()
        if given is not None and len(given) < SHORTEST:
            raise ConfigurationError(
                f"LINEAGE_ADMINISTRATOR_TOKEN has fewer than {SHORTEST} characters.",
                hint="It opens everything, so it must be random: `openssl rand -hex 32` makes one.",
            )
        self._database = database

    def is_given(self, text: str) -> bool:
        """Whether this is the token that the settings bring."""
        given = self._source.current()  # a file may have been replaced
        return given is not None and len(given) >= SHORTEST and same(digest_of(text), digest_of(given))

    def find(self, token: TokenText) -> Authenticated | None:
        """The administrator, where this is the token that the database knows and the settings bring no other."""
        if self._source.given:
            return None
        stored = _stored(self._database)
        return self.authenticated(token.text) if stored is not None and token.has_digest(stored) else None

    @staticmethod
    def authenticated(text: str) -> Authenticated:
        """The administrator, by a token that has been found good."""
        return Authenticated(ADMINISTRATOR, "administrator", source=digest_of(text))

    def is_current(self, source: str | None) -> bool:
        """Whether ``source`` is of the token that opens the registry now: sessions that others began are over."""
        if self._source.given:
            given = self._source.current()
            digest = digest_of(given) if given is not None and len(given) >= SHORTEST else None
        else:
            digest = _stored(self._database)
        return source is not None and digest is not None and same(source, digest)


def _prepare_managed(database: Database, path: Path, own: TokenText | None) -> AdministratorToken:
    """Whoever has the folder has the store in it, also where another one's dump was loaded into it."""
    token = own or TokenText.make(Sort.ADMINISTRATOR)
    if own is None:
        write_token(path, token)
    stored = _stored(database)
    if stored is None or not token.has_digest(stored):
        _set(database, token)
    return AdministratorToken(path, token.text if own is None else None)


def _make(database: Database, path: Path, own: TokenText | None) -> AdministratorToken:
    token = own or TokenText.make(Sort.ADMINISTRATOR)

    def make(tx: ManagedTransaction) -> str:
        return str(tx.run(statements.MAKE_ADMINISTRATOR, digest=token.digest, now=now_micros()).single(strict=True)[0])

    if own is None:
        write_token(path, token)  # first: a digest whose token nobody has would lock everybody out
    stored = record_access(
        database, act_of("token.create", "token:administrator"), "AdministratorToken", ["administrator"], also=make
    )
    if not token.has_digest(stored):
        if own is None:
            path.unlink(missing_ok=True)
        return AdministratorToken(path)  # another server that starts on the same database was first
    return AdministratorToken(path, None if own is not None else token.text)


def _set(database: Database, token: TokenText) -> None:
    def change(tx: ManagedTransaction) -> None:
        tx.run(statements.SET_ADMINISTRATOR, digest=token.digest, now=now_micros()).consume()

    def end(tx: ManagedTransaction) -> list[Change]:
        return end_sessions(tx, statements.SESSIONS_OF_METHOD, method=Method.ADMINISTRATOR_TOKEN.value)

    act = act_of("token.create", "token:administrator")
    record_access(database, act, "AdministratorToken", ["administrator"], also=change, then=end)


def _stored(database: Database) -> str | None:
    rows = database.read_text(statements.ADMINISTRATOR, from_leader=True)
    return str(rows[0][0]) if rows else None
