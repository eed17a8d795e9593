"""Whether a server that was started answers yet, and when to stop waiting for it."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import neo4j
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from registry.errors import LocalServerError
from registry.graph.local import ownership
from registry.graph.local.configuration import LOOPBACK
from registry.graph.local.diagnosis import start_failure
from registry.graph.local.password import USERNAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.graph.local.layout import Layout

#: A start is given up when Neo4j wrote nothing for so long; recovery of a large store keeps writing.
STALL_SECONDS = 90.0
_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 3.0
_ON_ITS_WAY = frozenset({"online", "starting", "initial", "unknown"})
#: What Neo4j logs once the port is its own.
_LISTENING = b"Bolt enabled on"


def wait_until_answering(layout: Layout, uri: str, password: str, keeper_lives: Callable[[], bool]) -> None:
    """Return once a statement runs. Raises LocalServerError when Neo4j ended, refuses the password or stalls."""
    silent_since, written = time.monotonic(), _log_size(layout)
    while not ((listening := is_listening(layout, uri)) and _answers(layout, uri, password)):
        lives = keeper_lives()
        record = ownership.read_record(layout)
        if "ended" in record:
            raise start_failure(layout, f"Neo4j ended while starting ({_ending(record)})")
        if not lives:
            raise start_failure(layout, "The process that keeps Neo4j was ended while it was starting")
        if not listening and (now_written := _log_size(layout)) != written:
            written, silent_since = now_written, time.monotonic()
        if time.monotonic() - silent_since > STALL_SECONDS:
            what = "runs but did not answer" if listening else "did not answer and wrote nothing"
            raise start_failure(layout, f"Neo4j {what} for {STALL_SECONDS:.0f} seconds")
        time.sleep(_POLL_SECONDS)
    ownership.note_ready(layout)


def is_listening(layout: Layout, uri: Any) -> bool:
    """Whether this very server has its port and takes connections.

    Its own log must say so: whoever else has the port must not be shown the password.
    """
    port = urlsplit(uri).port if isinstance(uri, str) else None
    if port is None or not (ownership.was_ready(layout) or _owns_its_port(layout)):
        return False
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def _owns_its_port(layout: Layout) -> bool:
    try:
        with layout.log.open("rb") as file:
            return any(_LISTENING in line for line in file)
    except OSError:
        return False


def _answers(layout: Layout, uri: str, password: str) -> bool:
    try:
        with neo4j.GraphDatabase.driver(
            uri,
            auth=(USERNAME, password),
            connection_timeout=_ANSWER_SECONDS,
            connection_acquisition_timeout=_ANSWER_SECONDS,
            max_transaction_retry_time=0,
        ) as driver:
            _refuse_failed_database(layout, driver)
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


def _refuse_failed_database(layout: Layout, driver: neo4j.Driver) -> None:
    """Neo4j itself starts where a store cannot be opened: it says so here, and would never answer."""
    statement = "SHOW DATABASE neo4j YIELD currentStatus, statusMessage"
    for status, message in driver.execute_query(statement, database_="system").records:
        if status not in _ON_ITS_WAY:
            said = f": {' '.join(str(message).split())[:300]}" if message else ""
            raise start_failure(layout, f"Neo4j runs but cannot open its database ({status}{said})")


def _ending(record: dict[str, Any]) -> str:
    code = record.get("code")
    if isinstance(code, int) and code < 0:
        return f"killed by signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _log_size(layout: Layout) -> int:
    return sum(path.stat().st_size for path in (layout.output, layout.log, layout.debug_log) if path.exists())
