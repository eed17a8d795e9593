"""One Neo4j database: reads by :class:`queries.query.Query`, one way to write, errors by our names.

The driver is the synchronous one, run in threads by the API: it is faster than the asynchronous one on the
wide columns that our reads return.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, Self, TypeVar, cast
from urllib.parse import urlsplit

import neo4j
from neo4j import GraphDatabase, ManagedTransaction, NotificationMinimumSeverity, unit_of_work
from neo4j.auth_management import AuthManager
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DatabaseError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    TransientError,
)

from queries.query import SEEN, Query, Sight
from registry import errors
from registry.graph.cancellation import stoppable
from registry.graph.metrics import QUERY_SECONDS
from registry.graph.snapshot import Snapshots
from registry.secrecy.secret_source import SecretSource
from registry.settings import Settings

P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")

_READ_TRIES = 3
_RETRY_SECONDS = 0.8
"""How long a write is retried (deadlocks, a leader that moved). Longer helps nobody who waits for an answer."""


_SCHEMES = frozenset({"neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"})  # the driver has HTTP in preview
_ENCRYPTED = frozenset({"neo4j+s", "bolt+s"})
_URI_HINT = "It reads like neo4j://host:7687, neo4j+s://host or bolt://host:7687."


def _check_uri(uri: str) -> None:
    """Raise ValueError for what the driver would only notice when it connects, or take for something else."""
    parts = urlsplit(uri)
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.port == 0:
        raise ValueError("not an address of Neo4j")


def refuse_unencrypted(settings: Settings) -> None:
    """Raise ConfigurationError where encryption is required and the address of Neo4j does without."""
    if settings.neo4j_tls != "require":
        return
    if settings.neo4j_uri is None:
        raise errors.ConfigurationError(
            "LINEAGE_NEO4J_TLS=require, and the managed Neo4j does not encrypt: it listens on loopback only.",
            hint="Leave LINEAGE_NEO4J_TLS out, or set NEO4J_URI to a server that has a certificate.",
        )
    if urlsplit(settings.neo4j_uri).scheme not in _ENCRYPTED:
        raise errors.ConfigurationError(
            "LINEAGE_NEO4J_TLS=require, and NEO4J_URI does not encrypt the connection or does not check the certificate.",
            hint="Begin NEO4J_URI with neo4j+s:// or bolt+s://.",
        )


class _PasswordOfFile(AuthManager):
    """The password as it is in its file now: whoever connects, or takes a connection from the pool, uses that one."""

    def __init__(self, username: str, source: SecretSource) -> None:
        self._username, self._source = username, source

    def get_auth(self) -> neo4j.Auth:
        """What to log on with."""
        return neo4j.basic_auth(self._username, self._source.current() or "")

    def handle_security_exception(self, auth: Any, error: Neo4jError) -> bool:  # noqa: ARG002 - the driver's signature
        """Whether it is worth another try: the password changed since."""
        return bool(auth != self.get_auth())


def _auth(username: str, password: str | SecretSource | None) -> Any:
    if not isinstance(password, SecretSource):
        return (username, password) if password is not None else None
    return _PasswordOfFile(username, password)


class UnknownOutcomeError(errors.DatabaseUnavailableError):
    """The connection broke while committing; whether the write happened is settled by reading its event back."""


class View(Protocol):
    """What somebody may see: the scopes of the entities (``registry.permission.view``)."""

    @property
    def scopes(self) -> Sequence[str]:
        """Each scope that the reader may see."""
        ...


class _Bookmarks:
    """Up to where this process has written and read; shared by all who look at the same database."""

    def __init__(self) -> None:
        self.manager = GraphDatabase.bookmark_manager()


class Database:
    """A connection pool to one database. Safe to use from several threads; close it when done.

    ``seen`` are the scopes that its reader may see, None for one who may see everything.
    """

    def __init__(
        self,
        uri: str,
        username: str,
        password: str | SecretSource | None,
        *,
        database: str | None = None,
        query_timeout: float = 30.0,
    ) -> None:
        self._database = database
        self.query_timeout = query_timeout
        self.seen: tuple[str, ...] | None = None
        self.snapshots = Snapshots()
        self._bookmarks = _Bookmarks()
        try:
            _check_uri(uri)
            self._driver = GraphDatabase.driver(
                uri,
                auth=_auth(username, password),
                connection_acquisition_timeout=5.0,
                connection_timeout=3.0,
                max_transaction_retry_time=_RETRY_SECONDS,
                notifications_min_severity=NotificationMinimumSeverity.OFF,
                user_agent="lineage-registry",
                telemetry_disabled=True,
            )
        except (ConfigurationError, ValueError) as error:
            raise errors.ConfigurationError("NEO4J_URI cannot be used.", hint=_URI_HINT) from error

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Connect to what NEO4J_URI names, which must be set. Raises ConfigurationError.

        A password in a file is read again when Neo4j refuses the one that it had.
        """
        if settings.neo4j_uri is None:
            raise errors.ConfigurationError("NEO4J_URI is not set.")
        refuse_unencrypted(settings)
        settings.neo4j_secret  # noqa: B018 - a file that cannot be read is said now
        return cls(
            settings.neo4j_uri,
            settings.neo4j_username,
            settings.neo4j_password_source if settings.neo4j_password_source.given else None,
            database=settings.neo4j_database,
            query_timeout=settings.query_timeout_seconds,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give every connection back."""
        self._driver.close()

    def seen_by(self, view: View | None) -> Self:
        """The same database as somebody may see it; None sees all that this one does.

        It shares the connections, and is closed with this one. It asks nothing by text and writes nothing. What it
        is made from further can only see less.
        """
        if view is None:
            return self
        seen = tuple(view.scopes) if self.seen is None else tuple(frozenset(self.seen).intersection(view.scopes))
        narrowed = copy.copy(self)
        narrowed.seen = seen
        return narrowed

    @property
    def restricted(self) -> bool:
        """Whether its reader may not see everything."""
        return self.seen is not None

    def verify(self) -> None:
        """Raise DatabaseUnavailableError or DatabaseAuthError unless the database answers."""
        self.read_text("RETURN 1")

    def run(
        self, query: Query[P, R], params: P, *, bookmarks: Sequence[str] | None = None, timeout: float | None = None
    ) -> list[R]:
        """Ask a question; the rows in the order in which the database gave them.

        ``timeout`` (seconds) stops it sooner than ``query_timeout`` would.
        ``bookmarks`` make the read see the writes that they stand for; writes of this process are always
        seen. Raises DatabaseUnavailableError, DatabaseAuthError, QueryTimeoutError, BookmarkTimeoutError;
        RequestDroppedError where the request that it is for was stopped (``registry.graph.cancellation``).
        """
        row = query.row
        text, parameters = self._asked(query, params)
        with QUERY_SECONDS.labels(query.name).time():
            values = self._read(text, parameters, bookmarks=bookmarks, timeout=timeout)
        if self.seen is None:
            return [row(*value.values()) for value in values]
        return [row(**dict(zip(value.keys(), value.values(), strict=True))) for value in values]

    def stream(
        self, query: Query[P, R], params: P, *, bookmarks: Sequence[str] | None = None, timeout: float | None = None
    ) -> Generator[R, None, None]:
        """Ask a question whose rows are big: two at a time are kept. Nothing is tried again; ``timeout`` may be long.

        The connection is given back when the iterator ends or is closed. Raises what :meth:`run` does.
        """
        row = query.row
        text, parameters = self._asked(query, params)
        statement = neo4j.Query(cast("Any", text), timeout=timeout or self.query_timeout)
        with _our_errors(), self._session(neo4j.READ_ACCESS, bookmarks, fetch_size=2) as session, stoppable(session):
            for record in session.run(statement, parameters):
                yield (
                    row(*record.values())
                    if self.seen is None
                    else row(**dict(zip(record.keys(), record.values(), strict=True)))
                )

    def _asked(self, query: Query[P, R], params: P) -> tuple[str, dict[str, Any]]:
        """The text and the parameters for this reader. Raises PermissionDeniedError where they may not ask."""
        values = _parameters(params)
        if self.seen is None:
            if query.sight is Sight.RESTRICTED_ONLY:
                raise ValueError(f"{query.name} asks what is hidden, and nothing is")
            return query.text, values
        if query.restricted is None:
            raise errors.PermissionDeniedError("This shows what you may not see.")
        return query.restricted, values | {SEEN: list(self.seen)}

    def read_text(
        self,
        text: str,
        parameters: dict[str, Any] | None = None,
        *,
        bookmarks: Sequence[str] | None = None,
        from_leader: bool = False,
        timeout: float | None = None,
    ) -> list[tuple[Any, ...]]:
        """Run a read by its text, which must come from this program; rows as tuples.

        ``from_leader`` asks where writes go, which knows every commit, also those of other processes. Raises
        what :meth:`run` does, and PermissionDeniedError for a reader who may not see everything.
        """
        if self.seen is not None:
            raise errors.PermissionDeniedError("This shows what you may not see.")
        found = self._read(text, parameters, bookmarks=bookmarks, from_leader=from_leader, timeout=timeout)
        return [tuple(record.values()) for record in found]

    def _read(
        self,
        text: str,
        parameters: dict[str, Any] | None,
        *,
        bookmarks: Sequence[str] | None = None,
        from_leader: bool = False,
        timeout: float | None = None,
    ) -> list[neo4j.Record]:
        access = neo4j.WRITE_ACCESS if from_leader else neo4j.READ_ACCESS
        statement = neo4j.Query(cast("Any", text), timeout=min(timeout or self.query_timeout, self.query_timeout))
        with _our_errors():
            for attempt in range(_READ_TRIES):
                try:
                    with self._session(access, bookmarks) as session, stoppable(session):
                        return list(session.run(statement, parameters))
                except (DriverError, Neo4jError) as error:
                    # A refused connection is final for now; a stale one in the pool or a moved leader is not.
                    if attempt == _READ_TRIES - 1 or not error.is_retryable():
                        raise
                    time.sleep(0.02 * 4**attempt)
        raise AssertionError("unreachable")

    def write(
        self, work: Callable[[ManagedTransaction], T], *, bookmarks: Sequence[str] | None = None
    ) -> tuple[T, tuple[str, ...]]:
        """Run ``work`` in one transaction; its result and the bookmark of the commit. Only the writer calls this.

        ``work`` may run again after a deadlock, so it must start from what the database says each time. Raises
        UnknownOutcomeError where nobody can tell whether the commit happened.
        """
        if self.seen is not None:
            raise errors.PermissionDeniedError("A reader's view of the database writes nothing.")
        with _our_errors(), self._session(neo4j.WRITE_ACCESS, bookmarks) as session:
            result = session.execute_write(unit_of_work(timeout=120.0)(work))
            return result, tuple(session.last_bookmarks().raw_values)

    def execute_schema(self, statement: str) -> None:
        """Run one schema statement in a transaction of its own. Only migrations call this."""
        with _our_errors(), self._session(neo4j.WRITE_ACCESS, None) as session:
            session.run(cast("Any", statement)).consume()

    @contextmanager
    def _session(self, access: str, bookmarks: Sequence[str] | None, **options: Any) -> Iterator[neo4j.Session]:
        """A session; raises BookmarkTimeoutError, which is never worth a second try: the first one was the wait."""
        manager = self._bookmarks.manager
        given = neo4j.Bookmarks.from_raw_values(bookmarks) if bookmarks else None
        try:
            with self._driver.session(
                database=self._database,
                default_access_mode=access,
                bookmarks=given,
                bookmark_manager=manager,
                **options,
            ) as session:
                yield session
        except TransientError as error:
            if "BookmarkTimeout" not in (error.code or ""):
                raise
            if given is not None:
                raise errors.BookmarkTimeoutError("Neo4j does not reach the bookmark of this request.") from error
            if self._bookmarks.manager is manager:  # else every request to come would wait for the same
                self._bookmarks.manager = GraphDatabase.bookmark_manager()
            raise errors.BookmarkTimeoutError(
                "Neo4j does not reach what this server wrote or read before.",
                hint="A server of the cluster lags far behind, or the database was restored. Send the request again.",
            ) from error


def _parameters(params: object) -> dict[str, Any]:
    return {name: getattr(params, name) for name in getattr(type(params), "__dataclass_fields__", {})}


@contextmanager
def _our_errors() -> Iterator[None]:
    """Turn the driver's errors into ours, so that no host, query or credential gets out."""
    try:
        yield
    except AuthError as error:
        raise errors.DatabaseAuthError("Neo4j refuses the credentials.") from error
    except IncompleteCommit as error:
        raise UnknownOutcomeError("The connection to Neo4j broke while committing.") from error
    except ClientError as error:
        raise _client_error(error) from error
    except (ServiceUnavailable, TransientError, DriverError) as error:
        raise _unavailable(error) from error
    except DatabaseError as error:
        raise errors.DatabaseUnavailableError(
            "Neo4j failed inside.",
            hint="Its log says why; most often the disk is full. The managed one's: `lineage db logs`.",
        ) from error


def _unavailable(error: Exception) -> errors.RegistryError:
    if isinstance(error, TransientError) and "OutOfMemory" in (error.code or ""):
        return errors.DatabaseUnavailableError(
            "Neo4j has not enough memory for this.",
            hint="Ask for less, send smaller batches, or give Neo4j more memory.",
        )
    return errors.DatabaseUnavailableError("Neo4j does not answer.")


def _client_error(error: ClientError) -> Exception:
    """The error of ours that the client or the configuration is to blame for; otherwise the error as it is."""
    code = error.code or ""
    return next((make() for part, make in _BY_CODE.items() if part in code), error)


_BY_CODE: dict[str, Callable[[], errors.RegistryError]] = {
    "TransactionTimedOut": lambda: errors.QueryTimeoutError("The query took longer than it may and was stopped."),
    "DatabaseNotFound": lambda: errors.ConfigurationError(
        "Neo4j has no database of that name.", hint="Check NEO4J_DATABASE, or unset it for the home database."
    ),
    "AuthenticationRateLimit": lambda: errors.DatabaseAuthError(
        "Neo4j refuses the credentials, and refuses to look again for some seconds, after several wrong ones."
    ),
    "CredentialsExpired": lambda: errors.DatabaseAuthError(
        "Neo4j wants this password changed first.", hint="Change it with cypher-shell or Neo4j Browser."
    ),
    "Security.Forbidden": lambda: errors.ConfigurationError(
        "The Neo4j user lacks a right that the registry needs.",
        hint="`docs/how-to/connect-neo4j.md` lists the rights to grant.",
    ),
    "InvalidBookmark": lambda: errors.InvalidRequestError(
        "That is not a bookmark of this database.", hint="Send the header Lineage-Bookmark as a write answered it."
    ),
}
