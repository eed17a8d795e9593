"""Starting, joining and stopping the managed local Neo4j."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import neo4j
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from registry.errors import LocalServerError
from registry.graph.local import keeper as keeper_script
from registry.graph.local import ownership
from registry.graph.local.admin import AdminTool
from registry.graph.local.configuration import LOOPBACK, choose_port, java_environment, write_configuration
from registry.graph.local.diagnosis import is_port_conflict, start_failure
from registry.graph.local.graphiql import ensure_graphiql
from registry.graph.local.jars import JarCache
from registry.graph.local.java import find_java, write_arguments
from registry.graph.local.layout import Layout, reason_of
from registry.graph.local.lock import read_lock
from registry.graph.local.memory import choose_memory
from registry.graph.local.password import USERNAME, read_password, set_up_password

if TYPE_CHECKING:
    from rich.console import Console

    from registry.graph.local.ownership import Holding
    from registry.settings import Settings

_MAIN_CLASS = {"2026": "org.neo4j.server.Neo4jCommunity", "5": "org.neo4j.server.CommunityEntryPoint"}
#: A start is given up when Neo4j wrote nothing for so long; recovery of a large store keeps writing.
STALL_SECONDS = 90.0
#: How long Java may take to close the store before it is ended by force.
GRACE_SECONDS = 40.0
_POLL_SECONDS = 0.05
_PORT_TRIES = 3

#: Keepers that this process started. Holding on to them keeps the pipes open whose end stops the servers.
_children: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A managed Neo4j that answers: how to connect, and the Java process behind it."""

    uri: str
    username: str
    password: str = field(repr=False)
    line: str
    pid: int
    data_dir: Path


def start(settings: Settings, *, owner: str, detached: bool = False, console: Console | None = None) -> LocalServer:
    """Start the managed Neo4j and wait until it answers on Bolt with its password.

    Fetches what is missing first. ``owner`` says in people's words what the server is started for (``lineage up``).
    Unless ``detached``, it stops when the calling process ends, in whatever way. Where a detached server already
    runs on this data folder it is joined: returned as it is, and left running by its own rules.

    Raises AlreadyRunningError (somebody else's server holds the data folder), DownloadError, LocalServerError (with
    the reason, the last lines of the log and what to do).
    """
    layout = Layout.of(settings)
    layout.prepare()
    if joined := _join(layout):
        return joined
    holding = ownership.hold(layout)
    try:
        last_uri = ownership.read_record(layout).get("uri")
        holding.describe(owner, detached=detached, uri=last_uri)
        return _start_held(settings, holding, owner, detached, console)
    except OSError as error:
        raise LocalServerError(
            f"The managed Neo4j in {layout.root} could not be prepared: {reason_of(error)}.",
            hint="Repair that folder, or choose another with LINEAGE_DATA_DIR.",
        ) from error
    finally:
        holding.close()


def stop(settings: Settings, *, timeout: float = 60) -> bool:
    """Stop the managed Neo4j on this data folder, cleanly, by force after ``timeout`` seconds.

    True: it ran and is stopped, nothing holds the folder. False: nothing was running. Raises AlreadyRunningError
    when the folder is held for other work (a dump, a load, a start that is still fetching jars).
    """
    layout = Layout.of(settings)
    if not ownership.is_held(layout):
        return False
    record = ownership.read_record(layout)
    if "keeper" not in record:
        raise ownership.in_use(layout, record)
    if ownership.belongs(layout, record["keeper"]):
        ownership.send(record["keeper"], signal.SIGTERM)
    else:
        ownership.end_orphan(layout, record)
    if not ownership.wait_until_free(layout, timeout):
        for name in ("java", "keeper"):
            if ownership.belongs(layout, record.get(name)):
                ownership.send(record[name], signal.SIGKILL)
        ownership.wait_until_free(layout, 10)
    _forget(layout)
    return True


def running(settings: Settings) -> LocalServer | None:
    """The managed Neo4j of this data folder if it runs and accepts connections, whoever started it; else None."""
    layout = Layout.of(settings)
    record = ownership.holder(layout)
    if record is None or not ownership.belongs(layout, record.get("java")) or not _accepts(record.get("uri")):
        return None
    return _described(layout, record, read_password(layout))


def holder(settings: Settings) -> dict[str, Any] | None:
    """Who holds the data folder (``owner``, ``pid``, ``since``, ``detached``, ``uri``, …), or None."""
    return ownership.holder(Layout.of(settings))


def _join(layout: Layout) -> LocalServer | None:
    """A detached server that runs or is starting, once it answers."""
    record = ownership.holder(layout)
    if not record or not record.get("detached") or not ownership.belongs(layout, record.get("java")):
        return None
    _wait_until_answering(layout, record["uri"], read_password(layout))
    return _described(layout, record, read_password(layout))


