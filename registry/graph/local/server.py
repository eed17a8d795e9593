"""Starting, joining and stopping the managed local Neo4j."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry.errors import LocalServerError
from registry.graph.local import keeper as keeper_script
from registry.graph.local import ownership
from registry.graph.local.admin import AdminTool
from registry.graph.local.configuration import LOOPBACK, choose_port, java_environment, write_configuration
from registry.graph.local.diagnosis import is_port_conflict
from registry.graph.local.graphiql import ensure_graphiql
from registry.graph.local.jars import JarCache
from registry.graph.local.java import find_java, write_arguments
from registry.graph.local.layout import Layout, reason_of
from registry.graph.local.lock import read_lock
from registry.graph.local.memory import choose_memory, collector_options
from registry.graph.local.password import USERNAME, read_password, set_up_password
from registry.graph.local.readiness import is_listening, wait_until_answering

if TYPE_CHECKING:
    from rich.console import Console

    from registry.graph.local.ownership import Holding
    from registry.settings import Settings

_MAIN_CLASS = {"2026": "org.neo4j.server.Neo4jCommunity", "5": "org.neo4j.server.CommunityEntryPoint"}
#: How long Java may take to close the store before it is ended by force.
GRACE_SECONDS = 40.0
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
        holding.describe(owner, detached=detached)
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
    if (
        record is None
        or not ownership.belongs(layout, record.get("java"))
        or not is_listening(layout, record.get("uri"))
    ):
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
    wait_until_answering(layout, record["uri"], read_password(layout), lambda: ownership.is_held(layout))
    return _described(layout, record, read_password(layout))


def _start_held(
    settings: Settings, holding: Holding, owner: str, detached: bool, console: Console | None
) -> LocalServer:
    layout = holding.layout
    last_uri = ownership.read_record(layout).get("last_uri")
    java = find_java(settings)
    jars = JarCache(settings).ensure(read_lock(f"neo4j-{layout.line}"), console)
    ensure_graphiql(settings)
    heap, page_cache = choose_memory(settings)
    write_arguments(layout.arguments, jars, [f"-Xmx{heap}", *collector_options(heap)])
    write_configuration(layout, choose_port(None), page_cache)
    password = set_up_password(layout, AdminTool(java, layout.arguments, holding))
    working = console.status("Starting Neo4j …") if console is not None and console.is_terminal else nullcontext()
    with working:
        for remaining in reversed(range(_PORT_TRIES)):
            port = choose_port(last_uri)
            write_configuration(layout, port, page_cache)
            uri = f"bolt://{LOOPBACK}:{port}"
            record = holding.describe(owner, detached=detached, uri=uri, debug_log_from=_size(layout.debug_log))
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
        wait_until_answering(layout, record["uri"], password, lambda: child.poll() is None)
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


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _described(layout: Layout, record: dict[str, Any], password: str) -> LocalServer:
    return LocalServer(record["uri"], USERNAME, password, layout.line, int(record["java"]), layout.root)


def _forget(layout: Layout) -> None:
    """Let go of the keeper of an ended server."""
    child = _children.pop(layout.root, None)
    if child is not None:
        if child.stdin is not None:
            child.stdin.close()
        child.wait(GRACE_SECONDS + 10)
