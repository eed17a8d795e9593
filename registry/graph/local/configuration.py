"""What ``neo4j.conf`` says, and the environment that Neo4j runs in. Written anew at each start."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from registry.graph.local.layout import Layout

LOOPBACK = "127.0.0.1"

_COMMON = {
    "server.http.enabled": "false",
    "server.https.enabled": "false",
    "dbms.usage_report.enabled": "false",
    "dbms.security.allow_csv_import_from_file_urls": "false",
    "db.transaction.timeout": "10m",
    "db.lock.acquisition.timeout": "10s",
    # One server has what it committed: a bookmark that it lacks comes from before a restore, and never arrives.
    "db.transaction.bookmark_ready_timeout": "2s",
    # A log file is preallocated for each of two databases: 512 MB of an empty store with the default size.
    "db.tx_log.rotation.size": "32M",
    "db.tx_log.rotation.retention_policy": "1 days 512M",
    # A planned walk weighs up to a megabyte: the default of 1,000 statements fills a small heap.
    "server.memory.query_cache.per_db_cache_num_entries": "200",
    # By default Bolt is quiet for ten seconds after the databases were closed: nobody is on this machine to wait for.
    "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
}
_OF_LINE = {
    "2026": {"server.fleet_discovery.enabled": "false"},
    "5": {},
}

#: Settings of ours and of others that must not reach Java. JDK_JAVA_OPTIONS does: its user means this Java.
_DROPPED = ("NEO4J_", "LINEAGE_", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")


def render_configuration(layout: Layout, port: int, page_cache: str, data: Path | None = None) -> str:
    """The text of ``neo4j.conf``: Bolt on loopback, nothing else listens, nothing is reported to anybody.

    ``data`` stands in for the layout's data folder where a load builds a new one.
    """
    entries = {
        "server.directories.data": str(data or layout.data),
        "server.directories.logs": str(layout.logs),
        "server.directories.import": str(layout.root / "import"),
        "server.directories.plugins": str(layout.root / "plugins"),
        "server.directories.run": str(layout.root / "run"),
        "server.default_listen_address": LOOPBACK,
        "server.default_advertised_address": LOOPBACK,
        "server.bolt.listen_address": f"{LOOPBACK}:{port}",
        "server.bolt.advertised_address": f"{LOOPBACK}:{port}",
        "server.memory.pagecache.size": page_cache,
        **_COMMON,
        **_OF_LINE[layout.line],
    }
    lines = (f"{name}={value.replace(chr(92), chr(92) * 2)}\n" for name, value in entries.items())
    return "# Written at each start; changes are lost.\n" + "".join(lines)


def write_configuration(layout: Layout, port: int, page_cache: str, data: Path | None = None) -> None:
    """Write ``neo4j.conf``. Raises OSError."""
    (layout.conf / "neo4j.conf").write_text(render_configuration(layout, port, page_cache, data), encoding="utf-8")


def java_environment(layout: Layout) -> dict[str, str]:
    """The environment for Neo4j and its admin commands: this process's, without settings and secrets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    return kept | {"NEO4J_HOME": str(layout.root), "NEO4J_CONF": str(layout.conf)}


def choose_port(previous_uri: str | None) -> int:
    """A free port on loopback: the one used last time if it is free, so that bookmarks in tools stay right."""
    previous = urlsplit(previous_uri).port if previous_uri else None
    for port in filter(None, (previous, None)):
        if _is_free(port):
            return port
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
