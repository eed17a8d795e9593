"""Work of capture beside the user's own: on one thread that never keeps the process from ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_mine = threading.local()


def is_ours() -> bool:
    """Whether what this thread does now is capture's own work, and so nothing to capture."""
    return getattr(_mine, "depth", 0) > 0


class Ours:
    """A block of capture's own work: files that it opens are not the user's."""

    def __enter__(self) -> None:
        _mine.depth = getattr(_mine, "depth", 0) + 1

    def __exit__(self, *_: object) -> None:
        _mine.depth -= 1


class Later(Generic[T]):
    """A result that is under way."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._done = threading.Event()
        self._started = threading.Lock()
        self._value: T | None = None
        self._error: BaseException | None = None

    def perform(self) -> None:
        """Do the work, if nobody did or does it."""
        if not self._started.acquire(blocking=False):
            return
        try:
            with Ours():
                self._value = self._work()
        except Exception as error:  # noqa: BLE001 - raised again where the result is asked for
            self._error = error
        finally:
            self._done.set()

    def result(self, seconds: float | None = None) -> T:
        """What came of it; done here and now if nobody has begun. Raises its error, and TimeoutError."""
        self.perform()
        if not self._done.wait(seconds):
            raise TimeoutError("it took too long")
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]


class Worker:
    """Does what it is given, in order, on a thread that starts with the first of it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: SimpleQueue[Later[Any] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def later(self, work: Callable[[], T]) -> Later[T]:
        """Begin soon."""
        task = Later(work)
        self._queue.put(task)
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
            self._thread.start()
        return task

    def stop(self) -> None:
        """End the thread once everything before is done; does not wait for that."""
        if self._thread is not None:
            self._queue.put(None)

    def _loop(self) -> None:
        while (task := self._queue.get()) is not None:
            task.perform()
