"""The server in a process of its own: start it, follow its start, tell why when it fails; stop it and wait."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from registry.cli.client import Client, error_from
from registry.cli.foreground import fetch_neo4j, refuse_taken_port
from registry.cli.server_file import ServerRecord, already_running, running_server, server_path
from registry.errors import ConfigurationError, LocalServerError, QueryTimeoutError, RegistryError
from registry.settings import Settings

_TICK_SECONDS = 0.2
_LOG_LINES = 12


def start_in_background(settings: Settings, console: Console, seconds: float) -> tuple[ServerRecord, str | None]:
    """Start the server, wait until it is ready, show what it is doing; its record, and its token where that is new.

    Raises AlreadyRunningError, whatever keeps the server from starting, and QueryTimeoutError when it is not
    ready after ``seconds``; it goes on starting then.
    """
    running = running_server(settings)
    if running is not None:
        raise already_running(running, server_path(settings).parent)
    refuse_taken_port(settings.host, settings.port)
    fetch_neo4j(settings, console)
    log = _open_log(settings)
    child, listening = _launch(settings, log)
    try:
        with console.status("Starting") as status:
            token = _follow(
                child, listening, settings, log, time.monotonic() + seconds, lambda step: status.update(step)
            )
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    finally:
        os.close(listening)
    record = running_server(settings)
    if record is None:
        raise _died(child, log)
    return record, token


def stop_server(record: ServerRecord, settings: Settings, console: Console, *, seconds: float, force: bool) -> None:
    """Stop a running server and wait until it and its managed Neo4j are gone; by force after that, where asked for.

    Raises ConfigurationError where it is not ours to stop, LocalServerError where it does not end.
    """
    with console.status("Stopping"):
        _signal(record, signal.SIGTERM)
        if not _wait(lambda: not record.is_alive(), seconds):
            if not force:
                raise LocalServerError(
                    f"The server (process {record.pid}) did not stop within {seconds:g} seconds.",
                    hint="It may be finishing long requests: wait, or end it with `lineage down --force`.",
                    pid=record.pid,
                )
            _signal(record, signal.SIGKILL)
            _wait(lambda: not record.is_alive(), seconds)
        if record.neo4j == "managed":
            _wait(lambda: not _holds_neo4j(settings, record), seconds)


def _launch(settings: Settings, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    listening, telling = os.pipe()
    # -P: a folder called `queries` where the command is given must not stand in for ours.
    command = [sys.executable, "-P", "-m", "registry.cli", "up", "--tell", str(telling), "--log", str(log)]
    command += ["--host", settings.host, "--port", str(settings.port)]
    try:
        with log.open("wb") as file:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, pass_fds=(telling,), start_new_session=True
            )
    finally:
        os.close(telling)
    return child, listening


def _follow(
    child: subprocess.Popen[bytes],
    listening: int,
    settings: Settings,
    log: Path,
    deadline: float,
    show: Callable[[str], None],
) -> str | None:
    """Return once the server has said that it is ready and /readyz agrees; the administrator's token where it is new."""
    while time.monotonic() < deadline:
        show(f"{_step(settings)} …")
        if not select.select([listening], [], [], _TICK_SECONDS)[0]:
            continue
        message = _read_message(listening)
        if message is None:
            child.wait()
            raise _died(child, log)
        if "error" in message:
            child.wait()
            raise error_from(message["error"])
        with Client(message["ready"]) as client:
            if _wait(lambda: client.readiness()[0], max(0.0, deadline - time.monotonic())):
                made: str | None = message.get("token")
                return made
    raise QueryTimeoutError(
        "The server is not ready yet; it goes on starting in the background.",
        hint=f"Look again with `lineage status`; its log is {log}. `lineage down` stops it.",
    )


def _step(settings: Settings) -> str:
    """What the start is busy with, as seen from outside."""
    if settings.neo4j_uri is not None:
        return "Starting the API"
    from registry.graph import local

    return "Starting Neo4j" if local.running(settings) is None else "Preparing the database and starting the API"


def _read_message(listening: int) -> dict[str, Any] | None:
    """One line from the server; None when it has ended. Lines are shorter than a pipe takes at once."""
    line = os.read(listening, 65_536).split(b"\n", 1)[0]
    return json.loads(line) if line else None


def _open_log(settings: Settings) -> Path:
    """An empty log for the server in the background; the log of the run before is kept beside it."""
    log = settings.log_dir.expanduser().absolute() / "server.log"
    try:
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("wb"):
            return log
    except OSError as error:
        raise ConfigurationError(
            f"The log {log} cannot be written: {(error.strerror or type(error).__name__).lower()}.",
            hint="Repair that folder, or choose another with LINEAGE_LOG_DIR.",
        ) from error


def _died(child: subprocess.Popen[bytes], log: Path) -> RegistryError:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    shown = "".join(f"\n  {line[:300]}" for line in lines)
    return LocalServerError(
        f"The server ended while it was starting (exit code {child.poll()}).{shown}", hint=f"All of it is in {log}."
    )


def _signal(record: ServerRecord, number: signal.Signals) -> None:
    try:
        if record.is_alive():  # as late as possible: process numbers are used again
            os.kill(record.pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise ConfigurationError(
            f"The server (process {record.pid}) belongs to another user.", hint="Ask them to stop it."
        ) from error


def _holds_neo4j(settings: Settings, record: ServerRecord) -> bool:
    from registry.graph import local

    holder = local.holder(settings)
    return holder is not None and holder.get("pid") == record.pid


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_TICK_SECONDS / 4)
    return True
