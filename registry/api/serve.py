"""The server process: take the port, open the database, bring it up to date, serve until told to stop."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

import structlog
import uvicorn

from registry.api.app import create_app
from registry.api.exposure import refuse_clear_text
from registry.api.logging import configure_logging
from registry.api.request_head import HeadGuard
from registry.api.tls import tls_of
from registry.audit.anchoring import Anchoring, transparency_log
from registry.audit.publication import Publication
from registry.audit.publishing_thread import PublishingThread
from registry.audit.witnessing import Witnesses, read_witnesses
from registry.errors import (
    AlreadyRunningError,
    ConfigurationError,
    DatabaseAuthError,
    DatabaseUnavailableError,
    KeyServiceUnavailableError,
    RegistryError,
)
from registry.graph import local
from registry.graph.database import Database, refuse_unencrypted
from registry.graph.migrate import check_ready, migrate
from registry.identity.administrator import AdministratorToken, prepare_administrator
from registry.settings import Settings, own_url
from registry.sources.file import read_sources
from registry.sources.scheduler import Lend, Scheduler
from registry.sources.store import SourceStore
from registry.writer import Writer

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FINISH_SECONDS = 30
_KEEP_ALIVE_SECONDS = 30
_COLLECT_AFTER = (50_000, 20, 50)
_UNSERVABLE = (ConfigurationError, DatabaseUnavailableError, DatabaseAuthError, KeyServiceUnavailableError)
_log = structlog.get_logger("lineage.serve")


class _StoppedError(BaseException):
    """Somebody asked the process to stop; unwinds whatever is going on, so that everything is closed."""


OnReady: TypeAlias = Callable[[str, AdministratorToken], None]


def serve(settings: Settings, *, on_ready: OnReady | None = None) -> None:
    """Serve the API until SIGINT or SIGTERM; then finish the requests in flight and stop the managed Neo4j too.

    ``on_ready`` gets the base URL, and what became of the administrator's token, once requests are answered. Sources on
    its list are read as long as it serves.
    Raises AlreadyRunningError (port or data folder
    in use; nothing was started then), ConfigurationError, LocalServerError, DatabaseUnavailableError,
    DatabaseAuthError, SchemaNotReadyError: an unready database is never served. KeyServiceUnavailableError where a key is
    in a service that does not answer.
    """
    configure_logging(settings)
    refuse_clear_text(settings)
    tls_of(settings)  # a certificate that cannot be used is said before anything starts
    read_sources(settings.sources_file)  # a list that cannot be used is said before anything starts
    try:
        with _stop_on_signals(), listen(settings) as listener, open_database(settings) as database:
            prepare(database, settings)
            token = prepare_administrator(database, settings)
            _run(settings, database, listener, lambda url: on_ready(url, token) if on_ready is not None else None)
    except _StoppedError:
        pass
    _log.info("stopped")


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A socket on the port, bound before anything slow begins. Raises AlreadyRunningError, ConfigurationError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            # Not listening yet: whoever connects before we are ready is refused instead of kept waiting.
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise _no_port(settings, error) from error
        yield listener
    finally:
        listener.close()


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The database that the settings name, or the managed local one, started and stopped with this block."""
    if settings.neo4j_uri is not None:
        with Database.from_settings(settings) as database:
            database.verify()
            yield database
        return
    refuse_unencrypted(settings)
    server = local.start(settings, owner="lineage up")
    joined = bool((local.holder(settings) or {}).get("detached"))  # somebody keeps it running for others
    try:
        with Database(
            server.uri, server.username, server.password, query_timeout=settings.query_timeout_seconds
        ) as database:
            yield database
    finally:
        if not joined:
            local.stop(settings)


def prepare(database: Database, settings: Settings) -> None:
    """Bring the database to this version where the settings allow it, and make sure that it is there."""
    if settings.migrate == "auto":
        applied = migrate(database)
        if applied:
            _log.info("migrated", migrations=list(applied))
    check_ready(database)


def _run(settings: Settings, database: Database, listener: socket.socket, on_ready: Callable[[str], None]) -> None:
    url = own_url(settings, listener.getsockname()[1])
    server = _Server(settings, database, lambda: _announce(url, on_ready), url)
    server.take_up_ledger()
    server.try_keys()
    _spare_the_collector()
    try:
        server.run(sockets=[listener])
    except OSError as error:  # another process bound the same port and listened first
        raise _no_port(settings, error) from error


