"""The server in this process: claim the data folder, check the port, serve until told to stop, leave nothing behind."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import psutil
from rich.console import Console

from registry.cli.server_file import claimed
from registry.errors import AlreadyRunningError, ConfigurationError, RegistryError
from registry.settings import Settings

if TYPE_CHECKING:
    from registry.identity.administrator import AdministratorToken


def run_server(
    settings: Settings, console: Console, on_ready: Callable[[str, str | None], None], log: str | None = None
) -> None:
    """Serve until Ctrl-C, SIGTERM or the end of the terminal; the API and a managed Neo4j are stopped by then.

    ``on_ready`` gets the address, and the administrator's token where it is new.

    Raises AlreadyRunningError (the data folder or the port is taken) before anything is started, and what
    `registry.api.serve.serve` raises.
    """
    with claimed(settings, log) as claim, _ending_by_signals():
        refuse_taken_port(settings.host, settings.port)
        console.print("Starting; Ctrl-C stops it.")
        fetch_neo4j(settings, console)
        from registry.api.serve import serve

        def ready(_listening_at: str, token: AdministratorToken) -> None:
            claim.mark_ready()
            on_ready(claim.record.url, token.made)

        serve(settings, on_ready=ready)


def refuse_taken_port(host: str, port: int) -> None:
    """Raise AlreadyRunningError where somebody listens on the port already, ConfigurationError for no such address."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except PermissionError as error:
        raise ConfigurationError(
            f"This user may not listen on port {port}.", hint="Choose one above 1023: `lineage up --port PORT`."
        ) from error
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise ConfigurationError(
                f"This machine has no address {host!r} to listen on.", hint="Correct LINEAGE_HOST or --host."
            ) from error
        raise AlreadyRunningError(
            f"Port {port} on {host} is in use{_by_whom(port)}.",
            hint="Choose another with `lineage up --port PORT` (or LINEAGE_PORT), or end the program that has it.",
            port=port,
        ) from error


def fetch_neo4j(settings: Settings, console: Console) -> None:
    """Fetch the managed Neo4j where it is needed and not there yet, with a progress bar. Raises DownloadError."""
    if settings.neo4j_uri is not None:
        return
    from registry.graph.local.jars import JarCache
    from registry.graph.local.lock import read_lock

    JarCache(settings).ensure(read_lock(f"neo4j-{settings.neo4j_version}"), console)


def tell(descriptor: int | None, message: dict[str, Any]) -> None:
    """Write one line of JSON to whoever started this server in the background; nothing where nobody listens."""
    if descriptor is None:
        return
    try:
        os.write(descriptor, json.dumps(message).encode() + b"\n")
    except OSError:  # they have stopped waiting, which is no reason to stop serving
        return


@contextmanager
def telling_errors(descriptor: int | None) -> Iterator[None]:
    """Send an error that ends the block to whoever started this server, then let it go on."""
    try:
        yield
    except RegistryError as error:
        tell(descriptor, {"error": error.as_problem()})
        raise


@contextmanager
def _ending_by_signals() -> Iterator[None]:
    """SIGTERM and the end of the terminal end the block like Ctrl-C, from the first moment on."""
    handlers = {signal.SIGTERM: _interrupt}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        handlers[signal.SIGHUP] = _terminate
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """Whoever handles SIGTERM at the moment knows how to end."""
    os.kill(os.getpid(), signal.SIGTERM)


def _by_whom(port: int) -> str:
    """Whose port it is, as far as this user may know."""
    for process in psutil.process_iter():
        try:
            listening = {
                item.laddr.port for item in process.net_connections("tcp") if item.status == psutil.CONN_LISTEN
            }
            if port in listening:
                return f" by {process.name()} (process {process.pid})"
        except psutil.Error:
            continue
    return " by another program"
