"""Events that come one by one are taken in groups: what waits while one group is written is the next.

A transaction costs the same for one event as for many, so that a group of what came meanwhile keeps up with many
senders, and a lone event never waits for company.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace

from registry.errors import RegistryError
from registry.intake.refusal import own
from registry.intake.taking import Incoming, Intake, Taken

MOST_AT_ONCE = 250


@dataclass(slots=True, eq=False)
class _Waiting:
    """An event that waits, and what became of it. ``woken`` is set once it is done, or its thread is to lead."""

    item: Incoming
    woken: threading.Event = field(default_factory=threading.Event)
    taken: Taken | None = None
    failure: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.taken is not None or self.failure is not None

    def result(self) -> Taken:
        if self.failure is not None:
            raise self.failure
        if self.taken is None:
            raise AssertionError("an event was neither taken nor refused")
        return self.taken


class Grouping:
    """Takes single events of several threads together: one of the threads leads, and takes for all that wait."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._lock = threading.Lock()
        self._led = False
        self._queue: deque[_Waiting] = deque()

    def take(self, item: Incoming) -> Taken:
        """Take one event, with whatever waits beside it; durable when this returns. Raises what the intake raises."""
        item.read()  # here, while another thread waits for the database
        mine = _Waiting(item)
        with self._lock:
            self._queue.append(mine)
            leads, self._led = not self._led, True
        if not leads:
            mine.woken.wait()
        if not mine.done:
            try:
                while not mine.done:
                    self._take_waiting(mine)
            finally:
                self._hand_over()
        return mine.result()

    def _hand_over(self) -> None:
        """Let the thread lead that waits longest, or nobody."""
        with self._lock:
            self._led = bool(self._queue)
            if self._queue:
                self._queue[0].woken.set()

    def _take_waiting(self, leader: _Waiting) -> None:
        with self._lock:
            group = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
        try:
            taken = self._intake.take([waiting.item for waiting in group])
        except BaseException as error:  # noqa: BLE001 - each of the waiting threads raises one of its own
            for waiting in group:
                waiting.failure = error if waiting is leader else _failure(error)
        else:
            for waiting in group:
                findings = [found for found in taken.findings if found.get("urn") in waiting.item.urns]
                waiting.taken = replace(taken, events=[waiting.item], findings=findings)
        for waiting in group:
            if waiting is not leader:
                waiting.woken.set()


def _failure(error: BaseException) -> BaseException:
    if isinstance(error, RegistryError):
        return own(error)
    failure = RuntimeError("the events that this one was taken with failed")
    failure.__cause__ = error
    return failure
