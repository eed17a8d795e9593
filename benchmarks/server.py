"""A server to measure: ``lineage up`` with the managed Neo4j, on temporary folders and a free port."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import neo4j
import psutil

from registry.graph import local
from registry.graph.database import Database
from registry.graph.migrate import migrate
from registry.settings import Settings


@dataclass(frozen=True, slots=True)
class MeasuredServer:
    """Where the server is, how to get past it to its Neo4j, and its process."""

    url: str
    settings: Settings
    process: psutil.Process

    @contextmanager
    def driver(self) -> Iterator[neo4j.Driver]:
        """The bare driver to the same Neo4j."""
        server = local.running(self.settings)
        if server is None:
            raise RuntimeError("the managed Neo4j is not running")
        quiet = neo4j.NotificationMinimumSeverity.OFF  # as the product's own driver: notes cost time on every answer
        login = (server.username, server.password)
        with neo4j.GraphDatabase.driver(server.uri, auth=login, notifications_min_severity=quiet) as driver:
            yield driver


@contextmanager
def measured_server(
    heap: str = "2g", page_cache: str = "1g", *, prepare: Callable[[Settings], None] | None = None, **more: str
) -> Iterator[MeasuredServer]:
    """Start it, wait until it is ready, and stop it at the end.

    ``prepare`` may fill the data folder before; ``more`` are further settings of the environment.
    """
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        environment = server_environment(Path(folder), heap, page_cache) | more
        named = {name: value for name, value in environment.items() if name.startswith("LINEAGE_")}
        settings = Settings.model_validate({name.removeprefix("LINEAGE_").lower(): named[name] for name in named})
        if prepare is not None:
            prepare(settings)
        with running_server(environment, Path(folder) / "up.log") as (process, url):
            yield MeasuredServer(url, settings, psutil.Process(process.pid))


@contextmanager
def measured_database(heap: str = "2g", page_cache: str = "1g") -> Iterator[tuple[Database, Settings]]:
    """A managed Neo4j of its own on temporary folders, brought to this version, and nothing in it."""
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        facts = {"data_dir": f"{folder}/data", "log_dir": f"{folder}/logs", "heap": heap, "page_cache": page_cache}
        settings = Settings.model_validate(facts)
        server = local.start(settings, owner="benchmark")
        try:
            with Database(server.uri, server.username, server.password) as database:
                migrate(database)
                yield database, settings
        finally:
            local.stop(settings)


@contextmanager
def peak_memory(process: psutil.Process) -> Iterator[list[int]]:
    """Memory of the process before, and its peak while the block runs, in bytes."""
    memory = [process.memory_info().rss] * 2
    done = threading.Event()

    def watch() -> None:
        with suppress(psutil.NoSuchProcess):  # it may end before the block does
            while not done.wait(0.005):
                memory[1] = max(memory[1], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield memory
    finally:
        done.set()
        watcher.join()


def server_environment(folder: Path, heap: str, page_cache: str) -> dict[str, str]:
    """The environment of a server that shares nothing with the user's own but the cache."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LINEAGE_", "NEO4J_"))}
    os.environ["LINEAGE_TOKEN"] = secrets.token_urlsafe(32)  # for the clients of this process and those that it starts
    return kept | {
        "LINEAGE_ADMINISTRATOR_TOKEN": os.environ["LINEAGE_TOKEN"],
        "LINEAGE_DATA_DIR": str(folder / "data"),
        "LINEAGE_LOG_DIR": str(folder / "logs"),
        "LINEAGE_PORT": str(_free_port()),
        "LINEAGE_HEAP": heap,
        "LINEAGE_PAGE_CACHE": page_cache,
        "LINEAGE_LOG_LEVEL": "warning",
    }


def authorization() -> dict[str, str]:
    """What a request to the measured server carries."""
    return {"Authorization": f"Bearer {os.environ['LINEAGE_TOKEN']}"}


@contextmanager
def running_server(environment: dict[str, str], log: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """``lineage up`` in the foreground, ready to serve; ended by Ctrl-C."""
    url = f"http://127.0.0.1:{environment['LINEAGE_PORT']}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "registry.cli", "up"], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_ready(process, url, log)
            yield process, url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{log.read_text()[-3000:]}")
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.05)
    raise RuntimeError("the server did not become ready in ten minutes")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
