"""Work that comes one by one is done in groups: what waits while one group is done is the next.

A transaction costs nearly the same for one as for many, so that a group of what came meanwhile keeps up with many
senders, and who comes alone never waits for company.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from registry.errors import RegistryError

T = TypeVar("T")
R = TypeVar("R")

MOST_AT_ONCE: Final = 250


@dataclass(slots=True, eq=False)
class Waiting(Generic[T, R]):
    """One item that waits, and what became of it. ``woken`` is set once it is done, or its thread is to lead."""

    item: T
    woken: threading.Event = field(default_factory=threading.Event)
    result: R | None = None
    failure: BaseException | None = None

    @property
    def done(self) -> bool:
        """Whether it was done, well or not."""
        return self.result is not None or self.failure is not None

    def settled(self) -> R:
        """The result. Raises the failure."""
        if self.failure is not None:
            raise self.failure
        if self.result is None:
            raise AssertionError("an item was neither done nor refused")
        return self.result


class Grouping(Generic[T, R]):
    """Does the work of several threads together: one of the threads leads, and works for all that wait.

    ``work`` gets what waits, in the order in which it came, and settles at least the first of them (result or failure);
    what it leaves waits on, at the head. Where it raises, everybody whom it got, and who is not settled, fails.
    """

    def __init__(self, work: Callable[[Sequence[Waiting[T, R]]], None]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._led = False
        self._queue: deque[Waiting[T, R]] = deque()

    def do(self, item: T) -> R:
        """The result of one item, done with whatever waits beside it. Raises its failure."""
        mine = Waiting[T, R](item)
        with self._lock:
            self._queue.append(mine)
            leads, self._led = not self._led, True
        if not leads:
            mine.woken.wait()
        if not mine.done:
            try:
                while not mine.done:
                    self._do_waiting(mine)
            finally:
                self._hand_over()
        return mine.settled()

    def _hand_over(self) -> None:
        """Let the thread lead that waits longest, or nobody."""
        with self._lock:
            self._led = bool(self._queue)
            if self._queue:
                self._queue[0].woken.set()

    def _do_waiting(self, leader: Waiting[T, R]) -> None:
        with self._lock:
            group = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
        try:
            self._work(group)
        except BaseException as error:  # noqa: BLE001 - each of the waiting threads raises one of its own
            for waiting in group:
                if not waiting.done:
                    waiting.failure = error if waiting is leader else _failure(error)
        left = [waiting for waiting in group if not waiting.done]
        with self._lock:
            self._queue.extendleft(reversed(left))
        for waiting in group:
            if waiting.done and waiting is not leader:
                waiting.woken.set()


def own(error: RegistryError) -> RegistryError:
    """The same error as another object: each thread raises, and completes, one of its own."""
    found = copy(error)
    found.details = dict(error.details)
    return found


def _failure(error: BaseException) -> BaseException:
    if isinstance(error, RegistryError):
        return own(error)
    failure = RuntimeError("what this was done together with failed")
    failure.__cause__ = error
    return failure
