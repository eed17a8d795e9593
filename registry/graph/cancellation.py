"""Stopping reads that nobody waits for any more, in this process and in the database.

The synchronous driver has no call that stops a running statement from another thread. Neo4j ends a transaction
as soon as the connection that it came over is gone, on every server of a cluster and without rights to manage
transactions, so that is what is done: the connection of each read under way is cut, and the thread that waits
for it gets an error at once. The pool opens another connection when one is needed; other reads notice nothing.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import neo4j

from registry.errors import RequestDroppedError


class Cancellation:
    """The reads of one request, which can be stopped together from any thread. Once stopped it stays so."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[neo4j.Session, Any] = {}  # with the connection that was cut under it
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stopped.is_set()

    @property
    def running(self) -> bool:
        """Whether a read is under way."""
        return bool(self._running)

    def stop(self) -> bool:
        """Stop what runs and refuse what would come; whether nothing runs now. Never waits.

        A read that is still on its way to a connection cannot be reached, and neither has one that was just cut
        left yet: call again a moment later until it is true.
        """
        with self._lock:
            self._stopped.set()
            for session, cut in self._running.items():
                if cut is None:
                    self._running[session] = _cut(session)
            return not self._running

    @contextmanager
    def covering(self, session: neo4j.Session) -> Iterator[None]:
        """Within, the session is cut by :meth:`stop`. Raises RequestDroppedError then, and where it came before."""
        with self._lock:
            if self._stopped.is_set():
                raise _dropped()
            self._running[session] = None
        try:
            yield
        except Exception as error:
            # Whatever a connection raises that is cut in the middle of something.
            if self._stopped.is_set():
                self._close(session)
                raise _dropped() from error
            raise
        finally:
            with self._lock:
                del self._running[session]

    def _close(self, session: neo4j.Session) -> None:
        """Give the socket of a connection that was cut back to the system."""
        with self._lock:
            connection = self._running[session]
        if connection is not None:
            connection.kill()


_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


@contextmanager
def cancelled_by(cancellation: Cancellation | None) -> Iterator[None]:
    """Within, and in tasks and worker threads started there, every read can be stopped by this; None: by nobody."""
    token = _current.set(cancellation)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def stoppable(session: neo4j.Session) -> Iterator[None]:
    """Within, the session's statement is stopped with the request that it belongs to, if it belongs to one.

    Raises RequestDroppedError when that happens.
    """
    cancellation = _current.get()
    if cancellation is None:
        yield
        return
    with cancellation.covering(session):
        yield


def _cut(session: neo4j.Session) -> Any:
    """End the connection under a session, from any thread; None where it has none yet.

    The driver has this for its asynchronous sessions (`AsyncSession.cancel`) and no public name for it on
    synchronous ones; a test on a real Neo4j says so if what is used here changes. The socket is shut down and
    not closed: its number could be another connection's before the thread that waits on it wakes up, which would
    then read what isn't its own. In the moment in which a result is complete the connection may be another
    read's already: that one is tried again, as after any lost connection.
    """
    connection: Any = session._connection  # noqa: SLF001 - see above
    if connection is not None:
        connection._closing = True  # noqa: SLF001 - else the driver takes the server for dead and drops idle connections
        with suppress(OSError):  # it was gone already
            socket.socket.shutdown(connection.socket._socket, socket.SHUT_RDWR)  # noqa: SLF001
    return connection


def _dropped() -> RequestDroppedError:
    return RequestDroppedError("Nobody waits for this answer any more, so it was stopped.")
