"""Events that come one by one are taken in groups: what waits while one group is written is the next.

A transaction costs the same for one event as for many, so that a group of what came meanwhile keeps up with many
senders, and a lone event never waits for company.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace

from registry.intake.taking import Incoming, Intake, Taken

MOST_AT_ONCE = 250


@dataclass(slots=True)
class _Waiting:
    """An event that waits, and what became of it."""

    item: Incoming
    taken: Taken | None = None
    failure: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.taken is not None or self.failure is not None


class Grouping:
    """Takes single events of several threads together."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._turn = threading.Lock()
        self._queue: deque[_Waiting] = deque()

    def take(self, item: Incoming) -> Taken:
        """Take one event, with whatever waits beside it; durable when this returns. Raises what the intake raises."""
        mine = _Waiting(item)
        self._queue.append(mine)
        while not mine.done:
            with self._turn:
                if not mine.done:
                    self._take_waiting()
        if mine.failure is not None:
            raise mine.failure
        if mine.taken is None:
            raise AssertionError("an event was neither taken nor refused")
        return mine.taken

    def _take_waiting(self) -> None:
        group = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
        try:
            taken = self._intake.take([waiting.item for waiting in group])
        except BaseException as error:  # noqa: BLE001 - each of the waiting threads raises it
            for waiting in group:
                waiting.failure = error
            return
        for waiting in group:
            findings = [found for found in taken.findings if found.get("urn") in waiting.item.urns]
            waiting.taken = replace(taken, events=[waiting.item], findings=findings)
