"""What the policy file says, told to the ledger by a thread of its own.

Whoever reads the policy may hold the head of the ledger, or keep somebody waiting who does: reading writes nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Final

import structlog

from registry.errors import RegistryError
from registry.grants.stored import note_policy_file
from registry.graph.database import Database

_RETRY_SECONDS: Final = 5.0
_LOG = structlog.get_logger(__name__)


class Noting:
    """Records the digests that it is told, in their order. What fails is tried again when it is told of one later."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._last: str | None = None
        self._waiting: deque[str] = deque()
        self._thread: threading.Thread | None = None
        self._not_before = 0.0

    def tell(self, digest: str) -> None:
        """Have a digest recorded, unless it is the one told last; returns at once."""
        with self._lock:
            if digest != self._last:
                self._last = digest
                self._waiting.append(digest)
            if self._waiting and self._thread is None and time.monotonic() >= self._not_before:
                self._thread = threading.Thread(target=self._record, name="policy file", daemon=True)
                self._thread.start()

    def _record(self) -> None:
        while (digest := self._next()) is not None:
            try:
                note_policy_file(self._database, digest)
            except RegistryError as error:
                self._give_up(error.message)
                return
            except Exception as error:  # noqa: BLE001 - as when the server closes its connections meanwhile
                self._give_up(repr(error))
                return
            with self._lock:
                self._waiting.popleft()

    def _next(self) -> str | None:
        with self._lock:
            if self._waiting:
                return self._waiting[0]
            self._thread = None
            return None

    def _give_up(self, reason: str) -> None:
        with self._lock:
            self._thread, self._not_before = None, time.monotonic() + _RETRY_SECONDS
        _LOG.warning("the ledger could not be told of the policy file", reason=reason)
