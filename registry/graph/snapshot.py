"""Up to which write an answer may know, so that it never shows a part of a transaction.

Neo4j shows a commit to readers while it is still being applied. Recorded times are handed out in the order of
commits, so an answer that counts only what was recorded by the time of a write that is known to be whole shows
whole writes alone. A write is whole when this process was told so, when a later one took its turn, or when it has
been seen for longer than applying takes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

APPLY_SECONDS = 0.05
"""How long a write of another process, seen for the first time, is given to be applied."""
_TRIES = 5
_PAUSE_SECONDS = 0.001
_LOOK_AGAIN_SECONDS = 0.01  # the writer gives up silently


class Snapshots:
    """What one process knows of the last writes, as recorded times. Safe to use from several threads.

    ``settled``: this write and all before it are whole. ``in_flight``: a write of this process that is not yet
    acknowledged, so that nobody has to see it; 0 for none.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.settled = 0
        self.in_flight = 0
        self._applying = 0  # odd while a write of this process is applied

    def begin(self, recorded_at: int) -> None:
        """A write of this process has its recorded time: whoever had the turn before is through."""
        with self._changed:
            self.settled = max(self.settled, recorded_at - 1)
            self.in_flight = recorded_at

    def settle(self, recorded_at: int) -> None:
        """A write is whole."""
        with self._changed:
            self.settled = max(self.settled, recorded_at)
            self._changed.notify_all()

    def wait_for(self, recorded_at: int) -> None:
        """Return when a write that has begun to show is whole."""
        with self._changed:
            while self.in_flight == recorded_at and self.settled < recorded_at:
                self._changed.wait(_LOOK_AGAIN_SECONDS)
        self.let_apply(recorded_at)

    def let_apply(self, recorded_at: int) -> None:
        """Give a write of another process the time to be applied, unless it is known to be whole by now."""
        if recorded_at > self.settled and recorded_at != self.in_flight:
            time.sleep(APPLY_SECONDS)
            self.settle(recorded_at)

    def apply(self) -> None:
        """A write of this process is about to be committed."""
        with self._changed:
            self._applying |= 1

    def end(self) -> None:
        """The write in flight is over, whatever became of it."""
        with self._changed:
            self._applying += self._applying & 1
            self.in_flight = 0

    @property
    def applying(self) -> int:
        """A number to give to :meth:`disturbed_since`."""
        return self._applying

    @property
    def being_applied(self) -> int:
        """The write of this process that is being committed right now; 0 for none."""
        with self._changed:
            return self.in_flight if self._applying & 1 else 0

    def disturbed_since(self, before: int) -> bool:
        """Whether a write of this process was being applied since ``applying`` was that number, or is."""
        return bool(before & 1) or self._applying != before

    def undisturbed(self, read: Callable[[], T]) -> T:
        """What ``read`` gives while no write of this process is being applied.

        An entity is changed in place, and the state that it had is found again only when the write is whole. After
        some tries the last one counts, so that readers get through whatever is written.
        """
        for _ in range(_TRIES - 1):
            self._wait()
            before = self.applying
            found = read()
            if not self.disturbed_since(before):
                return found
        self._wait()
        return read()

    def _wait(self) -> None:
        until = time.monotonic() + APPLY_SECONDS
        while self._applying & 1 and time.monotonic() < until:
            time.sleep(_PAUSE_SECONDS)