class _Server(uvicorn.Server):
    def __init__(
        self,
        settings: Settings,
        database: Database,
        announce: Callable[[], None],
        url: str | None = None,
    ) -> None:
        """Where the sources on its list are read, ``url`` is what their runs are clients of."""
        tls = tls_of(settings)
        self._app = create_app(settings, database)
        lend = self._app.state.authenticator.process_tokens.lend
        self._scheduler = None if url is None else _scheduler(settings, database, url, lend)
        self._app.state.scheduler = self._scheduler
        config = uvicorn.Config(
            self._app,
            http=HeadGuard,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls.context,
            loop="auto",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="on",
            timeout_graceful_shutdown=_FINISH_SECONDS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
        super().__init__(config)
        self._announce = announce
        self._ledger = PublishingThread(
            self._app.state.ledger,
            settings.ledger_publish_seconds,
            witnesses=Witnesses(read_witnesses(settings.ledger_witnesses_file)),
        )
        log = transparency_log(settings)
        self._anchoring = None if log is None else Anchoring(self._app.state.ledger, log, settings.ledger_rekor_seconds)

    def take_up_ledger(self) -> None:
        """Begin the ledger or go on with it, before anything is answered.

        Raises ConfigurationError, and KeyServiceUnavailableError where the key that signs is in a service that is away.
        """
        ledger: Publication = self._app.state.ledger
        try:
            ledger.publish(_tell_of_inventory)
        except _UNSERVABLE:
            raise
        except RegistryError as error:  # reading goes on; what is refused is told by whoever refuses it
            _log.error("ledger", code=error.code, message=error.message, hint=error.hint)

    def try_keys(self) -> None:
        """Have keys that are in a key service show that they work. Raises KeyServiceUnavailableError, ConfigurationError."""
        writer: Writer = self._app.state.writer
        writer.vault.keys.check()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            if self._scheduler is not None:
                self._scheduler.start()
            self._ledger.start()
            if self._anchoring is not None:
                self._anchoring.start()
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.watches.close()  # else they would be waited for like any request
        if self._scheduler is not None:
            await asyncio.to_thread(self._scheduler.stop)  # first: its runs are clients of this server
        await super().shutdown(sockets)
        if self._anchoring is not None:
            await asyncio.to_thread(self._anchoring.stop)
        await asyncio.to_thread(self._ledger.stop)  # last: what was done until now is signed


def _tell_of_inventory(done: int, total: int) -> None:
    if done == total or done % 50_000 == 0:
        _log.info("ledger_begins", entities=done, of=total)


def _scheduler(settings: Settings, database: Database, url: str, lend: Lend) -> Scheduler | None:
    """The scheduler of this server, not started yet; None where no source is on its list."""
    sources = read_sources(settings.sources_file)
    if not sources:
        return None
    return Scheduler(SourceStore(database), sources, url, lend, at_once=settings.sources_at_once)


def _spare_the_collector() -> None:
    """Keep what lives as long as the process out of garbage collection, and collect less often.

    An answer is thousands of small objects without cycles; with Python's own settings, looking for cycles among
    them and the whole schema took most of the time of completing them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def _announce(url: str, on_ready: Callable[[str], None]) -> None:
    _log.info("serving", url=url)
    on_ready(url)


def _no_port(settings: Settings, error: OSError) -> AlreadyRunningError | ConfigurationError:
    if error.errno == errno.EADDRINUSE:
        return AlreadyRunningError(
            f"Port {settings.port} on {settings.host} is in use.",
            hint="Stop what uses it (`lineage status`, `lineage down`), or choose another port with LINEAGE_PORT.",
            port=settings.port,
        )
    return ConfigurationError(
        f"The API cannot listen on {settings.host} port {settings.port}: {error.strerror or type(error).__name__}.",
        hint="Choose another address with LINEAGE_HOST or another port with LINEAGE_PORT.",
    )


@contextmanager
def _stop_on_signals() -> Iterator[None]:
    """Within, the first signal unwinds the block and the following ones are ignored, so that closing can finish."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        for item in _SIGNALS:
            signal.signal(item, signal.SIG_IGN)
        raise _StoppedError

    before = {item: signal.signal(item, stop) for item in _SIGNALS}
    try:
        yield
    finally:
        for item, handler in before.items():
            signal.signal(item, handler)
