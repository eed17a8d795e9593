"""What was seen of MLflow, on its way to the registry: built and spooled on a thread of its own."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from secrets import token_hex
from time import time_ns

from lineage_client.capture import sending
from lineage_client.capture.delivery import open_delivery
from lineage_client.capture.later import Later, Worker
from lineage_client.capture.places import spool_folder
from lineage_client.capture.quiet import quietly
from lineage_client.capture.records import Record, now
from lineage_client.capture.settings import seconds
from lineage_client.capture.telling import events_of

_WAIT_SECONDS = 2.0
Told = tuple[str | None, list[Record]]
"""When it happened (RFC 3339; now where that is None), and the records."""


class Telling:
    """Tells the registry what a store did; ``namespace`` is where the names of this MLflow go."""

    def __init__(self) -> None:
        self.namespace = os.environ.get("LINEAGE_MLFLOW_NAMESPACE") or "mlflow"

    def tell(self, build: Callable[[], Told]) -> None:
        """Have the records built and sent, soon; what goes wrong with that is one warning."""
        _queue.put(lambda: _spool(build))


def _spool(build: Callable[[], Told]) -> None:
    with quietly("what was done in MLflow could not be told of"):
        time, records = build()
        if not records:
            return
        # Of statements of one millisecond the later one has to win: ids settle that, in their order.
        event_id = f"mlflow/{time_ns():020d}-{token_hex(4)}"
        delivery = open_delivery(None)
        try:
            delivery.finish(list(events_of(event_id, time or now(), records)), None)
        finally:
            delivery.close()


class _Queue:
    """One thread; at the end of the process it is waited for, but not for long."""

    def __init__(self) -> None:
        self._worker = Worker("lineage mlflow")
        self._last: Later[None] | None = None
        self._lock = threading.Lock()
        self._ends = False

    def put(self, work: Callable[[], None]) -> None:
        """Do it soon; now, where the process ends already, as MLflow ends runs that were left open."""
        with self._lock:
            if not self._ends:
                self._last = self._worker.later(work)
                return
        work()
        sending.flush(folder=spool_folder(), request_seconds=_WAIT_SECONDS)

    def end(self) -> None:
        """Wait for what is under way."""
        with self._lock:
            self._ends = True
            last = self._last
        if last is not None:
            with quietly("what was done in MLflow could not be told of in time"):
                last.result(seconds("LINEAGE_CAPTURE_WAIT", _WAIT_SECONDS))

    def forget(self) -> None:
        """A forked child has no such thread."""
        self.__init__()  # type: ignore[misc]


_queue = _Queue()
atexit.register(_queue.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_queue.forget)