def _start_held(
    settings: Settings, holding: Holding, owner: str, detached: bool, console: Console | None
) -> LocalServer:
    layout = holding.layout
    last_uri = ownership.read_record(layout).get("uri")
    java = find_java(settings)
    jars = JarCache(settings).ensure(read_lock(f"neo4j-{layout.line}"), console)
    ensure_graphiql(settings)
    heap, page_cache = choose_memory(settings)
    write_arguments(layout.arguments, jars, [f"-Xmx{heap}"])
    write_configuration(layout, choose_port(None), page_cache)
    password = set_up_password(layout, AdminTool(java, layout.arguments, holding))
    working = console.status("Starting Neo4j …") if console is not None and console.is_terminal else nullcontext()
    with working:
        for remaining in reversed(range(_PORT_TRIES)):
            port = choose_port(last_uri)
            write_configuration(layout, port, page_cache)
            uri = f"bolt://{LOOPBACK}:{port}"
            record = holding.describe(owner, detached=detached, uri=uri)
            try:
                return _launch(holding, java, record, password)
            except LocalServerError:
                if not remaining or not is_port_conflict(layout):
                    raise
            last_uri = None
    raise AssertionError("unreachable")


def _launch(holding: Holding, java: Path, record: dict[str, Any], password: str) -> LocalServer:
    """Start the keeper and wait for the server; whatever interrupts that stops it again."""
    layout = holding.layout
    _forget(layout)
    for stale in (layout.output, layout.log):
        stale.unlink(missing_ok=True)
    child = _start_keeper(holding, java, record)
    _children[layout.root] = child
    try:
        _wait_until_answering(layout, record["uri"], password, child)
        return _described(layout, ownership.read_record(layout), password)
    except BaseException:
        child.terminate()
        child.wait(GRACE_SECONDS + 10)
        _forget(layout)
        raise


def _start_keeper(holding: Holding, java: Path, record: dict[str, Any]) -> subprocess.Popen[bytes]:
    layout = holding.layout
    arguments = [f"--home-dir={layout.root}", f"--config-dir={layout.conf}"]
    orders = keeper_script.Orders(
        command=[str(java), f"@{layout.arguments}", _MAIN_CLASS[layout.line], *arguments],
        environment=java_environment(layout),
        folder=str(layout.root),
        output=str(layout.output),
        state=str(layout.state),
        record=record,
        lock=holding.descriptor,
        detached=bool(record["detached"]),
        parent=os.getpid(),
        grace=GRACE_SECONDS,
    )
    child = subprocess.Popen(
        [sys.executable, "-I", keeper_script.__file__, str(layout.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=layout.root,
        pass_fds=(holding.descriptor,),
        start_new_session=True,  # Ctrl-C in the owner's terminal is the owner's to handle
    )
    _order(child, orders)
    return child


def _order(child: subprocess.Popen[bytes], orders: keeper_script.Orders) -> None:
    """Hand the keeper its orders. The pipe stays open for as long as this process lives, unless it is detached."""
    pipe = child.stdin
    if pipe is not None:
        pipe.write(json.dumps(orders).encode() + b"\n")
        pipe.flush()
        if orders["detached"]:
            pipe.close()


def _wait_until_answering(
    layout: Layout, uri: str, password: str, child: subprocess.Popen[bytes] | None = None
) -> None:
    """Return once a statement runs. Raises LocalServerError when Neo4j ended, refuses the password or stalls."""
    silent_since = time.monotonic()
    written = _log_size(layout)
    while True:
        if _accepts(uri) and _answers(layout, uri, password):
            return
        record = ownership.read_record(layout)
        if "ended" in record:
            raise start_failure(layout, f"Neo4j ended while starting ({_ending(record)})")
        if (child.poll() is not None) if child else not ownership.is_held(layout):
            raise start_failure(layout, "The process that keeps Neo4j was ended while it was starting")
        if (now_written := _log_size(layout)) != written:
            written, silent_since = now_written, time.monotonic()
        if time.monotonic() - silent_since > STALL_SECONDS:
            raise start_failure(layout, f"Neo4j did not answer and wrote nothing for {STALL_SECONDS:.0f} seconds")
        time.sleep(_POLL_SECONDS)


def _ending(record: dict[str, Any]) -> str:
    code = record.get("code")
    if isinstance(code, int) and code < 0:
        return f"killed by signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _answers(layout: Layout, uri: str, password: str) -> bool:
    try:
        with neo4j.GraphDatabase.driver(uri, auth=(USERNAME, password)) as driver:
            driver.execute_query("RETURN 1")
    except AuthError as error:
        raise LocalServerError(
            f"Neo4j runs but refuses the password in {layout.password}.",
            hint="The file was changed, or belongs to another store. Put the right one back; if it is lost, dump the"
            " stopped database with `lineage db dump FILE` and load it into a new data folder.",
        ) from error
    except (DriverError, Neo4jError):
        return False
    return True


def _accepts(uri: Any) -> bool:
    port = urlsplit(uri).port if isinstance(uri, str) else None
    if port is None:
        return False
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def _log_size(layout: Layout) -> int:
    return sum(path.stat().st_size for path in (layout.output, layout.log, layout.debug_log) if path.exists())


def _described(layout: Layout, record: dict[str, Any], password: str) -> LocalServer:
    return LocalServer(record["uri"], USERNAME, password, layout.line, int(record["java"]), layout.root)


def _forget(layout: Layout) -> None:
    """Let go of the keeper of an ended server."""
    child = _children.pop(layout.root, None)
    if child is not None:
        if child.stdin is not None:
            child.stdin.close()
        child.wait(GRACE_SECONDS + 10)
