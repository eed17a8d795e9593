"""PostgreSQL: a cluster of the benchmark's own in a temporary folder, on a Unix socket and nothing else."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.lineage_graph import LineageGraph
from benchmarks.scale.bare_cypher import parameters
from benchmarks.scale.environments import Worker, python_with, worker
from benchmarks.scale.questions import Found, Question, Reply, UnavailableError, Way
from benchmarks.scale.sql import EDGES, NODES, window, write_tables

_PSYCOPG = ["psycopg[binary]==3.3.9"]
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "2GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "512MB",
    "effective_cache_size": "4GB",
    "max_wal_size": "8GB",
    "random_page_cost": "1.1",
    "fsync": "off",  # it only reads once it is loaded
    "jit": "off",  # compiling takes longer than these questions
}
_WHERE = """
edge.true_from <= %(true_by)s AND edge.true_to > %(true_after)s AND edge.recorded_from <= %(known_at)s
  AND edge.recorded_to > %(known_at)s AND edge.family = ANY(%(families)s)
"""
_NAMES = f"""
WITH RECURSIVE reached (id) AS (
  SELECT id FROM node WHERE urn = %(urn)s
  UNION SELECT edge.downstream FROM reached JOIN edge ON edge.upstream = reached.id WHERE {_WHERE}
)
SELECT node.urn, node.kind, NULL::integer FROM reached JOIN node USING (id)
"""
_DEPTHS = f"""
WITH RECURSIVE step (depth, level, seen) AS (
  SELECT 0, ARRAY[id], ARRAY[id] FROM node WHERE urn = %(urn)s
  UNION ALL
  SELECT step.depth + 1, next.level, step.seen || next.level FROM step CROSS JOIN LATERAL (
    SELECT array_agg(id) AS level FROM (
      SELECT edge.downstream AS id FROM unnest(step.level) AS here (id) JOIN edge ON edge.upstream = here.id
      WHERE {_WHERE}
      EXCEPT SELECT unnest(step.seen)
    ) AS new
  ) AS next WHERE next.level IS NOT NULL
)
SELECT node.urn, node.kind, step.depth FROM step CROSS JOIN unnest(step.level) AS found (id) JOIN node USING (id)
"""
_STATEMENTS = [
    NODES,
    EDGES.format(constraint=""),
    "CREATE UNIQUE INDEX ON node (urn) INCLUDE (id)",
    "CREATE UNIQUE INDEX ON edge (upstream, downstream)"
    " INCLUDE (family, true_from, true_to, recorded_from, recorded_to)",
    "VACUUM (FREEZE, ANALYZE)",
]


class _Asked:
    """One statement, asked through the worker, which takes the time."""

    def __init__(self, name: str, text: str, asking: Worker) -> None:
        self.name, self._text, self._asking = name, text, asking

    def ask(self, question: Question) -> Reply:
        values = window(question) | {"families": parameters(question)["families"], "urn": question.urn}
        answer = self._asking.ask(do="ask", text=self._text, parameters=values)
        return Reply(answer["milliseconds"], lambda: self._found(question))

    def _found(self, question: Question) -> Found:
        rows = self._asking.ask(do="rows")["rows"]
        return Found({urn: depth for urn, _, depth in rows if urn != question.urn})


@contextmanager
def postgres_ways(graph: LineageGraph, folder: Path) -> Iterator[list[Way]]:
    """Start a cluster, load the graph, and ask. Raises UnavailableError where there is no PostgreSQL."""
    python = python_with(_PSYCOPG, "3.11")
    write_tables(graph, folder)
    with _cluster(folder) as sockets, worker(python, "postgres_worker.py", folder / "worker.log") as asking:
        asking.ask(do="load", host=str(sockets), folder=str(folder), statements=_STATEMENTS)
        yield [_Asked("PostgreSQL, names only", _NAMES, asking), _Asked("PostgreSQL", _DEPTHS, asking)]


@contextmanager
def _cluster(folder: Path) -> Iterator[Path]:
    """A running cluster; the folder of its socket."""
    programs, user = _programs(), _user()
    with tempfile.TemporaryDirectory(prefix="lineage-pg-") as home:  # a short name: that of a socket may not be long
        if user is not None:
            os.chown(home, user.pw_uid, user.pw_gid)
        with _postgres(programs, Path(home), folder / "postgres.log", user):
            yield Path(home)


@contextmanager
def _postgres(programs: Path, home: Path, log: Path, user: pwd.struct_passwd | None) -> Iterator[None]:
    identity = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    initdb = [programs / "initdb", "-D", home / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, cwd=home, capture_output=True, **identity)  # type: ignore[call-overload]
    options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [programs / "postgres", "-D", home / "data", "-c", f"unix_socket_directories={home}", *options]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=home, stdout=output, stderr=output, **identity)  # type: ignore[call-overload]
    try:
        _wait_for(home, process, log)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait_for(home: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    ready = "database system is ready to accept connections"
    while ready not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL in {home} did not start: {log.read_text()[-1000:]}")
        time.sleep(0.05)


def _programs() -> Path:
    """The folder with initdb and postgres: on the path, or where Debian's package puts them."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    for folder in reversed(folders):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise UnavailableError("PostgreSQL is not installed (Debian and Ubuntu: apt install postgresql)")


def _user() -> pwd.struct_passwd | None:
    """Whom to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]
